"""The quarantine desk in a real browser: a signed scam is held, opened, understood, released and arrives with its signature
intact; another is deleted; a third is reported. On a computer, on a phone, and without script."""
import email
import email.policy
import http.client
import re
import ssl
import unittest
import urllib.parse

from harness import mails, net
from harness.auth import dkim, public, signed
from harness.browser import Browser, needs_axe, needs_browser, sign_in
from harness.case import E2E
from harness.web import Web

ENTRA, PAYPAL = "entra_tenant_name_scam.eml", "paypal_note_scam.eml"
SENDERS = {ENTRA: "bounce@microsoftonline.com", PAYPAL: "service@paypal.com"}


@needs_browser
class BrowserDesk(E2E):
    def box(self, config=None):
        self.web, self.down = Web(), self.sink()
        self.mta = self.sluice(self.down, self.web.config({"domains": ["example.net"], "memory": {"sessions": 64, "loops": 2, "status_sessions": 8}, **(config or {})}))
        self.web.of(self.mta)
        self.web.set_up()
        self.root = f"https://127.0.0.1:{self.web.port}"
        return self.mta

    def hold(self, content, sender, recipient="bob@example.net"):
        with self.mta.client() as c:
            c.ehlo("mail.sender.example")
            self.assertEqual(c.mail(content, sender=sender, recipients=(recipient,)).code, 250)
            c.quit()
        return self.mta.events("message")[-1]["id"]

    def asked(self, *recipients):
        """A box where each of them asks an operator for a held mail, by the link of a notice: [(recipient, id)]."""
        port = net.free_port("127.0.0.1")
        self.box({"digest": {"link_listen": f"127.0.0.1:{port}", "link_url": f"https://mail.example.net:{port}",
                             "domain": [{"domain": "example.net", "notice": True}]}})
        net.wait_until(lambda: self.web.local("GET", "/api/v1/digest").json()["domains"][0]["last_run"] > 0, 20, "the first look at the domain")
        out = [(r, self.hold(mails.sample(ENTRA), SENDERS[ENTRA], r)) for r in recipients]
        for notice in self.down.wait_accepted(len(recipients)):
            text = email.message_from_bytes(notice.data, policy=email.policy.default).get_body(("plain",)).get_content()
            token = re.search(r"Ask an operator to look at it:\s+https://\S+?/q/([A-Za-z0-9_-]+)", text)[1]
            c = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=ssl._create_unverified_context())
            c.request("GET", f"/q/{token}")
            page = re.search(r'name="page" value="([^"]+)"', c.getresponse().read().decode())[1]
            c.close()
            c.request("POST", f"/q/{token}", urllib.parse.urlencode({"page": page}), {"Content-Type": "application/x-www-form-urlencoded"})
            self.assertEqual(c.getresponse().status, 200)
            c.close()
        return out

    def browser(self, **how):
        b = Browser(self.folder / f"browser{len(how)}{len(self._cleanups)}", **how)
        self.addCleanup(b.close)
        return sign_in(b, self.web, next_path="/quarantine")

    def agree(self, b):
        """The page that asks before it is done."""
        b.click("main form .actions button[type=submit]")

    @unittest.skipIf(dkim is None, "SKIPPED: python3-dkim is missing")
    def test_a_scam_is_understood_and_released_with_its_signature_intact(self):
        self.box()
        id = self.hold(signed(mails.sample(ENTRA), "microsoftonline.com"), SENDERS[ENTRA])
        b = self.browser()
        b.screenshot("quarantine.png")
        b.click(f'a[href="/quarantine/{id}"]')
        b.wait_path("/quarantine/" + id)
        b.wait_text("main", "A telephone number stands in a field where none belongs.")
        self.assertTrue(any("555" in words for words in b.texts("mark")), b.texts("mark"))
        self.assertFalse(b.has("main img, main iframe, main script"))
        b.click("details summary")
        b.screenshot("message.png", whole=True)
        b.click("button[value=release]")
        b.wait_text("h1", "Release to its readers?")
        self.assertEqual(self.down.accepted, [])
        self.agree(b)
        b.wait_text("main", "Released to 1 recipient")
        data = self.down.wait_accepted(1)[0].data
        key = b"v=DKIM1; k=ed25519; p=" + public().encode()
        self.assertTrue(dkim.verify(data, dnsfunc=lambda name, timeout=5: key))
        net.wait_until(lambda: "released" in b.open(f"{self.root}/quarantine/{id}").text("#recipients"), 20, "the state released")
        self.assertEqual(b.complaints(), [])

    def test_deleted_for_good_and_reported(self):
        self.box()
        gone, reported = self.hold(mails.sample(ENTRA), SENDERS[ENTRA]), self.hold(mails.sample(PAYPAL), SENDERS[PAYPAL])
        b = self.browser()
        b.click(f'input[name=id][value="{gone}"]')
        b.click("button[value=delete]")
        b.wait_text("h1", "Delete for good?")
        self.agree(b)
        b.wait_text("main", "1 of 1 deleted.")
        b.open(f"{self.root}/quarantine/{reported}")
        b.click_text("a.button", "Report")
        b.wait_text("main", "Feedback-Type: abuse")
        b.screenshot("report.png", whole=True)
        self.agree(b)
        b.wait_text("main", "on its way to the abuse desk")
        m = email.message_from_bytes(self.down.wait_accepted(1)[0].data, policy=email.policy.SMTP)
        self.assertEqual((m["To"], m.get_param("report-type")), ("phishing@paypal.com", "feedback-report"))
        self.assertEqual([p.get_content_type() for p in m.iter_parts()], ["text/plain", "message/feedback-report", "message/rfc822"])
        self.assertEqual(b.complaints(), [])

    def test_without_script_and_on_a_phone(self):
        self.box()
        id = self.hold(mails.sample(ENTRA), SENDERS[ENTRA])
        b = self.browser(phone=True, script=False)
        b.screenshot("phone-quarantine.png")
        b.type("#q", "microsoftonline")
        b.click("form[role=search] button")
        b.click(f'a[href="/quarantine/{id}"]')
        b.wait_path("/quarantine/" + id)
        b.screenshot("phone-message.png", whole=True)
        b.click("button[value=delete]")
        b.wait_text("h1", "Delete for good?")
        self.agree(b)
        b.wait_text("main", "Deleted for 1 recipient.")
        b.open(self.root + "/quarantine")
        b.wait_text("main", "Nothing is held.")

    def test_recipients_who_ask_are_answered_with_and_without_script(self):
        (_, released), (_, refused), (name, last) = self.asked("bob@example.net", "carol@example.net", "dave@example.net")
        b = self.browser()
        b.wait_text("#requests", "carol@example.net")
        b.screenshot("requests.png", whole=True)
        b.click(f'#requests form[action="/quarantine/{released}/act"] button')  # yes: by way of the page that asks
        b.wait_text("h1", "Release to its readers?")
        self.agree(b)
        b.wait_text("main", "Released to 1 recipient")
        self.assertIn("bob@example.net", "".join(self.down.wait_accepted(4)[-1].rcpt))
        b.open(self.root + "/quarantine/requests")
        self.assertEqual(len(b.all("tbody tr")), 2)
        self.assertEqual(b.complaints(), [])
        b = self.browser(phone=True, script=False)
        b.screenshot("phone-requests.png", whole=True)
        self.assertLessEqual(b.overflow(), 0)
        b.click(f'#requests form[action="/quarantine/{refused}/refuse"] button')  # no: it stays held, and nobody asks any more
        b.wait_text("main", "Refused; the mail stays held")
        self.assertEqual(len(b.all("tbody tr")), 1)
        b.open(f"{self.root}/quarantine/{refused}")
        self.assertIn("held", b.text("#recipients"))
        self.assertIn("request refused", b.text("#history"))
        token = self.web.make_token("ops", "operator")["token"]
        api = f"/api/v1/quarantine/{last}/refuse-request"
        self.assertEqual(self.web.ask("POST", api, {"recipient": "nobody@example.net"}, token=token).status, 404)
        self.assertEqual(self.web.ask("POST", api, {}, token=token).status, 422)
        self.assertEqual(self.web.ask("POST", api, {"recipient": name}, token=token).status, 200)
        self.assertEqual(self.web.local("GET", "/api/v1/quarantine/requests").json()["requests"], [])
        viewer = self.web.make_token("eyes", "viewer")["token"]
        self.assertEqual(self.web.ask("POST", api, {"recipient": name}, token=viewer).status, 403)

    @needs_axe
    def test_nobody_is_kept_out(self):
        self.box()
        id = self.hold(mails.sample(PAYPAL), SENDERS[PAYPAL])
        b = self.browser()
        for path in ("/quarantine", f"/quarantine/{id}", f"/quarantine/{id}/report", "/quarantine/own-mail", "/quarantine/requests"):
            b.open(self.root + path)
            self.assertEqual(b.axe(), [], path)
        for width in (390, 1280):
            b.size(width, 800)
            self.assertLessEqual(b.open(f"{self.root}/quarantine/{id}").overflow(), 0, width)


if __name__ == "__main__":
    unittest.main()
