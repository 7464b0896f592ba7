"""A configuration pushed from the page in Chromium: the countdown runs, above every view; it is confirmed, taken back, and comes back by
itself when nobody does either. A session that was open before all that sends its mail afterwards."""
import re
import unittest

import test_browser
from harness import mails, toml
from harness.browser import needs_browser


@needs_browser
class Config(test_browser.Box):
    def push(self, b, domain, seconds):
        """By the form, as a person: opens the view, changes the text, presses Push, waits until the countdown runs."""
        text = toml.dumps(toml.merged(self.mta.table, {"domains": ["example.net", domain]}))
        b.open(self.root + "/config")
        b.js("document.querySelector('#text').value = arguments[0]", text)
        b.type("#confirm", str(seconds))
        b.click("#change button[value=push]")
        b.wait_path("/config")
        b.find("#pending .countdown", 60)

    def seconds_left(self, b, page):
        text = b.js("const e = document.querySelector(arguments[0]); return e ? e.textContent : ''", page)  # in one step: it is fetched anew every two seconds
        minutes, seconds = re.fullmatch(r"(\d+):(\d\d)", text).groups()
        return 60 * int(minutes) + int(seconds)

    def takes(self, domain):
        with self.mta.client() as c:
            c.ehlo()
            c.cmd("MAIL FROM:<a@example.org>")
            return c.cmd(f"RCPT TO:<x@{domain}>").code == 250

    def running(self):
        s = self.web.local("GET", "/api/v1/config/state").json()
        return s["running"], s["confirmed"]

    def test_a_push_is_confirmed_taken_back_or_comes_back_by_itself_while_the_countdown_runs(self):
        self.box()
        b = self.signed_in()
        with self.mta.client() as session:
            session.ehlo()
            self.push(b, "first.example", 300)
            self.assertTrue(self.takes("first.example"))
            before = self.seconds_left(b, "#pending .countdown")
            self.assertLessEqual(before, 300)
            b.wait(lambda: self.seconds_left(b, "#pending .countdown") < before - 1, "the countdown to go on")
            b.open(self.root + "/messages")  # it is above every view
            self.assertIn("Generation 2 waits to be confirmed.", b.text(".banner"))
            self.assertLess(self.seconds_left(b, ".banner [data-countdown]"), before)
            b.click('.banner form[action="/config/confirm"] button')
            b.wait_path("/config")
            self.assertEqual((self.running(), b.has(".banner"), b.has("#pending .countdown")), ((2, 2), False, False))
            self.assertReply(session.mail(mails.simple("from before"), sender="alice@example.org"), 250)
        self.push(b, "second.example", 300)
        self.assertTrue(self.takes("second.example"))
        b.js("document.querySelector('#pending form[action=\"/config/rollback\"] button').click()")
        b.wait(lambda: self.running() == (2, 2), "generation 2 again", 60)
        self.assertEqual((self.takes("second.example"), self.takes("first.example")), (False, True))
        self.push(b, "third.example", 60)
        with self.mta.client() as session:
            session.ehlo()
            b.open(self.root + "/quarantine")
            b.js("window.before = true")
            b.wait(lambda: not b.has(".banner"), "the banner to go by itself", 100)
            self.assertFalse(b.js("return window.before === true"), "the view was loaded anew at 0:00")
            self.assertEqual((self.running(), self.takes("third.example"), self.takes("first.example")), ((2, 2), False, True))
            self.assertReply(session.mail(mails.simple("from the trial"), sender="alice@example.org"), 250)
        b.open(self.root + "/config")
        rows = b.texts("#history tbody tr")
        self.assertEqual(len(rows), 4)
        for row, words in zip(rows, ("not confirmed in time", "taken back", "confirmed", "confirmed")):
            self.assertIn(words, row)
        self.assertEqual(b.complaints(), [])


if __name__ == "__main__":
    unittest.main()
