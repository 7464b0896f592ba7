"""The quarantine desk: API and pages without script, roles, search, several at once, what readers see as text, release with a
DKIM signature that still verifies, delete, download, and the report to an abuse desk as others parse it."""
import email
import email.policy
import html
import json
import re
import unittest
import urllib.parse

from harness import mails, net
from harness.auth import dkim, public, signed
from harness.case import E2E
from harness.sink import ForMail
from harness.web import Web

ENTRA, PAYPAL = "entra_tenant_name_scam.eml", "paypal_note_scam.eml"
SENDERS = {ENTRA: "bounce@microsoftonline.com", PAYPAL: "service@paypal.com"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Desk(E2E):
    def box(self, config=None, **sink_options):
        self.web = Web()
        s, self.target = self.pair(self.web.config({"domains": ["example.net"], **(config or {})}), **sink_options)
        self.web.of(s)
        self.admin = self.web.set_up()
        for role in ("viewer", "operator"):
            self.web.add_user(role, role)
        return s

    def hold(self, s, content, sender, recipients=("bob@example.net",)):
        known = {m["id"] for m in self.list()}
        with s.client() as c:
            c.ehlo("mail.sender.example")
            self.assertEqual(c.mail(content, sender=sender, recipients=recipients).code, 250)
            c.quit()
        new = [m["id"] for m in self.list() if m["id"] not in known]
        self.assertEqual(len(new), 1)
        return new[0]

    def sample(self, s, name, recipients=("bob@example.net",)):
        return self.hold(s, mails.sample(name), SENDERS[name], recipients)

    def list(self, query="?state=all"):
        reply = self.web.get("/api/v1/quarantine" + query, session=self.admin)
        self.assertEqual(reply.status, 200, reply.text)
        return reply.json()["messages"]

    def api(self, method, path, body=None, session=None):
        return self.web.ask(method, "/api/v1/quarantine" + path, body, session=session or self.admin)

    def state(self, id):
        m = self.api("GET", "/" + id).json()
        return {r["address"]: r["state"] for r in m["recipient_states"]}

    # ---- API ----
    def test_what_is_held_is_listed_found_and_explained(self):
        s = self.box()
        entra, paypal = self.sample(s, ENTRA), self.sample(s, PAYPAL, ("bob@example.net", "ann@example.net"))
        self.assertEqual([m["id"] for m in self.list("")], [paypal, entra])
        subject = self.api("GET", "/" + entra).json()["subject"]
        for query, found in (("search=microsoftonline", [entra]), ("search=ANN%40example", [paypal]), ("search=slot-phone", None),
                             ("search=" + entra, [entra]), ("search=%25", []), ("search=nothing+like+it", []), ("rule=slot-phone", None),
                             ("recipient=ann%40example.net", [paypal]), ("sender=paypal", [paypal]), ("state=held", [paypal, entra]),
                             ("state=released", []), ("search=" + subject.split()[0], None)):
            with self.subTest(query):
                got = [m["id"] for m in self.list("?" + query)]
                self.assertTrue(entra in got if found is None else got == found, (query, got))
        first = self.api("GET", "?limit=1").json()
        self.assertEqual([m["id"] for m in first["messages"]], [paypal])
        second = self.api("GET", f"?limit=1&before={first['before']}").json()
        self.assertEqual(([m["id"] for m in second["messages"]], second["before"]), ([entra], None))
        self.assertEqual(self.api("GET", "?state=odd").status, 422)
        self.assertEqual(self.api("GET", "/vnone").status, 404)
        m = self.api("GET", "/" + entra).json()
        self.assertEqual((m["profile"], m["recipient_states"][0]["address"]), ("entra", "bob@example.net"))
        self.assertIn("slot-phone", [f["rule"] for f in m["findings"]])

    def test_the_text_is_what_readers_see_with_the_guilty_words_marked(self):
        s = self.box()
        hostile = mails.sample(PAYPAL)
        id = self.hold(s, hostile, SENDERS[PAYPAL])
        p = self.api("GET", f"/{id}/preview").json()
        marked = [piece["text"].encode()[m["start"]:m["start"] + m["length"]].decode() for piece in p["pieces"] for m in piece["marks"]]
        self.assertTrue(any("555" in words for words in marked), (marked, p))
        for piece in p["pieces"]:
            self.assertNotRegex(piece["text"], r"(?i)<(a|img|script|html)\b")
        h = self.api("GET", f"/{id}/headers").json()
        self.assertFalse(h["cut"])
        self.assertEqual(h["header"].encode(), hostile.split(b"\r\n\r\n")[0])
        page = self.web.get(f"/quarantine/{id}", session=self.admin).text
        self.assertRegex(page, r"<mark title=\"[^\"]+\">[^<]*555")
        self.assertNotRegex(page, r"(?i)<img|<script(?! src=\"/app)|https?://(?![^<]*</)")

    def test_a_message_that_attacks_the_page_is_text_on_it(self):
        s = self.box()
        evil = b"<script>alert(1)</script><img src=x onerror=alert(2)>"
        content = mails.sample(ENTRA).replace(b"\r\n\r\n", b"\r\n\r\n" + evil + b"\xe2\x80\xae abc\r\n", 1)
        id = self.hold(s, content, SENDERS[ENTRA])
        for path in ("/quarantine", f"/quarantine/{id}"):
            page = self.web.get(path, session=self.admin).text
            self.assertNotIn("<script>alert", page)
            self.assertNotIn("<img", page)
            self.assertNotIn("\u202e", page)

    def test_the_original_comes_as_it_is_and_can_do_nothing(self):
        s = self.box()
        content = mails.sample(PAYPAL).rstrip() + b"\r\n" + b"x" * 70 + b"\r\n" + (b"y" * 76 + b"\r\n") * 3000
        id = self.hold(s, content, SENDERS[PAYPAL])
        reply = self.api("GET", f"/{id}/original")
        self.assertEqual(reply.body, content)
        self.assertEqual(reply.header("Content-Type"), "message/rfc822")
        self.assertEqual(reply.header("Content-Disposition"), f'attachment; filename="{id}.eml"')
        self.assertIn("sandbox", reply.header("Content-Security-Policy"))
        audit = self.web.get("/api/v1/audit", session=self.admin).text
        self.assertIn("read the original of " + id, audit)

    def test_a_damaged_message_never_looks_complete(self):
        s = self.box()
        id = self.hold(s, mails.sample(PAYPAL).rstrip() + b"\r\n" + (b"y" * 76 + b"\r\n") * 1000, SENDERS[PAYPAL])
        file = s.folder / f"data/quarantine/mail/{id}.msg"
        octets = bytearray(file.read_bytes())
        octets[-100] ^= 1
        file.write_bytes(octets)
        with self.assertRaises(Exception) as broken:
            self.api("GET", f"/{id}/original")
        self.assertIn("Incomplete", type(broken.exception).__name__ + str(broken.exception))
        self.assertEqual(self.web.get("/healthz").status, 200)

    def test_named_recipients_only(self):
        s = self.box()
        id = self.sample(s, PAYPAL, ("bob@example.net", "ann@example.net"))
        self.assertEqual(self.api("POST", f"/{id}/release", {}).status, 422)
        self.assertEqual(self.api("POST", f"/{id}/release", {"recipients": ["eve@example.net"]}).status, 422)
        done = self.api("POST", f"/{id}/release", {"recipients": ["ann@example.net"]})
        self.assertEqual(done.json()["recipients"][0]["after"], "releasing")
        t = self.target.wait_accepted(1)[0]
        self.assertEqual(len(t.rcpt), 1)
        self.assertIn("<ann@example.net>", t.rcpt[0])
        self.assertSame(t, mails.sample(PAYPAL))
        net.wait_until(lambda: self.state(id)["ann@example.net"] == "released", 20, "released")
        self.assertEqual(self.state(id)["bob@example.net"], "held")
        self.assertEqual(self.api("POST", f"/{id}/delete", {"all": True}).status, 200)
        self.assertEqual(self.state(id), {"ann@example.net": "released", "bob@example.net": "deleted"})
        self.assertEqual(self.api("GET", f"/{id}/original").status, 410)
        who = [a["who"] for a in self.api("GET", "/" + id).json()["audit"]]
        self.assertIn("session:admin", who)

    @unittest.skipIf(dkim is None, "SKIPPED: python3-dkim is missing")
    def test_a_released_scam_still_carries_a_signature_that_verifies(self):
        s = self.box()
        content = signed(mails.sample(ENTRA), "microsoftonline.com")
        id = self.hold(s, content, SENDERS[ENTRA])
        self.assertEqual(self.api("POST", f"/{id}/release", {}).status, 200)
        data = self.target.wait_accepted(1)[0].data
        key = b"v=DKIM1; k=ed25519; p=" + public().encode()
        self.assertTrue(dkim.verify(data, dnsfunc=lambda name, timeout=5: key))
        self.assertFalse(dkim.verify(data.replace(b"Subject:", b"Subject: x", 1), dnsfunc=lambda name, timeout=5: key))

    def test_several_at_once_with_a_result_each(self):
        s = self.box()
        ids = [self.sample(s, name) for name in (ENTRA, PAYPAL, ENTRA)]
        results = self.api("POST", "/delete", {"ids": ids[:2] + ["vnone"]}).json()["results"]
        self.assertEqual([r["done"] for r in results], [True, True, False])
        self.assertEqual([r["id"] for r in results], ids[:2] + ["vnone"])
        results = self.api("POST", "/release", {"ids": ids}).json()["results"]
        self.assertEqual([[r["changed"] for r in one["recipients"]] for one in results], [[False], [False], [True]])
        self.assertEqual(self.api("POST", "/delete", {"ids": ["v"] * 51}).status, 422)
        for bad in ({"ids": []}, {"ids": "v"}, {"ids": [1]}, {}):
            self.assertEqual(self.api("POST", "/delete", bad).status, 422, bad)
        self.target.wait_accepted(1)

    def test_release_and_allow_lets_exactly_this_text_through_for_exactly_these_readers(self):
        s = self.box()
        scam = mails.long_entra_scam()
        id = self.hold(s, scam, SENDERS[ENTRA])
        self.assertEqual(self.api("POST", f"/{id}/release-and-allow", {"days": 91}).status, 409)
        done = self.api("POST", f"/{id}/release-and-allow", {"days": 7})
        self.assertEqual(done.status, 200, done.text)
        self.assertGreaterEqual(done.json()["exceptions"], 1)
        self.assertSame(self.target.wait_accepted(1)[0], scam)
        with s.client() as c:
            c.ehlo("mail.sender.example")
            self.assertEqual(c.mail(scam, sender=SENDERS[ENTRA]).code, 250)
            c.quit()
        self.assertSame(self.target.wait_accepted(2)[1], scam)
        self.hold(s, scam, SENDERS[ENTRA], ("ann@example.net",))  # another reader
        other = scam.replace(b"0142", b"0143")
        self.hold(s, other, SENDERS[ENTRA])  # another text
        page = self.web.get("/lists", session=self.admin).text
        self.assertIn("released " + id, page)

    def test_a_sender_is_blocked_from_its_mail_unless_it_sends_genuine_notices_too(self):
        s = self.box({"policy": {"tag_score": 1, "quarantine_score": 1}})
        lure = mails.simple("Your order", body="Call 1-888-555-0142 now to cancel your Bitcoin order of $499.99 or your account is locked.\r\n", sender="billing@evil.example")
        unknown = self.hold(s, lure, "billing@evil.example")
        page = self.web.get(f"/quarantine/{unknown}", session=self.admin).text
        link = html.unescape(re.search(r'href="(/lists\?[^"]+)"', page)[1])
        self.assertIn("Block this sender", page)
        form = self.web.get(link.split("#")[0], session=self.admin).text
        self.assertIn('value="billing@evil.example"', form)
        self.assertIn(f'value="sent {unknown}"', form)
        self.assertNotIn("Block this sender", self.web.get(f"/quarantine/{self.sample(s, PAYPAL)}", session=self.admin).text)
        self.assertNotIn("Block this sender", self.web.get(f"/quarantine/{unknown}", session=self.web.login("viewer")).text)

    def test_an_exception_is_shown_before_it_is_made(self):
        s = self.box()
        id = self.hold(s, mails.long_entra_scam(), SENDERS[ENTRA])
        page = self.web.get(f"/quarantine/{id}", session=self.admin).text
        chosen = [("action", "release-and-allow"), ("recipient", "bob@example.net")]
        asked = self.post(page, f"/quarantine/{id}/act", chosen)
        self.assertIn("only exactly this text", asked.text)
        self.assertEqual(self.state(id), {"bob@example.net": "held"})
        done = self.post(asked.text, f"/quarantine/{id}/act", chosen + [("sure", "yes"), ("days", "5")])
        self.assertEqual(done.status, 303, done.text)
        self.assertIn("in force", self.web.get(done.header("Location"), session=self.admin).text)
        self.target.wait_accepted(1)

    # ---- access ----
    def test_roles_and_tokens_of_forms(self):
        s = self.box()
        id = self.sample(s, PAYPAL)
        viewer, operate = self.web.login("viewer"), self.web.login("operator")
        for path in ("", f"/{id}"):
            self.assertEqual(self.api("GET", path, session=viewer).status, 200)
        for path in ("preview", "headers", "original", "report"):
            self.assertEqual(self.api("GET", f"/{id}/{path}", session=viewer).status, 403, path)
            self.assertEqual(self.api("GET", f"/{id}/{path}", session=operate).status, 200, path)
        for path in (f"/{id}/release", f"/{id}/delete", f"/{id}/report", "/release", "/delete"):
            self.assertEqual(self.api("POST", path, session=viewer).status, 403, path)
            self.assertEqual(self.web.ask("POST", "/api/v1/quarantine" + path).status, 401, path)
            self.assertEqual(self.web.ask("POST", "/api/v1/quarantine" + path, {}, session=operate, csrf=False).status, 403, path)
        form = {"action": "delete", "recipient": "bob@example.net", "sure": "yes"}
        self.assertEqual(self.web.ask("POST", f"/quarantine/{id}/act", form, FORM, session=operate, csrf=False).status, 403)
        page = self.web.get(f"/quarantine/{id}", session=viewer).text
        self.assertNotIn("<button name=\"action\"", page)
        self.assertNotIn("Your money", page)
        self.assertIn("Operators and administrators see the text.", page)
        self.assertEqual(self.state(id), {"bob@example.net": "held"})

    # ---- pages ----
    def post(self, page, path, fields):
        """As a browser without script: the token comes from the page."""
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', page)[1]
        pairs = [("csrf", token), *fields]
        return self.web.ask("POST", path, urllib.parse.urlencode(pairs), FORM, session=self.admin, csrf=False)

    def test_a_person_releases_deletes_and_is_told(self):
        s = self.box()
        id = self.sample(s, ENTRA)
        page = self.web.get("/quarantine", session=self.admin).text
        self.assertIn(f'href="/quarantine/{id}"', page)
        page = self.web.get(f"/quarantine/{id}", session=self.admin).text
        self.assertIn("A telephone number stands in a field where none belongs.", page)
        self.assertEqual(self.post(page, f"/quarantine/{id}/act", [("action", "release")]).status, 422)
        chosen = [("action", "release"), ("recipient", "bob@example.net")]
        asked = self.post(page, f"/quarantine/{id}/act", chosen)
        self.assertIn("Release to its readers?", asked.text)
        self.assertEqual(self.state(id), {"bob@example.net": "held"})
        done = self.post(asked.text, f"/quarantine/{id}/act", chosen + [("sure", "yes")])
        self.assertEqual(done.status, 303)
        self.assertIn("Released to 1 recipient", self.web.get(done.header("Location"), session=self.admin).text)
        self.assertSame(self.target.wait_accepted(1)[0], mails.sample(ENTRA))
        ids = [self.sample(s, PAYPAL), self.sample(s, ENTRA)]
        page = self.web.get("/quarantine?q=&state=", session=self.admin).text
        many = [("action", "delete")] + [("id", i) for i in ids]
        asked = self.post(page, "/quarantine/bulk", many)
        self.assertIn("Delete for good?", asked.text)
        done = self.post(asked.text, "/quarantine/bulk", many + [("sure", "yes")])
        self.assertIn("2 of 2 deleted.", done.text)
        self.assertIn("Nothing is held.", self.web.get("/quarantine", session=self.admin).text)

    # ---- report ----
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

    # ---- command line ----
    def test_the_same_from_the_shell(self):
        s = self.box()
        id = self.sample(s, PAYPAL)
        found = s.cli("quarantine", "search", "paypal", "--config", s.config_file, "--json")
        self.assertEqual(json.loads(found.stdout)["id"], id)
        self.assertEqual(s.cli("quarantine", "search", "nothing", "--config", s.config_file).returncode, 1)
        shown = s.cli("quarantine", "report", id, "--config", s.config_file, "--dry-run")
        self.assertIn("Feedback-Type: abuse", shown.stdout)
        self.assertEqual(self.target.accepted, [])
        sent = s.cli("quarantine", "report", id, "--config", s.config_file)
        self.assertEqual(sent.returncode, 0, sent.stderr)
        self.assertIn("phishing@paypal.com", self.target.wait_accepted(1)[0].rcpt[0])


if __name__ == "__main__":
    unittest.main()
