"""The management surface of a Sluice under test: requests over HTTPS or the control socket, people with sessions, API tokens."""
import http.client
import json
import pathlib
import re
import socket
import ssl
import urllib.parse

from . import net, openapi

PASSWORD = "correct horse battery"


class Reply:
    def __init__(self, answer, body):
        self.status, self.headers, self.body = answer.status, answer.headers, body

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)

    def header(self, name):
        return self.headers.get(name)


class LocalConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        folder = pathlib.Path(self.path).parent  # an address holds 107 octets
        self.sock.connect(str(self.path) if len(str(self.path)) < 100 else f"/proc/self/fd/{_folder(folder)}/{pathlib.Path(self.path).name}")


def _folder(path, kept={}):
    import os
    return kept.setdefault(str(path), os.open(path, os.O_PATH))


class Web:
    """Requests to one box. `config(port)` has what a test lays over its configuration.

    Every success is compared with what /api/v1/openapi.json of the box tells of its route."""
    paths = {}  # of the description; of all boxes of this process

    def __init__(self, host="127.0.0.1", port=None):
        self.host, self.port = host, port or net.free_port(host)

    def config(self, extra=None):
        table = dict(extra or {})
        table["status"] = {**table.get("status", {}), "listen": f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"}
        return table

    def of(self, sluice):
        self.sluice, self.data = sluice, pathlib.Path(sluice.folder) / "data"
        return self

    # ---- requests ----
    def connect(self, source=None, timeout=20):
        c = http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=ssl._create_unverified_context(),
                                        source_address=(source, 0) if source else None)
        return c

    def ask(self, method, path, body=None, headers=None, token=None, session=None, source=None, csrf=True):
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if session:
            headers["Cookie"] = f"__Host-sluice={session.cookie}"
            if csrf and method not in ("GET", "HEAD"):
                headers["X-CSRF-Token"] = session.csrf
        if isinstance(body, dict):
            form = headers.get("Content-Type") == "application/x-www-form-urlencoded"
            body = urllib.parse.urlencode(body) if form else json.dumps(body)
        c = self.connect(source)
        try:
            c.request(method, path, body=body, headers=headers)
            answer = c.getresponse()
            return self.as_described(method, path, Reply(answer, answer.read()))
        finally:
            c.close()

    def as_described(self, method, target, reply):
        if method == "HEAD" or not 200 <= reply.status < 400 or target.startswith("/api/v1/openapi.json"):
            return reply
        if openapi.operation(Web.paths, method, target.partition("?")[0]) is None:
            try:  # a box with other routes than those before
                Web.paths = {**Web.paths, **self.local("GET", "/api/v1/openapi.json").json()["paths"]}
            except (AttributeError, OSError, http.client.HTTPException, ValueError):
                return reply  # it is gone, or only half there
            if reply.status == 303 and openapi.operation(Web.paths, method, target.partition("?")[0]) is None:
                return reply  # a stranger is sent to the login page, whatever was asked for
        wrong = openapi.differences(Web.paths, method, target, reply.status, reply.header("Content-Type"))
        assert not wrong, wrong
        return reply

    def get(self, path, **how):
        return self.ask("GET", path, **how)

    def form(self, path, fields, **how):
        headers = {"Content-Type": "application/x-www-form-urlencoded", **how.pop("headers", {})}
        return self.ask("POST", path, fields, headers, **how)

    def local(self, method, path, body=None, headers=None):
        c = LocalConnection(self.data / "control.sock")
        try:
            c.request(method, path, body=json.dumps(body) if isinstance(body, dict) else body, headers=headers or {})
            answer = c.getresponse()
            return self.as_described(method, path, Reply(answer, answer.read()))
        finally:
            c.close()

    def raw(self, octets, timeout=20, source=None):
        """All octets that come back until the box closes."""
        plain = socket.create_connection((self.host, self.port), timeout=timeout, source_address=(source, 0) if source else None)
        with ssl._create_unverified_context().wrap_socket(plain) as c:
            c.sendall(octets)
            out = b""
            try:
                while piece := c.recv(65536):
                    out += piece
            except OSError:
                pass
            return out

    # ---- people and tokens ----
    @property
    def status_token(self):
        return (self.data / "status.token").read_text().strip()

    def set_up(self, user="admin", password=PASSWORD):
        secret = (self.data / "setup.secret").read_text().strip()
        reply = self.form("/setup", {"secret": secret, "user": user, "password": password, "again": password})
        assert reply.status == 303, (reply.status, reply.text)
        return Session(self, reply)

    def login(self, user="admin", password=PASSWORD, **how):
        reply = self.form("/login", {"user": user, "password": password}, **how)
        return Session(self, reply) if reply.status == 303 and reply.header("Set-Cookie") else reply

    def add_user(self, name, role, password=PASSWORD):
        reply = self.local("POST", "/api/v1/users", {"name": name, "role": role, "password": password})
        assert reply.status == 201, (reply.status, reply.text)

    def make_token(self, name, role, days=1):
        reply = self.local("POST", "/api/v1/tokens", {"name": name, "role": role, "days": days})
        assert reply.status == 201, (reply.status, reply.text)
        return reply.json()


class Session:
    def __init__(self, web, reply):
        self.web, self.set_cookie = web, reply.header("Set-Cookie")
        self.cookie = re.match(r"__Host-sluice=([0-9a-f]+);", self.set_cookie)[1]
        page = web.ask("GET", "/account", headers={"Cookie": f"__Host-sluice={self.cookie}"})
        self.csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)[1]
