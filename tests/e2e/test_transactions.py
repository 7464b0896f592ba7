"""Where one transaction ends and the next begins: nothing of the first may reach into the second, on either side."""
import time

from harness import mails
from harness.case import E2E
from harness.sink import Delay

ENVELOPE = ["MAIL FROM:<alice@example.org>", "RCPT TO:<bob@example.net>"]


class Transactions(E2E):
    def asked(self, sink):
        """What the downstream heard, without the health checks."""
        return [line for line in sink.command_lines() if line.split(" ")[0] in ("MAIL", "RCPT", "RSET", "DATA")]

    def open(self, s, **options):
        c = s.client(**options)
        c.ehlo()
        return c

    def test_a_message_behind_one_whose_chunks_were_refused_arrives_whole(self):
        s, sink = self.pair()
        c = self.open(s)
        c.envelope()
        c.send(b"BDAT 5\r\na\nb\r\nBDAT 3\r\nabcBDAT 2 LAST\r\n\r\n")
        self.assertReply(c.reply(), 550, "5.6.11")
        self.assertReply(c.reply(), 503, "5.5.1")
        self.assertReply(c.reply(), 503, "5.5.1")
        content = mails.simple()
        self.assertReply(c.mail(content), 250, "2.0.0")
        self.assertSame(sink.wait_accepted()[0], content)
        self.assertEqual(self.asked(sink), ENVELOPE + ["RSET"] + ENVELOPE + ["DATA"])
        told = s.events("message")
        self.assertEqual([(e["outcome"], e["reply"]) for e in told], [("violation", 550), ("forwarded", 250)])

    def test_a_chunk_without_recipients_ends_the_envelope_downstream_too(self):
        s, sink = self.pair()
        sink.script = {"rcpt": ["550 5.1.1 unknown"]}
        c = self.open(s)
        c.envelope()
        c.send(b"BDAT 2 LAST\r\n\r\n")
        self.assertReply(c.reply(), 554, "5.5.1")
        self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertEqual(self.asked(sink), ENVELOPE + ["RSET"] + ENVELOPE + ["DATA"])

    def test_a_recipient_behind_a_refused_one_of_another_route_goes_its_own_way(self):
        for step, refusal in (("rcpt", "550 5.1.1 unknown"), ("mail", "550 5.1.8 not from you")):
            with self.subTest(step=step):
                usual, other = self.sink(), self.sink()
                usual.script = {step: [refusal]}
                route = {"tls": "off", "health_check_interval": "1s"}
                s = self.sluice(usual, {"route": [{"host": usual.address, **route}, {"host": other.address, "domains": ["other.example"], **route}]})
                c = self.open(s)
                replies = c.envelope(recipients=("a@example.net", "b@other.example", "c@example.net"))
                self.assertEqual([r.code for r in replies], [250, 550, 250, 452])
                self.assertReply(c.data(mails.simple()), 250, "2.0.0")
                self.assertEqual((len(usual.accepted), len(other.accepted)), (0, 1))
                self.assertEqual(self.asked(other), ["MAIL FROM:<alice@example.org>", "RCPT TO:<b@other.example>", "DATA"])
                self.assertNotIn("RCPT TO:<b@other.example>", usual.command_lines())
                self.assertReply(c.mail(mails.simple(), recipients=("c@example.net",)), 250, "2.0.0")
                self.assertEqual(len(usual.accepted), 1)

    def test_a_full_envelope_asks_the_downstream_for_nothing_more(self):
        s, sink = self.pair({"limit": {"recipients_per_transaction": 200}})
        c = self.open(s)
        c.cmd("MAIL FROM:<a@example.org>")
        replies = [c.cmd(f"RCPT TO:<r{n}@example.net> ORCPT=rfc822;{'x' * 480}") for n in range(120)]
        taken = sum(r.code == 250 for r in replies)
        self.assertGreater(taken, 50)
        self.assertEqual([r.code for r in replies], [250] * taken + [452] * (120 - taken))
        self.assertReply(replies[-1], 452, "4.5.3")
        self.assertReply(c.data(mails.simple()), 250, "2.0.0")
        self.assertEqual(len(sink.accepted[0].rcpt), taken)
        self.assertEqual(len(sink.command_lines("RCPT")), taken + 1 + taken, "the envelope, one too many, and the envelope once more")

    def test_a_name_said_in_the_middle_of_a_message_is_kept_as_it_was_said(self):
        """EHLO lies behind a chunk in the window, which goes to other sessions while the downstream thinks about RSET."""
        s, sink = self.pair({"memory": {"loops": 1}})
        sink.script = {"rset": [Delay(4)]}
        c = self.open(s)
        c.envelope()
        c.send(b"BDAT 9000\r\nSubject: x\r\n\r\n")
        time.sleep(0.3)  # what follows is read into the window, not into the buffer for commands
        c.send(b"y" * 8984 + b"\r\n" + b"EHLO said.example.org\r\n")
        time.sleep(0.3)
        others = [self.open(s) for _ in range(4)]
        for other in others:
            other.envelope()
            other.cmd("DATA")
            other.send(b"Subject: z\r\n\r\n" + b"X" * 15000)
        self.assertReply(c.reply(), 250, "2.0.0")
        self.assertEqual(c.reply().code, 250)
        self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertIn(b"Received: from said.example.org (", sink.wait_accepted()[0].data)
