"""Block and allow lists and exceptions: who is refused where, what allowing cannot do, ends, hits, page, API and command."""
import json
import time
import unittest

from harness import auth, mails
from harness.case import E2E
from harness.unbound import UNBOUND, Unbound
from harness.web import Web

SCAM, SENDER = "entra_tenant_name_scam.eml", "bounce@microsoftonline.com"
LURE = ("Call 1-888-555-0142 now to cancel your Bitcoin order of $499.99 or your account is locked. Your order was charged to the card "
        "that you keep with us, and it ships tomorrow unless you phone our billing department today.\r\nhttps://elsewhere.com/x\r\n")


class Lists(E2E):
    def box(self, config=None):
        self.web = Web()
        self.sink_ = self.sink()
        s = self.sluice(self.sink_, self.web.config(config))
        self.web.of(s)
        return s

    def add(self, kind, subject, what, status=201, **more):
        reply = self.web.local("POST", "/api/v1/lists", {"kind": kind, "subject": subject, "what": what, **more})
        self.assertEqual(reply.status, status, reply.text)
        return reply.json()

    def entries(self, query=""):
        return self.web.local("GET", "/api/v1/lists" + query).json()["entries"]

    def hits(self, entry):
        return next(e["hits"] for e in self.entries() if e["id"] == entry["id"])

    def say(self, s, *commands):
        with s.client() as c:
            c.ehlo()
            return [c.cmd(x) for x in commands]

    # ---- blocking ----
    def test_clients_senders_and_recipients_are_refused_at_rcpt_and_postmaster_never(self):
        s = self.box()
        client = self.add("block", "network", "127.0.0.0/8")
        _, mail, rcpt, role, abuse = self.say(s, "NOOP", "MAIL FROM:<a@example.com>", "RCPT TO:<bob@example.net>", "RCPT TO:<Postmaster@example.net>",
                                              "RCPT TO:<abuse@example.net>")
        self.assertEqual(mail.code, 250)
        self.assertReply(rcpt, 550, "5.7.1", "address is blocked")
        self.assertEqual((role.code, abuse.code), (250, 250))
        self.assertEqual(self.hits(client), 1)
        self.assertEqual(self.web.local("DELETE", f"/api/v1/lists/{client['id']}").status, 204)
        sender = self.add("block", "domain", ".example.com")
        replies = self.say(s, "MAIL FROM:<\"A\"@deep.Example.COM>", "RCPT TO:<bob@example.net>", "RSET", "MAIL FROM:<a@example.org>", "RCPT TO:<bob@example.net>")
        self.assertReply(replies[1], 550, "5.7.1", "sender is blocked")
        self.assertEqual(replies[4].code, 250)
        self.assertEqual(self.hits(sender), 1)
        self.add("block", "recipient", "gone@example.net")
        replies = self.say(s, "MAIL FROM:<a@example.org>", "RCPT TO:<gone@example.net>", "RCPT TO:<bob@example.net>")
        self.assertReply(replies[1], 550, "5.2.1", "recipient is blocked")
        self.assertEqual(replies[2].code, 250)
        metrics = self.web.local("GET", "/metrics").text
        self.assertIn("sluice_lists_blocked_total 3", metrics)

    def test_an_author_is_refused_at_the_end_and_mail_to_postmaster_is_observed(self):
        s = self.box()
        entry = self.add("block", "address", "alice@example.org")
        with s.client() as c:
            c.ehlo()
            reply = c.mail(mails.simple(), sender="bounce@other.example")
            event = s.wait_event("message")
            self.assertReply(reply, 550, "5.7.1", "sender is blocked")
            self.assertIn(event["id"], reply.text)
            self.assertEqual((event["outcome"], event["list"]), ("rejected", f"block-list {entry['id']}"))
            self.assertReply(c.mail(mails.simple(), sender="bounce@other.example", recipients=("postmaster@example.net",)), 250, "2.0.0")
            # The same for what is found: a scam to postmaster is shown and forwarded, so that it can be complained about.
            self.assertReply(c.mail(mails.sample(SCAM), sender=SENDER, recipients=("abuse@example.net",)), 250, "2.0.0")
        self.assertEqual(len(self.sink_.accepted), 2)
        self.assertEqual([e["verdict"] for e in s.events("message")], ["reject", "forward", "forward"])
        self.assertGreaterEqual(s.events("message")[2]["score"], 100)

    def test_naming_postmaster_beside_others_opens_no_door(self):
        s = self.box()
        self.add("block", "address", "alice@example.org")
        replies = self.say(s, "MAIL FROM:<b@other.example>", "RCPT TO:<postmaster@example.net>", "RCPT TO:<bob@example.net>")
        self.assertReply(replies[2], 452, "4.5.3")
        replies = self.say(s, "MAIL FROM:<b@other.example>", "RCPT TO:<bob@example.net>", "RCPT TO:<postmaster@example.net>")
        self.assertReply(replies[2], 452, "4.5.3")

    # ---- ends, restarts, limits ----
    def test_entries_end_at_once_and_survive_a_kill(self):
        s = self.box()
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 4))
        ending = self.add("block", "address", "short@example.org", expires=soon, note="for a moment")
        staying = self.add("block", "address", "long@example.org", days=0)
        rcpt = lambda sender: self.say(s, f"MAIL FROM:<{sender}>", "RCPT TO:<bob@example.net>")[1].code
        self.assertEqual((rcpt("short@example.org"), rcpt("long@example.org")), (550, 550))
        s.kill()
        s.start()
        self.assertEqual(rcpt("long@example.org"), 550)
        time.sleep(4.5)
        self.assertEqual((rcpt("short@example.org"), rcpt("long@example.org")), (250, 550))
        s.wait_event("lists-expired")
        self.assertEqual([e["id"] for e in self.entries()], [staying["id"]])
        self.assertNotIn(ending["id"], (self.web.data / "lists").read_text())

    def test_bad_entries_are_refused_with_the_reason_and_the_table_is_bounded(self):
        self.box({"lists": {"entries": 2}})
        for entry, reason in (({"kind": "block", "subject": "network", "what": "0.0.0.0/0"}, "nearly everybody"),
                              ({"kind": "block", "subject": "recipient", "what": "postmaster@example.net"}, "5321"),
                              ({"kind": "exception", "what": "bob@example.net", "rule": "slot-phone", "profile": "microsoft", "days": 5}, "blanket"),
                              ({"kind": "exception", "what": "bob@example.net", "rule": "slot-phone", "text": "x"}, "needs an end"),
                              ({"kind": "block", "subject": "address", "what": "nobody"}, "form"),
                              ({"kind": "sometimes", "subject": "address", "what": "a@example.org"}, "kind")):
            reply = self.web.local("POST", "/api/v1/lists", entry)
            self.assertEqual(reply.status, 422, reply.text)
            self.assertIn(reason, reply.json()["detail"])
        self.add("block", "address", "a@example.org")
        self.add("block", "address", "A@example.org", status=409)
        self.add("block", "address", "b@example.org")
        self.add("block", "address", "c@example.org", status=409)
        self.assertIn('sluice_budget_refused_total{budget="list entries",unit="entries"} 1', self.web.local("GET", "/metrics").text)

    def test_pages_of_the_list_and_changes(self):
        self.box()
        for i in range(7):
            self.add("block" if i % 2 else "allow", "domain", f"d{i}.example", days=3, note=f"n{i}")
        first = self.web.local("GET", "/api/v1/lists?limit=3").json()
        second = self.web.local("GET", f"/api/v1/lists?limit=5&before={first['before']}").json()
        self.assertEqual([e["what"] for e in first["entries"] + second["entries"]], [f"d{i}.example" for i in range(6, -1, -1)])
        self.assertIsNone(second["before"])
        self.assertEqual(len(self.entries("?kind=block")), 3)
        self.assertEqual([e["what"] for e in self.entries("?q=D3.EXAMPLE")], ["d3.example"])
        self.assertEqual([e["what"] for e in self.entries("?q=n4&kind=allow")], ["d4.example"])
        self.assertEqual(self.entries("?q=n4&kind=block"), [])
        self.assertEqual(self.entries(f"?q={first['entries'][0]['id']}"), first["entries"][:1])
        half = self.web.local("GET", "/api/v1/lists?q=example&limit=4").json()
        self.assertEqual(len(half["entries"] + self.entries(f"?q=example&before={half['before']}")), 7)
        one = first["entries"][0]
        reply = self.web.local("PATCH", f"/api/v1/lists/{one['id']}", {"days": 0, "note": "for good"})
        self.assertEqual((reply.status, reply.json()["expires"], reply.json()["note"]), (200, None, "for good"))
        self.assertEqual(self.web.local("PATCH", "/api/v1/lists/aaaaaaaa", {"days": 0}).status, 404)

    # ---- page and command ----
    def test_the_page_works_without_script_for_those_who_may(self):
        s = self.box()
        admin = self.web.set_up()
        self.web.add_user("vera", "viewer")
        vera = self.web.login("vera")
        form = {"csrf": admin.csrf, "kind": "block", "subject": "address", "what": "eve@example.org", "days": "30", "note": "<b>lures</b>"}
        self.assertEqual(self.web.form("/lists", form, session=admin, csrf=False).header("Location"), "/lists?done=added")
        self.assertEqual(self.web.form("/lists", form | {"csrf": vera.csrf}, session=vera, csrf=False).status, 403)
        again = self.web.form("/lists", form, session=admin, csrf=False)
        self.assertEqual(again.status, 422)
        self.assertIn("says the same", again.text)
        page = self.web.get("/lists", session=admin).text
        self.assertIn("&lt;b&gt;lures&lt;/b&gt;", page)
        self.assertIn("eve@example.org", page)
        self.assertNotIn("Remove</button>", self.web.get("/lists", session=vera).text)
        self.assertIn("eve@example.org", self.web.get("/lists?q=lures&kind=block", session=vera).text)
        self.assertIn("No entry fits.", self.web.get("/lists?q=lures&kind=allow", session=vera).text)
        filled = self.web.get("/lists?what=%22%3E%3Cb%3Emallory%40example.org&note=why", session=admin).text
        self.assertIn('name="what" type="text" value="&quot;&gt;&lt;b&gt;mallory@example.org"', filled)
        self.assertIn('value="why"', filled)
        self.assertEqual(self.say(s, "MAIL FROM:<eve@example.org>", "RCPT TO:<bob@example.net>")[1].code, 550)
        entry = self.entries()[0]
        self.assertEqual(self.web.form("/lists/remove", {"csrf": admin.csrf, "id": entry["id"]}, session=admin, csrf=False).status, 303)
        self.assertEqual(self.entries(), [])
        audit = json.dumps(self.web.local("GET", "/api/v1/audit").json())
        self.assertIn("add block entry for address eve@example.org", audit)
        self.assertIn("remove block entry for address eve@example.org", audit)

    def test_the_command_adds_shows_exports_imports_and_removes(self):
        s = self.box()
        cli = lambda *words, **more: s.cli("list", *words, "--config", str(s.config_file), **more)
        self.assertEqual(cli("show").returncode, 1)
        done = cli("add", "block", "192.0.2.0/24", "--note", "a botnet", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["subject"], "network")
        self.assertEqual(cli("add", "allow", ".example.com", "--days", "0").returncode, 0)
        self.assertEqual(cli("add", "exception", "bob@example.net", "--rule", "slot-phone").returncode, 1)
        self.assertIn("a botnet", cli("show").stdout)
        exported = cli("export").stdout
        self.assertEqual(len(exported.splitlines()), 2)
        for entry in self.entries():
            self.assertEqual(cli("remove", entry["id"]).returncode, 0)
        self.assertEqual(cli("remove", "aaaaaaaa").returncode, 1)
        done = cli("import", "-", stdin=exported)
        self.assertEqual((done.returncode, done.stdout), (0, "2 entries taken\n"), done.stderr)
        self.assertEqual(len(self.entries()), 2)
        self.assertEqual(cli("import", "-", stdin='{"kind":"block"}\n').returncode, 1)
        s.stop()
        done = cli("show")
        self.assertEqual(done.returncode, 4)
        self.assertIn("no Sluice is running", done.stderr)

    # ---- exceptions ----
    def test_an_exception_lets_one_text_through_and_nothing_else(self):
        s = self.box({"policy": {"tag_score": 0}})
        scam = mails.long_entra_scam()
        with s.client() as c:
            c.ehlo()
            c.mail(scam, sender=SENDER)
        first = s.wait_event("message")
        self.assertEqual(first["verdict"], "quarantine")
        slots = [f for f in first["findings"] if f["rule"].startswith("slot-")]
        self.assertTrue(slots and all("text_id" in f for f in slots), first)
        for f in first["findings"]:
            named = {"text_id": f["text_id"], "text": f["words"], "profile": first["profile"]} if "text_id" in f else {"skeleton": first["skeleton"]}
            self.add("exception", "recipient", "bob@example.net", rule=f["rule"], days=30, **named)
        with s.client() as c:
            c.ehlo()
            c.mail(scam, sender=SENDER)
            c.mail(scam, sender=SENDER, recipients=("carol@example.net",))
            c.mail(scam.replace(b"555-0142", b"555-0199"), sender=SENDER)
        s.wait_event("message", since=3)
        events = s.events("message")
        self.assertEqual([e["verdict"] for e in events], ["quarantine", "forward", "quarantine", "quarantine"], events)
        self.assertTrue(events[1]["list"].startswith("exception "))
        self.assertEqual(events[1]["score"], 0)


