"""The quarantine desk: API and pages without script, roles, search, several at once, what readers see as text, release with a
DKIM signature that still verifies, delete, download. Reports to abuse desks: test_desk_report.py."""
import html
import json
import re
import unittest

from harness import mails, net
from harness.auth import dkim, public, signed
from harness.desk import ENTRA, FORM, PAYPAL, SENDERS, DeskCase


class Desk(DeskCase):
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
