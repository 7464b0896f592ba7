"""The report to an abuse desk: as others parse it, refused, redacted, without a known desk, with a full outbox."""
import email
import email.policy
import re

from harness import mails, net
from harness.desk import ENTRA, PAYPAL, SENDERS, DeskCase
from harness.sink import ForMail


class DeskReport(DeskCase):
    def parsed(self, transaction):
        self.assertIn("MAIL FROM:<>", transaction.mail if "MAIL" in transaction.mail else "MAIL FROM:" + transaction.mail)
        return email.message_from_bytes(transaction.data, policy=email.policy.SMTP)

    def test_a_report_arrives_as_others_parse_it(self):
        s = self.box()
        id = self.sample(s, PAYPAL)
        seen = self.api("GET", f"/{id}/report").json()
        self.assertEqual(seen["to"], "phishing@paypal.com")
        sent = self.api("POST", f"/{id}/report")
        self.assertEqual(sent.status, 202, sent.text)
        t = self.target.wait_accepted(1)[0]
        self.assertIn("phishing@paypal.com", t.rcpt[0])
        m = self.parsed(t)
        self.assertEqual((m.get_content_type(), m.get_param("report-type")), ("multipart/report", "feedback-report"))
        self.assertEqual((m["To"], m["Auto-Submitted"]), ("phishing@paypal.com", "auto-generated"))
        self.assertEqual(m["From"].addresses[0].addr_spec, "postmaster@example.net")
        self.assertIsNotNone(m["Date"].datetime)
        self.assertRegex(m["Message-ID"], r"^<[0-9a-f]{32}@example\.net>$")
        self.assertEqual(m.defects, [])
        letter, fields, original = m.iter_parts()
        self.assertIn("abuses your service", letter.get_content())
        self.assertEqual(fields.get_content_type(), "message/feedback-report")
        text = fields.as_string()
        for name, value in (("Feedback-Type", "abuse"), ("Version", "1"), ("Original-Mail-From", "<service@paypal.com>"),
                            ("Original-Rcpt-To", "<bob@example.net>"), ("Source-IP", "127.0.0.1"), ("Reported-Domain", None)):
            self.assertRegex(text, rf"(?m)^{name}: " + (re.escape(value) if value else r"\S*paypal\.com"))
        self.assertRegex(text, r"(?m)^User-Agent: Sluice/")
        self.assertEqual(original.get_content_type(), "message/rfc822")
        self.assertIn(mails.sample(PAYPAL), t.data)  # octet by octet
        net.wait_until(lambda: self.web.get("/api/v1/own-mail", session=self.admin).json()["mails"][0]["recipients"][0]["state"] == "sent", 20, "sent")
        audit = self.api("GET", "/" + id).json()["audit"]
        self.assertEqual([a["action"] for a in audit], ["report", "deliver"])
        self.assertEqual(self.state(id), {"bob@example.net": "held"})  # a report decides nothing

    def test_a_report_refused_by_the_mail_server_ends_with_its_reply(self):
        s = self.box()
        self.target.script["rcpt"] = ForMail("550 5.7.1 not for us")
        id = self.sample_held_before_rcpt_is_refused(s)
        self.assertEqual(self.api("POST", f"/{id}/report").status, 202)
        own = lambda: self.web.get("/api/v1/own-mail", session=self.admin).json()["mails"][0]["recipients"][0]
        net.wait_until(lambda: own()["state"] == "refused", 20, "refused")
        self.assertEqual(own()["reply"], "550 5.7.1 not for us")

    def sample_held_before_rcpt_is_refused(self, s):
        script, self.target.script["rcpt"] = self.target.script["rcpt"], "250 2.1.5 ok"
        id = self.sample(s, PAYPAL)
        self.target.script["rcpt"] = script
        return id

    def test_readers_are_not_told_when_reports_are_redacted(self):
        s = self.box({"own_mail": {"redact": True, "from": "gate@example.net"}})
        id = self.sample(s, PAYPAL)
        self.assertEqual(self.api("POST", f"/{id}/report").status, 202)
        t = self.target.wait_accepted(1)[0]
        m = self.parsed(t)
        self.assertEqual(m["From"].addresses[0].addr_spec, "gate@example.net")
        self.assertEqual([p.get_content_type() for p in m.iter_parts()], ["text/plain", "message/feedback-report", "text/rfc822-headers"])
        self.assertNotIn(b"bob@example.net", t.data)
        self.assertRegex(t.data, rb"Original-Rcpt-To: <[0-9a-f]{32}@example\.net>")

    def test_a_redacted_report_of_many_readers_tells_none_of_them_or_is_refused(self):
        s = self.box({"own_mail": {"redact": True}, "limit": {"recipients_per_transaction": 200}})
        def to_many(count):
            readers = [f"reader{n}@example.net" for n in range(count)]
            content = mails.sample(PAYPAL)
            at = content.index(b"\r\nSubject:") + 2
            content = content[:at] + b"Cc: " + ",\r\n ".join(readers).encode() + b"\r\n" + content[at:]
            return self.hold(s, content, SENDERS[PAYPAL], readers), readers
        def told(transaction, readers):
            return [r for r in readers if re.search(rb"\b" + r.encode(), transaction.data)]
        # As many as the desk knows of one message: each is replaced.
        id, readers = to_many(100)
        self.assertEqual(self.api("POST", f"/{id}/report").status, 202)
        t = self.target.wait_accepted(1)[0]
        self.assertEqual(told(t, readers), [])
        self.assertEqual(len(re.findall(rb"[0-9a-f]{32}@example\.net", t.data)), 100 + 5 + 1, "in Cc, the first five in Original-Rcpt-To, and the Message-ID")
        # One more, and nothing goes out.
        id, readers = to_many(101)
        for reply in (self.api("GET", f"/{id}/report"), self.api("POST", f"/{id}/report")):
            self.assertEqual((reply.status, reply.json()["title"]), (409, "Too many recipients"))
            self.assertIn("has 101 recipients", reply.json()["detail"])
        page = self.web.get(f"/quarantine/{id}/report", session=self.admin)
        self.assertIn("this one would tell the others", page.text)
        self.assertNotIn(f'action="/quarantine/{id}/report"', page.text, "nothing to press")
        self.assertEqual(self.web.form(f"/quarantine/{id}/report", {"csrf": self.admin.csrf, "to": "phishing@paypal.com"}, session=self.admin, csrf=False).status, 409)
        self.assertEqual(len(self.web.get("/api/v1/own-mail", session=self.admin).json()["mails"]), 1)
        # From the shell all of them are known.
        done = s.cli("quarantine", "report", id, "--config", s.config_file)
        self.assertEqual(done.returncode, 0, done.stderr)
        t = self.target.wait_accepted(2)[1]
        self.assertEqual(told(t, readers), [])
        self.assertEqual(len(re.findall(rb"[0-9a-f]{32}@example\.net", t.data)), 101 + 5 + 1)

    def test_without_a_known_abuse_desk_an_administrator_may_name_one(self):
        s = self.box()
        id = self.hold(s, mails.sample(ENTRA), SENDERS[ENTRA])
        operate = self.web.login("operator")
        known = self.api("GET", f"/{id}/report")
        if known.status == 200:
            self.skipTest("SKIPPED: this profile has an abuse address")
        self.assertEqual((known.status, self.api("POST", f"/{id}/report", {}).status), (409, 409))
        self.assertIn("RFC 2142", known.json()["detail"])
        to = {"to": "abuse@abuse.example"}
        self.assertEqual(self.api("POST", f"/{id}/report", to, session=operate).status, 403)
        self.assertEqual(self.api("POST", f"/{id}/report", {"to": "a@b\r\nBcc: x"}).status, 422)
        self.assertIn("No abuse desk is known", self.web.get(f"/quarantine/{id}/report", session=self.admin).text)
        page = self.web.get(f"/quarantine/{id}/report?to=abuse%40abuse.example", session=self.admin).text
        self.assertIn("abuse@abuse.example", page)
        done = self.post(page, f"/quarantine/{id}/report", [("to", "abuse@abuse.example")])
        self.assertEqual(done.status, 303)
        self.assertIn("abuse@abuse.example", self.target.wait_accepted(1)[0].rcpt[0])

    def test_a_full_outbox_refuses_reports_and_nothing_else(self):
        s = self.box({"own_mail": {"messages": 1}})
        id = self.sample(s, PAYPAL)
        self.target.script["rcpt"] = ForMail("451 4.3.0 later")
        self.assertEqual(self.api("POST", f"/{id}/report").status, 202)
        refused = self.api("POST", f"/{id}/report")
        self.assertEqual(refused.status, 503)
        self.assertIn("own is waiting", refused.json()["detail"])
        mine = self.web.get("/api/v1/own-mail", session=self.admin).json()["mails"][0]
        net.wait_until(lambda: self.web.ask("DELETE", "/api/v1/own-mail/" + mine["id"], session=self.admin).status == 204 and
                       self.web.get("/api/v1/own-mail", session=self.admin).json()["mails"][0]["recipients"][0]["state"] == "deleted", 20, "dropped")
