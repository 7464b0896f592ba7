"""What ./run shows a newcomer: five mails with the right ends, and a page that opens with the login that is printed."""
import re
import signal
import subprocess
import sys

from harness import net
from harness.browser import Browser, needs_browser
from harness.case import E2E, not_sanitized
from harness.process import PROGRAM, ROOT
from harness.web import Web


@not_sanitized
class Demo(E2E):
    def begin(self, *words):
        output = open(self.folder / "output", "wb")
        self.addCleanup(output.close)
        process = subprocess.Popen([sys.executable, str(ROOT / "toolchains/scripts/demo.py"), PROGRAM, str(self.folder / "demo"), *words],
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        self.addCleanup(lambda: process.poll() is None and (process.send_signal(signal.SIGINT), process.wait(60)))
        return process

    def said(self):
        return (self.folder / "output").read_text()

    def login(self):
        """Of a demo that stays up: (port, user, password) as printed."""
        self.process = self.begin()
        net.wait_until(lambda: "Ctrl-C ends it." in self.said() or self.process.poll() is not None, 120, "the demo to have shown everything")
        self.assertIsNone(self.process.poll(), self.said())
        printed = re.search(r"https://127\.0\.0\.1:(\d+)/ .*user: (\S+); password: (\S+);", self.said())
        self.assertTrue(printed, self.said())
        return int(printed[1]), printed[2], printed[3]

    def test_once_two_are_held_three_arrive_and_it_ends_well(self):
        process = self.begin("--once")
        self.assertEqual(process.wait(180), 0, self.said())
        ends = re.findall(r"(?m)^   (\w+), client was told: (\d+)", self.said())
        self.assertEqual(ends, [(end, "250") for end in ("forwarded", "quarantined", "quarantined", "forwarded", "forwarded")], self.said())
        self.assertEqual(self.said().count("in the Maildir: "), 3, self.said())
        self.assertEqual(self.said().count("spf=pass"), 5, self.said())
        self.assertIn("by way of: streamed", self.said())
        self.assertRegex(self.said(), r"(?m)^ +\d+  slot-\w+ \(", "no reason was shown")
        self.assertIn("stopped (exit status 0)", self.said())

    def test_the_page_opens_with_what_is_printed(self):
        port, user, password = self.login()
        web = Web(port=port)
        self.assertEqual(web.get("/").header("Location"), "/login", "a new visitor is not asked to set it up")
        session = web.login(user, password)
        self.assertTrue(hasattr(session, "cookie"), getattr(session, "text", ""))
        held = web.get("/quarantine", session=session)
        self.assertEqual(held.status, 200)
        self.assertEqual(len(set(re.findall(r'name="id" value="(\w+)"', held.text))), 2, held.text)
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(60), 0, self.said())

    @needs_browser
    def test_a_browser_gets_in_with_what_is_printed(self):
        port, user, password = self.login()
        with Browser(self.folder / "browser") as b:
            b.open(f"https://127.0.0.1:{port}/")
            b.wait_path("/login")
            b.type("#user", user)
            b.type("#password", password)
            b.click("main button[type=submit]")
            b.wait_text("h1", "Overview")
            self.assertEqual(b.complaints(), [])
