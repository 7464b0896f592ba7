"""Every view there is, in Chromium: on a phone of 360 pixels nothing is wider than the screen, whatever strangers and operators wrote
into it; axe-core has no objection; nothing is in the console. The views come from the box's own list of routes, so none is forgotten."""
import pathlib
import subprocess
import unittest

import test_browser
from harness import certs, mails, net
from harness.browser import needs_axe, needs_browser
from harness.process import PROGRAM
from harness.supervisor import Supervisor

NARROW, WIDE = 360, 1280
LONG_NAME = "a-host-name-that-leaves-no-room-for-anything-else-beside-it.mail-services.example.net"
LONG_WORD = "Nachrichtenweiterleitungsgenehmigungsverfahrensordnung" * 4
VIEWS = {"/messages/{id}": "/messages/{held}", "/quarantine/{id}": "/quarantine/{held}", "/quarantine/{id}/report": "/quarantine/{held}/report",
         "/profiles/{id}": "/profiles/entra", "/config/history/{number}": "/config/history/1"}
QUERIES = ("/trace?q=example", "/messages?outcome=quarantined", "/quarantine?state=all", "/lists?kind=block", "/config?show=1",
           "/setup", "/login")
# Tables of figures that people compare down a column may scroll within themselves: (view, name of the table).
MAY_SCROLL = ()


