"""Abuse of real senders ends in the quarantine with its reason; release arrives byte for byte; every action acts on the
named recipients only."""
import contextlib
import json
import os
import signal
import sqlite3

from harness import mails, net
from harness.case import E2E
from harness.sink import Drop

ENTRA, PAYPAL = "entra_tenant_name_scam.eml", "paypal_note_scam.eml"
SENDERS = {ENTRA: "bounce@microsoftonline.com", PAYPAL: "service@paypal.com", "genuine_entra.eml": "bounce@microsoftonline.com",
           "genuine_paypal.eml": "service@paypal.com", "plain.eml": "anna.keller@example.org"}


class Quarantine(E2E):
    def send(self, s, name, recipients=("bob@example.net",), **options):
        with s.client() as c:
            c.ehlo("mail.sender.example")
            reply = c.mail(mails.sample(name), sender=SENDERS[name], recipients=recipients, **options)
            c.quit()
            return reply

    def held(self, s, *words):
        """`sluice quarantine list --json` as a list."""
        answer = s.cli("quarantine", "list", "--config", s.config_file, "--json", *words)
        self.assertIn(answer.returncode, (0, 1), answer.stderr)
        return [json.loads(line) for line in answer.stdout.splitlines() if line.strip()]

    def act(self, s, *words):
        answer = s.cli("quarantine", *words, "--config", s.config_file)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        return answer.stdout

    def test_the_two_scams_are_held_with_their_reason_and_nothing_goes_down(self):
        s, sink = self.pair()
        for n, name in enumerate((ENTRA, PAYPAL)):
            with self.subTest(name):
                reply = self.send(s, name)
                self.assertReply(reply, 250, "2.0.0")
                event = s.events("message")[-1]
                self.assertEqual((event["outcome"], event["verdict"]), ("quarantined", "quarantine"), event)
                self.assertEqual(event["profile"], name.split("_")[0])
                words = json.dumps(event["findings"])
                self.assertRegex(words, "phone")
                self.assertIn("555", words)
                self.assertIn(event["id"], reply.text)
                self.assertEqual(len(self.held(s)), n + 1)
        self.assertEqual(sink.accepted, [])
        self.assertEqual(sink.command_lines("DATA"), [])

    def test_the_genuine_mail_of_the_same_senders_is_forwarded(self):
        s, sink = self.pair()
        for n, name in enumerate(("genuine_entra.eml", "genuine_paypal.eml", "plain.eml")):
            with self.subTest(name):
                self.assertReply(self.send(s, name), 250, "2.0.0")
                self.assertSame(sink.wait_accepted(n + 1)[-1], mails.sample(name))
                self.assertEqual(s.events("message")[-1]["verdict"], "forward")
        self.assertEqual(self.held(s), [])

    def test_show_names_the_findings_and_the_envelope(self):
        s, _ = self.pair()
        self.send(s, ENTRA, parameters=" RET=HDRS ENVID=abc")
        entry = self.held(s)[0]
        text = self.act(s, "show", entry["id"])
        for word in ("entra", "bob@example.net", "bounce@microsoftonline.com", "phone", "127.0.0.1", "mail.sender.example"):
            self.assertIn(word, text)

    def test_a_release_arrives_byte_for_byte_with_its_envelope(self):
        s, sink = self.pair()
        self.send(s, PAYPAL, parameters=" BODY=8BITMIME RET=FULL ENVID=env123")
        before = len(sink.accepted)
        entry = self.held(s)[0]
        self.act(s, "release", entry["id"])
        t = sink.wait_accepted(before + 1)[-1]
        self.assertSame(t, mails.sample(PAYPAL))
        self.assertIn("<service@paypal.com>", t.mail)
        for word in ("BODY=8BITMIME", "RET=FULL", "ENVID=env123"):
            self.assertIn(word, t.mail)
        net.wait_until(lambda: "released" in json.dumps(self.held(s, "--all")), 20, "the state released")
        self.assertEqual(len(sink.accepted), before + 1)

    def test_a_release_acts_on_the_named_recipients_only(self):
        s, sink = self.pair()
        self.send(s, ENTRA, recipients=("a@example.net", "b@example.net", "c@example.net"))
        entry = self.held(s)[0]
        self.act(s, "release", entry["id"], "--recipient", "b@example.net")
        t = sink.wait_accepted(1)[0]
        self.assertEqual([r.split(">")[0] for r in t.rcpt], ["RCPT TO:<b@example.net"])
        self.act(s, "delete", entry["id"], "--recipient", "a@example.net")
        self.act(s, "release", entry["id"], "--recipient", "c@example.net")
        sink.wait_accepted(2)
        self.assertEqual(sorted(r.split("<")[1].split(">")[0] for t in sink.accepted for r in t.rcpt), ["b@example.net", "c@example.net"])

    def test_a_release_that_is_refused_keeps_the_reply(self):
        s, sink = self.pair()
        self.send(s, ENTRA)
        entry = self.held(s)[0]
        sink.script = {"dot": ["550 5.7.1 not this again"]}
        self.act(s, "release", entry["id"])
        net.wait_until(lambda: "not this again" in self.act(s, "show", entry["id"]), 30, "the reply on the record")
        self.assertEqual(sink.accepted, [])

    def waiting_release(self, config=None):
        """(Sluice, sink, id) of a release that met 451 once and waits; Sluice is stopped."""
        s, sink = self.pair(config)
        self.send(s, ENTRA)
        entry = self.held(s)[0]
        sink.script = {"rcpt": ["451 4.2.1 later"]}
        self.act(s, "release", entry["id"])
        net.wait_until(lambda: "later" in self.act(s, "show", entry["id"]), 30, "the temporary reply on the record")
        s.stop()
        return s, sink, entry["id"]

    def some_time_passes(self, s, seconds):
        """For what waits in the outbox; the pauses of the back-off are minutes (tests/unit/quarantine has them)."""
        with contextlib.closing(sqlite3.connect(s.folder / "data/quarantine/index.db")) as db, db:
            changed = db.execute("UPDATE recipient SET next_attempt = next_attempt - ?, started = started - ? WHERE state = 1", (seconds, seconds))
            self.assertEqual(changed.rowcount, 1)

    def test_a_release_that_meets_a_temporary_failure_waits_across_a_restart_and_then_arrives(self):
        s, sink, name = self.waiting_release()
        s.start()
        self.assertIn("releasing", self.act(s, "show", name))
        self.assertEqual(sink.accepted, [])
        s.stop()
        self.some_time_passes(s, 400)
        s.start()
        self.assertSame(sink.wait_accepted(1)[0], mails.sample(ENTRA))
        net.wait_until(lambda: "released" in self.act(s, "show", name), 20, "the state released")
        self.assertEqual(len(sink.accepted), 1)

    def test_a_release_that_waits_is_tried_at_once_when_released_again(self):
        s, sink, name = self.waiting_release()
        s.start()
        self.assertIn("will be tried at once", s.cli("quarantine", "release", name, "--config", s.config_file).stdout)
        self.assertSame(sink.wait_accepted(1)[0], mails.sample(ENTRA))

    def test_a_release_is_given_up_after_its_time(self):
        s, sink, name = self.waiting_release({"quarantine": {"release_retry": "1h"}})
        self.some_time_passes(s, 3700)
        sink.script = {"rcpt": ["451 4.2.1 still not"]}
        s.start()
        net.wait_until(lambda: "still not" in self.act(s, "show", name), 30, "the second reply on the record")
        self.assertIn("refused", self.act(s, "show", name))
        self.assertEqual(sink.accepted, [])

    def test_delete_ends_it(self):
        s, sink = self.pair()
        self.send(s, ENTRA)
        entry = self.held(s)[0]
        self.act(s, "delete", entry["id"])
        self.assertEqual(self.held(s), [])
        self.assertNotEqual(s.cli("quarantine", "release", entry["id"], "--config", s.config_file).returncode, 0)
        self.assertEqual(sink.accepted, [])

    def test_held_mail_survives_kill_9_and_is_released_whole(self):
        s, sink = self.pair()
        for name in (ENTRA, PAYPAL):
            self.assertReply(self.send(s, name), 250, "2.0.0")
        s.process.send_signal(signal.SIGKILL)
        s.process.wait()
        s.start()
        entries = self.held(s)
        self.assertEqual(len(entries), 2)
        for entry in entries:
            self.act(s, "release", entry["id"])
        got = sink.wait_accepted(2, timeout=60)
        self.assertEqual(sorted(mails.sha256(mails.below_added(t.data, mails.sample(n))[1]) for t in got for n in (ENTRA, PAYPAL)
                                if mails.below_added(t.data, mails.sample(n))[0] is not None),
                         sorted(mails.sha256(mails.sample(n)) for n in (ENTRA, PAYPAL)))

    def test_content_on_disk_is_not_readable(self):
        s, _ = self.pair()
        self.send(s, PAYPAL)
        for folder, _, names in os.walk(s.folder / "data"):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    with open(path, "rb") as f:
                        self.assertNotIn(b"unauthorized charge of", f.read(), path)

    def test_a_full_quarantine_is_452_and_forwarding_goes_on(self):
        s, sink = self.pair({"quarantine": {"size": "1MiB", "messages": 3}})
        replies = [self.send(s, ENTRA) for _ in range(3)] + [self.send(s, PAYPAL)]
        self.assertReply(replies[-1], 452, "4.3.1")
        self.assertReply(self.send(s, "plain.eml"), 250, "2.0.0")
        self.assertEqual(len(sink.accepted), 1)

    def test_a_sender_domain_gets_no_more_than_its_share(self):
        s, sink = self.pair({"quarantine": {"size": "1MiB", "messages": 1000, "sender_domain_share": 1}})
        replies = [self.send(s, ENTRA) for _ in range(8)]
        self.assertIn(452, [r.code for r in replies])
        self.assertReply(self.send(s, PAYPAL), 250, "2.0.0")

    def test_a_recipient_domain_has_limits_of_its_own(self):
        s, sink = self.pair({"domains": ["example.net", "example.com"],
                             "quarantine": {"sender_domain_share": 100, "recipient_domain_messages": 2,
                                            "recipient_domain": [{"domain": "example.com", "messages": 1}]}})
        self.assertEqual([self.send(s, ENTRA).code for _ in range(3)], [250, 250, 452])
        self.assertEqual([self.send(s, ENTRA, ("eve@example.com",)).code for _ in range(2)], [250, 452])
        self.assertEqual(len(self.held(s)), 3)
        s.stop()
        small = self.sluice(sink, {"quarantine": {"sender_domain_share": 100, "size": "8MiB", "recipient_domain_size": "1MiB"},
                                   "memory": {"window_max": "256KiB"}})
        lure = mails.sample(ENTRA)
        big = lure.replace(b"\r\n\r\n", b"\r\nX-Fill: " + b"\r\n ".join([b"x" * 900] * 55) + b"\r\n\r\n", 1)
        codes = []
        for _ in range(30):
            with small.client() as c:
                c.ehlo()
                codes.append(c.mail(big, sender=SENDERS[ENTRA]).code)
        self.assertIn(452, codes)
        self.assertGreater(codes.index(452), 10, codes)
        self.assertEqual(set(codes), {250, 452})

    def late_scam(self):
        """Longer than any window, harmless but for its end."""
        return mails.simple(body="Weekly report.\r\n" * 20_000 + "Your account was charged $499.99. Call +1 (888) 555-0142 now to cancel.\r\n"
                            "Click http://pay.phish.example/login to get a refund.\r\n")

    def test_a_scam_that_streams_is_refused_at_its_end_and_the_downstream_has_nothing(self):
        """Beyond the window a message that looked harmless streams; what turns bad later is 550, without our dot."""
        s, sink = self.pair({"policy": {"tag_score": 0, "quarantine_score": 0, "reject_score": 20}})
        content = self.late_scam()
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(content), 550, "5.7.1")
        event = s.events("message")[-1]
        self.assertEqual((event["outcome"], event["verdict"], event["way"]), ("rejected", "reject", "streamed"), event)
        self.assertEqual(sink.accepted, [])
        net.wait_until(lambda: sink.transactions and sink.open < sink.connections, 10, "its connection to be dropped")
        self.assertFalse(sink.transactions[0].complete)

    def test_a_tag_that_comes_too_late_is_told_as_missed(self):
        """A streamed message cannot be given header fields any more: it arrives as it was, and the event says so."""
        s, sink = self.pair({"policy": {"tag_score": 20, "quarantine_score": 0}})
        content = self.late_scam()
        for octets, way, missed in ((content, "streamed", "missed"), (content[-40_000:], "window", None)):
            with self.subTest(way=way), s.client() as c:
                octets = octets if way == "streamed" else mails.simple(body=octets.decode())
                c.ehlo()
                self.assertReply(c.mail(octets), 250, "2.0.0")
                event = s.events("message")[-1]
                self.assertEqual((event["outcome"], event["verdict"], event["way"], event.get("tag")), ("forwarded", "tag", way, missed), event)
                self.assertSame(sink.accepted[-1], octets)

    def test_every_unwanted_word_of_a_stranger_is_escaped_in_the_log(self):
        s, _ = self.pair()
        content = mails.sample(ENTRA).replace(b"$649.99", "\x1b[31m\u202e$649".encode())
        with s.client() as c:
            c.ehlo()
            c.mail(content, sender="bounce@microsoftonline.com")
        raw = s.log_file.read_bytes()
        self.assertNotIn(b"\x1b", raw)
        self.assertNotIn("\u202e".encode(), raw)

    def test_dropping_the_downstream_while_mail_is_held_hurts_nothing(self):
        s, sink = self.pair()
        sink.script = {"rset": [Drop()]}
        self.assertReply(self.send(s, ENTRA), 250, "2.0.0")
        self.assertEqual(len(self.held(s)), 1)
