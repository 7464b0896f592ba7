"""A packaged web scanner against the real page, as a stranger and signed in: it crawls every view, sends what attackers send into
every address and form, and finds nothing but what EXCEPTIONS names. First it must find the faults of a server that has them."""
import http.server
import os
import re
import ssl
import threading
import unittest
import urllib.parse

from harness import certs, mails
from harness.case import E2E
from harness.wapiti import ALL, QUICK, Scan, why_not
from harness.web import Web

LONG = os.environ.get("SLUICE_SCAN_LONG")
SCAM, SENDER = "entra_tenant_name_scam.eml", "bounce@microsoftonline.com"
# What the scanner says that is no fault here: (category, what is said, why).
EXCEPTIONS = [
    ("Cross Site Request Forgery", "^POST /(login|setup) Lack of anti CSRF token",
     "nobody has a session there that a token could belong to; a form of another site is refused by Origin and Sec-Fetch-Site, and the set-up wants its secret"),
    ("HTTP Secure Headers", "X-XSS-Protection is not set", "browsers have given it up, and where it worked it opened holes; the content policy forbids inline script"),
]
# Not asked for by the scanner: they end its own session, or the box.
LEFT_ALONE = ("/logout", "/account/*", "/system/sessions/*", "/system/users/*", "/system/reboot", "/system/factory-reset", "/system/update*")


class Careless(http.server.BaseHTTPRequestHandler):
    """Faults that a scanner must find: no header that keeps a browser safe, a parameter that becomes markup, one that is a file."""
    def do_GET(self):
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        body = '<a href="/?name=bob">name</a><a href="/file?of=note">file</a>' + asked.get("name", [""])[0]
        if asked.get("of", [""])[0].lstrip("./") == "etc/passwd":
            body = "root:x:0:0:root:/root:/bin/bash\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@unittest.skipIf(why_not(), f"SKIPPED: {why_not()}")
class WebScan(E2E):
    def box(self):
        self.web, self.down = Web(), self.sink()
        self.s = self.sluice(self.down, self.web.config({"memory": {"sessions": 64, "loops": 2, "status_sessions": 16}}))
        self.web.of(self.s)
        self.root = f"https://127.0.0.1:{self.web.port}/"
        return self.s

    def furnish(self):
        """Something in every view."""
        with self.s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple("Lunch"), sender="alice@example.org"), 250)
            self.assertReply(c.mail(mails.sample(SCAM), sender=SENDER), 250)
        self.assertEqual(self.web.local("POST", "/api/v1/lists", {"kind": "block", "subject": "address", "what": "x@example.org"}).status, 201)
        return self.s.events("message")[-1]["id"]

    def judge(self, scan, modules, least):
        unknown = [f for f in scan.findings if not any(re.search(c, f.category) and re.search(what, f"{f.method} {f.path} {f.info}") for c, what, _ in EXCEPTIONS)]
        print(f"    {scan.resources} addresses and forms, {len(scan.launched)} modules, {scan.seconds:.0f} s, {len(scan.findings)} findings, {len(unknown)} unknown")
        self.assertEqual(unknown, [])
        self.assertEqual(scan.launched, set(modules), scan.text)
        self.assertGreaterEqual(scan.resources, least)
        self.assertTrue(self.s.running)
        self.assertEqual(self.web.get("/health/live").status, 200)
        with self.s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple("afterwards"), sender="alice@example.org"), 250)

    def test_the_scanner_finds_what_is_there(self):
        crt, key = certs.leaf("localhost")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Careless)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(crt, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        scan = Scan(self.folder / "careless", f"https://127.0.0.1:{server.server_port}/", ("http_headers", "csp", "xss", "file"))
        found = {f.category for f in scan.findings}
        self.assertLessEqual({"HTTP Secure Headers", "Content Security Policy Configuration", "Cross Site Scripting", "Path Traversal"}, found)

    def test_a_stranger_finds_nothing(self):
        self.box()
        self.web.set_up()
        modules = ALL if LONG else QUICK
        scan = Scan(self.folder / "stranger", self.root, modules, starts=[self.root + "login", self.root + "health/live"], crawl=60 if LONG else 10, attack=120 if LONG else 5)
        self.judge(scan, modules, 2)

    def test_a_box_that_is_not_set_up_gives_nothing_away(self):
        self.box()
        scan = Scan(self.folder / "new", self.root, QUICK, starts=[self.root + "setup"], crawl=10, attack=5)
        self.judge(scan, QUICK, 1)
        self.assertTrue((self.web.data / "setup.secret").exists(), "it was set up by the scanner")

    def test_one_who_is_signed_in_finds_nothing(self):
        self.box()
        self.web.set_up()
        held = self.furnish()
        views = [v for v in self.views(held) if v not in LEFT_ALONE]
        modules = ALL if LONG else QUICK
        session = self.web.login()
        scan = Scan(self.folder / "signed-in", self.root, modules, headers=[f"Cookie: __Host-sluice={session.cookie}"], starts=[self.root + v.lstrip("/") for v in views],
                    excluded=[self.root + v.lstrip("/") for v in LEFT_ALONE], crawl=120 if LONG else 12, attack=300 if LONG else 4)
        self.assertEqual(self.web.get("/account", session=session).status, 200, "the scanner's session has ended")
        self.judge(scan, modules, 20)

    def views(self, held):
        token = self.web.make_token("views", "admin")["token"]
        paths = self.web.get("/api/v1/openapi.json", token=token).json()["paths"]
        fill = {"/messages/{id}": f"/messages/{held}", "/quarantine/{id}": f"/quarantine/{held}", "/quarantine/{id}/report": f"/quarantine/{held}/report",
                "/profiles/{id}": "/profiles/entra", "/config/history/{number}": "/config/history/1"}
        return [fill.get(p, p) for p, operations in paths.items() if "get" in operations and not p.startswith(("/api/", "/metrics", "/health", "/q/"))]


if __name__ == "__main__":
    unittest.main()
