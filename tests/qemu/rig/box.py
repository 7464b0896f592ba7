"""A box in use: a machine with Sluice set up by API, a mail server behind it on this host, mail sent from this host."""
import http.client
import ssl
import subprocess
import time

from harness import mails, net, toml
from harness.client import Client, Closed
from harness.sink import Sink
from harness.web import PASSWORD, Session, Web

from . import images
from .machine import PATIENCE, Disk, Machine

SECRET = "only for tests"
SCAM = "entra_tenant_name_scam.eml"
SANDBOXED = r"^serving; landlock \d+, seccomp\b"  # the program's word about itself in the status of a box
CONFIG = {
    "hostname": "mx.example.net", "domains": ["example.net", "*.example.net"], "data_directory": "/data/sluice",
    "auth": {"enabled": False}, "status": {"listen": "[::]:443"}, "memory": {"total": "32MiB", "sessions": 256},
    "limit": {"connections_per_client": 100, "connections_per_client_per_minute": 100000},
    "listener": [{"address": "0.0.0.0:25"}], "route": [{"host": "10.0.2.100:25", "tls": "off", "health_check_interval": "5s"}],
}


class Box(Machine):
    """`sink` is a harness.sink.Sink; the ledger of what was answered 250 is `sent`, by subject."""

    def __init__(self, *words, sink, **options):
        super().__init__(*words, sink=sink.address, **options)
        self.mail_server = sink
        self.web = Web(self.host)
        self.web.port = self.ports[443]
        self.token = None
        self.sent = {}

    def bring_setup_files(self, config=None):
        """The set-up folder of the boot partition, as an integrator fills it."""
        first = self.disk.parts()["boot"][0]
        for name, text in (("SECRET.TXT", SECRET + "\n"), *((("SLUICE.TML", toml.dumps(config)),) if config else ())):
            subprocess.run(["mcopy", "-o", "-i", f"{self.disk.path}@@{first}", "-", f"::setup/{name}"], input=text.encode(), check=True, capture_output=True)

    # ---- management ----
    def answers(self):
        try:
            return self.web.get("/health").status in (200, 404, 401, 503)
        except (OSError, ssl.SSLError, http.client.HTTPException):
            return False

    def wait_page(self, timeout=None):
        net.wait_until(self.answers, timeout or PATIENCE, "the page", 0.5)

    def set_up(self):
        self.wait_page()
        reply = self.web.form("/setup", {"secret": SECRET, "user": "admin", "password": PASSWORD, "again": PASSWORD})
        assert reply.status == 303, (reply.status, reply.text[:500])
        self.session = Session(self.web, reply)
        made = self.web.ask("POST", "/api/v1/tokens", {"name": "tests", "role": "admin", "days": 1}, session=self.session)
        assert made.status == 201, (made.status, made.text)
        self.token = made.json()["token"]

    def api(self, method, path, body=None, headers=None):
        return self.web.ask(method, "/api/v1" + path, body, headers, token=self.token)

    def push(self, changes=None):
        text = toml.dumps(toml.merged(CONFIG, changes or {}))
        r = self.api("PUT", "/config", text.encode(), {"Content-Type": "application/toml", "If-Match": "*"})
        assert r.status in (200, 202), (r.status, r.text)

        r = None
        for _ in range(int(PATIENCE)):
            r = self.api("POST", "/config/confirm")
            if r.status == 200:
                return
            time.sleep(1)
        raise AssertionError(f"the configuration was never confirmed: {r.status} {r.text}")

    def page(self, path="/"):
        """The text of a page of the box, after a sign-in."""
        reply = self.web.form("/login", {"user": "admin", "password": PASSWORD})
        return self.web.get(path, session=Session(self.web, reply)).text

    def original(self, message):
        r = self.api("GET", f"/quarantine/{message}/original")
        assert r.status == 200, (r.status, r.text[:200])
        return r.body

    def system(self):
        return self.api("GET", "/system").json()

    # ---- mail ----
    def wait_mail(self, timeout=None):
        def greeted():
            try:
                with Client(self.host, self.ports[25]) as c:
                    return c.greeting.code == 220 and c.ehlo("ready.example.org").code == 250
            except (Closed, OSError):
                return False
        net.wait_until(greeted, timeout or PATIENCE, "the mail listener", 0.5)

    def send(self, subject, octets=None):
        """One mail; the code of the reply to the dot, or None when the box went away. What was answered 250 is owed."""
        octets = octets or mails.simple(subject=subject, body=f"{subject}\r\n")
        try:
            with Client(self.host, self.ports[25]) as c:
                if c.greeting.code != 220:
                    return c.greeting.code
                c.ehlo("client.example.org")
                code = c.mail(octets).code
        except (Closed, OSError):
            return None
        if code == 250:
            self.sent[subject] = octets
        return code

    def held(self):
        r = self.api("GET", "/quarantine?limit=500")
        assert r.status == 200, (r.status, r.text)
        return r.json()

    def arrived(self):
        return {t.data.split(b"Subject: ", 1)[1].split(b"\r\n", 1)[0].decode() for t in self.mail_server.accepted if b"Subject: " in t.data}


def new_box(case, image=None, disk=None, config=None, sink=None, start=True, **options):
    image = image or images.image(options.get("board", "qemu-aarch64"))
    folder = case.folder / f"machine{len(case.machines)}"
    folder.mkdir()
    if sink is None:
        sink = Sink().start()
        case.addCleanup(sink.stop)
    box = Box(folder, disk or Disk(folder / "disk.img", image), options.pop("board", "qemu-aarch64"), sink=sink,
              control_dtb=image.parent / "control.dtb", **options)
    case.machines.append(box)
    if disk is None:
        box.bring_setup_files(config)
    return box.start() if start else box
