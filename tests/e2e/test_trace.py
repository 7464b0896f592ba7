"""Where is my mail? Every message and every refusal with both replies, found by who, when and where, kept over restarts and kills."""
import json
import socket
import time

from harness import mails, net
from harness.case import E2E
from harness.web import Web

SCAM, SENDER = "entra_tenant_name_scam.eml", "bounce@microsoftonline.com"


class Trace(E2E):
    def box(self, config=None, listeners=None, **sink):
        self.web = Web()
        self.sink_ = self.sink(**sink)
        s = self.sluice(self.sink_, self.web.config(config), listeners)
        self.web.of(s)
        return s

    def find(self, **query):
        target = "/api/v1/trace?" + "&".join(f"{k}={v}" for k, v in query.items())
        reply = self.web.local("GET", target)
        self.assertEqual(reply.status, 200, reply.text)
        return reply.json()["entries"]

    def found(self, **query):
        """The same, once there is something: an event may come a moment after its reply."""
        return net.wait_until(lambda: self.find(**query), what=f"an entry for {query}")

    def test_each_message_is_found_with_its_outcome_and_both_replies(self):
        s = self.box()
        with s.client() as c:
            c.ehlo("mail.sender.example")
            c.mail(mails.simple("For the two"), recipients=("bob@example.net", "carol@example.net"))
            c.mail(mails.sample(SCAM), sender=SENDER)
        s.wait_event("message", since=1)
        for q in ("bob@example.net", "CAROL@", "alice@example.org"):
            entry = self.found(q=q)[-1]
            self.assertEqual((entry["what"], entry["outcome"], entry["subject"]), ("message", "forwarded", "For the two"), q)
            self.assertEqual(entry["recipients"], "bob@example.net carol@example.net")
            self.assertRegex(entry["reply"], "^250 ")
            self.assertEqual(entry["downstream_reply"], entry["reply"])
            self.assertEqual(entry["helo"], "mail.sender.example")
        held = self.found(q="microsoft")[0]
        self.assertEqual((held["outcome"], held["verdict"]), ("quarantined", "quarantine"))
        self.assertNotIn("downstream_reply", held)
        self.assertEqual(self.find(q=held["id"]), [held])
        self.assertEqual(self.find(q="nobody@"), [])

    def test_refused_recipients_and_senders_tell_who_said_no(self):
        s = self.box()
        with s.client() as c:
            c.ehlo()
            c.cmd("MAIL FROM:<alice@example.org>")
            self.assertEqual(c.cmd("RCPT TO:<bob@elsewhere.example>").code, 550)
        ours = self.found(q="bob@elsewhere.example")[0]
        self.assertEqual((ours["what"], ours["cause"]), ("recipient", "relaying_denied"))
        self.assertEqual(ours["reply"], "550 Relaying denied")
        self.assertNotIn("downstream_reply", ours)
        self.assertEqual(ours["mail_from"], "alice@example.org")
        self.sink_.script["rcpt"] = "550 5.1.1 no such user here"
        with s.client() as c:
            c.ehlo()
            c.cmd("MAIL FROM:<alice@example.org>")
            self.assertEqual(c.cmd("RCPT TO:<unknown@example.net>").code, 550)
        theirs = self.found(q="unknown@")[0]
        self.assertEqual((theirs["what"], theirs["downstream_reply"]), ("recipient", "550 no such user here"))
        self.assertEqual(theirs["host"], self.sink_.address)
        self.assertNotIn("cause", theirs)
        self.sink_.script = {"mail": "451 4.3.0 not now"}
        with s.client() as c:
            c.ehlo()
            c.cmd("MAIL FROM:<late@example.org>")
            self.assertEqual(c.cmd("RCPT TO:<bob@example.net>").code, 451)
        self.assertEqual(self.found(q="late@")[0]["downstream_reply"], "451 not now")
        self.sink_.script = {"dot": "552 5.2.2 mailbox full"}
        with s.client() as c:
            c.ehlo()
            self.assertEqual(c.mail(mails.simple("Too much"), sender="much@example.org").code, 552)
        full = self.found(q="much@")[0]
        self.assertEqual((full["outcome"], full["downstream_reply"]), ("refused", "552 mailbox full"))
        self.sink_.stop()
        with s.client() as c:
            c.ehlo()
            c.cmd("MAIL FROM:<dark@example.org>")
            self.assertEqual(c.cmd("RCPT TO:<bob@example.net>").code, 451)
        dark = self.found(q="dark@")[0]
        self.assertTrue(dark["cause"].startswith("downstream_"), dark)
        self.assertNotIn("downstream_reply", dark)

    def test_refused_senders_are_there_whoever_refused_them(self):
        s = self.box({"limit": {"transactions_per_session": 1}})
        cases = (("MAIL FROM:<big@example.org> SIZE=999999999999", 552, "big@", "message_too_big"),
                 ("MAIL FROM:<two words@example.org>", 501, "two words@", None), ("MAIL FROM:<odd@example.org> COLOUR=red", 555, "odd@", None),
                 ("RCPT TO:<early@example.net>", 503, "early@", "need_mail"))
        for command, code, q, cause in cases:
            with s.client() as c:
                c.ehlo("mail.sender.example")
                self.assertEqual(c.cmd(command).code, code, command)
                self.assertEqual(c.cmd("NOOP").code, 250, "the session goes on")
            [entry] = self.found(q=q.replace(" ", "%20"))
            self.assertEqual(entry["what"], "recipient" if command.startswith("RCPT") else "sender")
            self.assertTrue(entry["reply"].startswith(str(code)), entry)
            self.assertEqual(entry["helo"], "mail.sender.example")
            if cause:
                self.assertEqual(entry["cause"], cause)
        with s.client() as c:
            c.ehlo()
            for code in (250, 421):
                self.assertEqual(c.cmd("MAIL FROM:<again@example.org>").code, code)
                if code == 250:
                    c.cmd("RSET")
        self.assertEqual([(e["what"], e["cause"]) for e in self.found(q="again@")], [("sender", "too_many_commands")])
        self.assertEqual(s.events("session-exception"), [])
        s = self.box(listeners=[{"tls": "starttls", "require_tls": True}])
        with s.client() as c:
            c.ehlo()
            self.assertEqual(c.cmd("MAIL FROM:<clear@example.org>").code, 530)
            self.assertEqual(c.cmd("RCPT TO:<bob@example.net>").code, 530)
        self.assertEqual(self.found(q="clear@")[0]["cause"], "must_starttls")
        self.assertEqual(self.found(q="bob@")[0]["cause"], "must_starttls")

    def test_421_tls_failures_and_turned_away_connections_are_there(self):
        s = self.box({"limit": {"connections_per_client": 2}})
        with s.client() as c:
            self.assertEqual(c.cmd("GET / HTTP/1.1").code, 421)
        self.assertEqual(self.found(client="127.")[0]["cause"], "not_smtp")
        with s.client() as c:
            c.ehlo()
            self.assertEqual(c.cmd("STARTTLS").code, 220)
            c.send(b"this is no handshake at all, is it?\r\n" * 4)
            net.wait_until(lambda: any(e["what"] == "tls" for e in self.find(client="127.")), what="the failed handshake in the trace")
        with s.client(), s.client():
            with socket.create_connection((s.host, s.port)) as extra:
                self.assertIn(b"421", extra.recv(200))
        turned_away = lambda: [e for e in self.find(client="127.") if e["what"] == "connection"]
        self.assertEqual(net.wait_until(turned_away, what="the connection in the trace")[0]["cause"], "too_many_connections")

    def test_pages_go_through_everything_once_and_times_bound_it(self):
        s = self.box()
        with s.client() as c:
            c.ehlo()
            for i in range(25):
                c.mail(mails.simple(f"Number {i}"))
        s.wait_event("message", since=24)
        seen, before = [], ""
        while True:
            page = self.web.local("GET", f"/api/v1/trace?q=bob&limit=7&before={before}").json()
            seen += [e["subject"] for e in page["entries"]]
            before = page["before"]
            if not before:
                break
        self.assertEqual(seen, [f"Number {i}" for i in range(24, -1, -1)])
        stamp = lambda t: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
        self.assertEqual(len(self.find(q="bob", **{"from": stamp(time.time() - 3600)})), 25)
        self.assertEqual(self.find(q="bob", to=stamp(time.time() - 3600)), [])
        self.assertEqual(self.web.local("GET", "/api/v1/trace?from=yesterday").status, 422)

    def test_it_survives_a_stop_and_a_kill_and_is_bounded(self):
        s = self.box({"trace": {"size": "256KiB", "write_interval": "1s"}, "limit": {"transactions_per_session": 100000,
                      "invalid_recipients_per_session": 10000, "invalid_recipients_per_client_per_minute": 1000000}})
        with s.client() as c:
            c.ehlo()
            c.mail(mails.simple("Before the stop"))
        s.stop()
        s.start()
        size = lambda: sum(f.stat().st_size for f in (self.web.data / "trace").iterdir())
        before = size()
        with s.client() as c:
            c.ehlo()
            c.mail(mails.simple("Before the kill"))
        net.wait_until(lambda: size() > before, what="the write interval")
        s.kill()
        s.start()
        self.assertEqual([e["subject"] for e in self.find(q="bob")], ["Before the kill", "Before the stop"])
        for start in range(0, 1500, 75):  # a session may send 300 commands without a message
            self.find(q="nothing")  # written before more comes: three blocks of 16 KiB wait for the medium, no more
            with s.client() as c:
                c.ehlo()
                for i in range(start, start + 75):
                    c.cmd(f"MAIL FROM:<sender-{i:06}-{'x' * 100}@example.org>")
                    c.cmd(f"RCPT TO:<r{i}-{'y' * 100}@elsewhere.example>")
                    c.cmd("RSET")
        self.find(q="nothing")
        self.assertLessEqual(size(), 256 * 1024)
        metrics = self.web.local("GET", "/metrics").text
        self.assertRegex(metrics, r"sluice_trace_records_total \d+")
        self.assertRegex(metrics, r"(?m)^sluice_trace_dropped_total 0$")

    def test_without_a_size_nothing_is_kept(self):
        s = self.box({"trace": {"size": "0B"}})
        with s.client() as c:
            c.ehlo()
            c.mail(mails.simple())
        self.assertEqual(self.find(), [])
        self.assertEqual(list((self.web.data / "trace").iterdir()), [])

    def test_page_and_command_show_it_and_hostile_text_is_harmless(self):
        s = self.box()
        admin = self.web.set_up()
        with s.client() as c:
            c.ehlo()
            c.mail(mails.simple("<script>alert(1)</script>"))
            c.cmd("MAIL FROM:<alice@example.org>")
            c.cmd("RCPT TO:<bob@elsewhere.example>")
        s.wait_event("message")
        self.found(q="bob@elsewhere.example")
        page = self.web.get("/trace?q=alice", session=admin)
        self.assertEqual(page.status, 200)
        self.assertIn("&lt;script&gt;", page.text)
        self.assertNotIn("<script>alert", page.text)
        self.assertIn("we: 550 Relaying denied", page.text)
        self.assertEqual(self.web.get("/trace?from=x", session=admin).status, 422)
        done = s.cli("trace", "bob@", "--config", str(s.config_file))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("we said: 550 Relaying denied", done.stdout)
        self.assertIn("relaying_denied", done.stdout)
        lines = s.cli("trace", "bob@", "--json", "--limit", "1", "--config", str(s.config_file)).stdout.splitlines()
        self.assertEqual(json.loads(lines[0])["what"], "recipient")
        self.assertEqual(len(lines), 1)
        self.assertEqual(s.cli("trace", "nobody@nowhere", "--config", str(s.config_file)).returncode, 1)