@unittest.skipUnless(UNBOUND and auth.dkim, "unbound, python3-dkim or python3-nacl is not installed")
class Allowing(auth.Auth):
    @classmethod
    def setUpClass(cls):
        cls.unbound = Unbound(auth.ZONES.replace("{key}", auth.public()))
        cls.addClassCleanup(cls.unbound.stop)

    def local(self, s, body):
        w = Web().of(s)
        reply = w.local("POST", "/api/v1/lists", body)
        self.assertEqual(reply.status, 201, reply.text)
        return reply.json()

    def test_allowing_a_sender_needs_authentication_and_silences(self):
        s, sink = self.start(self.unbound.address)
        before = self.one(s, sink, auth.signed(auth.mail("good.test", LURE), "good.test"))[1]
        self.assertGreater(before["score"], 0)
        entry = self.local(s, {"kind": "allow", "subject": "domain", "what": "good.test"})
        after = self.one(s, sink, auth.signed(auth.mail("good.test", LURE), "good.test"))[1]
        self.assertEqual((after["score"], after["list"]), (0, f"allow-list {entry['id']}"))
        self.assertNotEqual(after["findings"], [])
        self.local(s, {"kind": "allow", "subject": "domain", "what": "strict.test"})
        forged = self.one(s, sink, auth.mail("strict.test", LURE), sender="x@open.test")[1]
        self.assertNotIn("list", forged)
        self.assertGreater(forged["score"], 0)

    def test_an_address_that_is_cut_into_an_allowed_one_is_nobodys(self):
        s, sink = self.start(self.unbound.address)
        self.local(s, {"kind": "allow", "subject": "domain", "what": "allowed.com"})
        lure = auth.mail("good.test", LURE)
        for local in ("a" * 148 + "@allowed.com", '"' + " " * 501 + 'ceo"@allowed.com'):
            with self.subTest(local[-20:]):
                forged = lure.replace(b"alice@good.test", local.encode() + b".good.test", 1)
                self.assertNotEqual(forged, lure)
                event = self.one(s, sink, auth.signed(forged, "good.test"))[1]
                self.assertIn("dmarc=pass (", event["auth"])
                self.assertNotIn("list", event)
                self.assertGreater(event["score"], 0)

    def test_allowing_does_not_silence_a_slot_of_a_profiled_sender(self):
        s, sink = self.start(self.unbound.address)
        self.local(s, {"kind": "allow", "subject": "network", "what": "127.0.0.0/8"})
        self.local(s, {"kind": "allow", "subject": "domain", "what": "microsoftonline.com"})
        self.local(s, {"kind": "allow", "subject": "recipient", "what": "example.net"})
        with s.client() as c:
            c.ehlo()
            c.mail(mails.sample(SCAM), sender=SENDER)
        event = s.wait_event("message")
        self.assertEqual(event["verdict"], "quarantine", event)
        self.assertIn("slot-phone", [f["rule"] for f in event["findings"] if f["weight"] > 0])
        self.assertTrue(event["list"].startswith("allow-list "))