@needs_browser
class Views(test_browser.Box):
    def furnished(self):
        """A box with something long in every view."""
        box = Supervisor(board="Demonstration board with a name that somebody found descriptive").start()
        self.addCleanup(box.stop)
        self.web, self.down, self.browsers = test_browser.Web(), self.sink(), 0
        (self.folder / "update").mkdir()
        account = str(certs.ca() / "ca.crt")
        self.mta = self.sluice(self.down, self.web.config({
            "memory": {"sessions": 64, "loops": 2, "status_sessions": 8}, "update": {"directory": str(self.folder / "update"), "memory_minimum": "0B"}, "domains": ["example.net"],
            "tls": {"acme": {"directory": f"https://localhost:{net.free_port()}/a-directory-of-a-certification-authority/whose-address/is-long", "accept_terms": True,
                             "names": [LONG_NAME], "ca_file": account, "listen": f"{net.own_address()}:{net.free_port()}"}}}), env=box.env)
        self.web.of(self.mta)
        self.root = f"https://127.0.0.1:{self.web.port}"
        self.web.set_up()
        self.send((mails.simple(LONG_WORD, sender=f"{LONG_WORD[:60]}@example.org"), f"{LONG_WORD[:60]}@example.org"))
        held = self.scam()["id"]
        for name in ("x@example.org", f"{LONG_WORD[:60]}@{LONG_NAME}"):
            self.web.local("POST", "/api/v1/lists", {"kind": "block", "subject": "address", "what": name, "note": LONG_WORD[:150]})
        for name, days in ((LONG_NAME, 80), ("mail.example.net", 5)):
            crt, key = certs.leaf(name, folder=self.folder, days=days) if len(name) < 65 else self.long_leaf(name)
            self.assertIn(self.web.local("POST", "/api/v1/certificates", {"certificate": pathlib.Path(crt).read_text(), "key": pathlib.Path(key).read_text()}).status, (200, 201))
        self.assertIn(self.web.local("POST", "/api/v1/certificates/csr", {"names": [LONG_NAME, "mx2.example.net"]}).status, (200, 201))
        self.web.make_token("t" * 32, "viewer")
        self.web.add_user("u" * 32, "viewer")
        self.web.local("POST", f"/api/v1/quarantine/{held}/report", {"to": f"abuse@{LONG_NAME}"})
        return held

    def long_leaf(self, name):
        """A certificate whose name is too long for its subject, signed by the test CA."""
        made = self.folder / "long"
        made.mkdir()
        run = lambda *words: subprocess.run(["openssl", *map(str, words)], cwd=made, check=True, capture_output=True)
        run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/O=" + "An organization, " * 3 + "Ltd")
        (made / "ext").write_text(f"subjectAltName=DNS:{name},DNS:mx.example.net\n")
        run("x509", "-req", "-in", "leaf.csr", "-CA", certs.ca() / "ca.crt", "-CAkey", certs.ca() / "ca.key", "-set_serial", "77", "-out", "leaf.crt", "-days", "80", "-extfile", "ext")
        return made / "leaf.crt", made / "leaf.key"

    def paths(self, held):
        token = self.web.make_token("routes", "admin")["token"]
        routes = self.web.get("/api/v1/openapi.json", token=token).json()["paths"]
        out = []
        for pattern, operations in routes.items():
            path = VIEWS.get(pattern, pattern).replace("{held}", held)
            if "get" not in operations or pattern.startswith(("/api/", "/metrics", "/health", "/q/")) or path in QUERIES:
                continue
            self.assertNotIn("{", path, "a view of a new kind: say in VIEWS what it is opened with")
            reply = self.web.get(path, token=token)
            if (reply.header("Content-Type") or "").startswith("text/html"):
                self.assertEqual(reply.status, 200, path)
                out.append(path)
        self.assertGreater(len(out), 18, out)
        return out + list(QUERIES)

    def look(self, b, path):
        b.open(self.root + path)
        b.js("document.querySelectorAll('details').forEach(d => d.open = true)")

    def test_no_view_is_wider_than_a_phone(self):
        held = self.furnished()
        b, too_wide, scrolls = self.signed_in(), [], set()
        b.size(NARROW, 740, True)
        paths = self.paths(held)
        for path in paths:
            self.look(b, path)
            self.assertEqual(b.js("return document.documentElement.clientWidth"), NARROW, path)
            if b.overflow() > 0:
                too_wide.append((path, b.overflow(), b.js("return [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll'))"
                                                           ".slice(0, 5).map(e => e.outerHTML.slice(0, 120))")))
            names = b.js("return [...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(e).overflowX))"
                         ".map(e => e.getAttribute('aria-label') || e.tagName + '.' + e.className)")
            scrolls |= {(path, n) for n in names}
        print(f"    {len(paths)} views at {NARROW} pixels")
        self.assertEqual((too_wide, sorted(scrolls - set(MAY_SCROLL))), ([], []))
        self.assertEqual(b.complaints(allowed=["status of 404"]), [])

    def test_addresses_of_the_trace_have_room(self):
        self.furnished()
        b = self.signed_in()
        for width, least in ((NARROW, NARROW - 80), (900, 120), (WIDE, 160)):
            b.size(width, 740, width == NARROW)
            self.look(b, "/trace")
            cells = b.js("return [...document.querySelectorAll('table.trace tbody td:is(:nth-child(3), :nth-child(4))')].filter(c => c.textContent)"
                         ".map(c => [c.getBoundingClientRect().width, c.scrollWidth - c.clientWidth])")
            self.assertGreater(len(cells), 3)
            self.assertGreaterEqual(min(w for w, _ in cells), least, width)
            self.assertLessEqual(max(more for _, more in cells), 1, "nothing reaches into the next column")
        breaks = b.js("return [...document.querySelectorAll('table.trace wbr')].map(e => e.previousSibling.textContent.slice(-1))")
        self.assertEqual(set(breaks), {".", "@"})
        self.assertEqual(b.complaints(), [])

    @needs_axe
    def test_no_view_keeps_anybody_out(self):
        held = self.furnished()
        b, found, looked = self.signed_in(), {}, 0
        paths = self.paths(held)
        for scheme, width in (("light", WIDE), ("dark", WIDE), ("light", NARROW)):
            b.color(scheme)
            b.size(width, 844, width == NARROW)
            for path in paths:
                self.look(b, path)
                looked += 1
                if bad := b.axe():
                    found[f"{path} {scheme} {width}"] = bad
        print(f"    axe: {looked} pages looked at")
        self.assertEqual(found, {})
        self.assertEqual(b.complaints(allowed=["status of 404"]), [])


if __name__ == "__main__":
    unittest.main()
