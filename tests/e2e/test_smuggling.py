"""SMTP smuggling: no end-of-data variant but <CRLF>.<CRLF> ends a message, and none becomes a second message downstream.

Each variant is followed by a smuggled envelope. Whatever Sluice answers, the downstream must never see that envelope as
commands, and what Sluice does not refuse must arrive as one message, byte for byte.
"""
from harness import mails
from harness.case import E2E
from harness.client import Closed
from harness.smuggling import ENDINGS, SMUGGLED


class Smuggling(E2E):
    def attempt(self, s, wire):
        """All replies until the connection ends or QUIT is answered."""
        c = s.client()
        c.ehlo()
        c.envelope()
        self.assertEqual(c.cmd("DATA").code, 354)
        c.send(wire + b"\r\n.\r\nQUIT\r\n")
        replies = []
        try:
            while not replies or replies[-1].code not in (221, 421):
                replies.append(c.reply())
        except Closed:
            pass
        c.close()
        return replies

    def test_no_variant_reaches_the_downstream_as_a_second_message(self):
        s, sink = self.pair()
        for ending in ENDINGS:
            with self.subTest(ending=ending):
                seen = len(sink.transactions)
                content = mails.simple() + b"text" + ending + SMUGGLED.replace(b"\r\n.\r\n", b"\r\n..\r\n")
                replies = self.attempt(s, content)
                clean = not any(x in ending for x in (b"\x00",)) and ending.replace(b"\r\n", b"").count(b"\r") + ending.replace(
                    b"\r\n", b"").count(b"\n") == 0
                new = sink.transactions[seen:]
                self.assertFalse([t for t in new if "admin@" in t.mail or any("victim" in r for r in t.rcpt)], "smuggled")
                if clean:
                    self.assertReply(replies[0], 250, "2.0.0")
                else:
                    self.assertReply(replies[0], 550, "5.6.11")
                    self.assertEqual([t for t in new if t.accepted], [])
                self.assertIn(221, [r.code for r in replies])
                self.assertNotIn(354, [r.code for r in replies])

    def test_the_same_octets_are_refused_in_bdat(self):
        s, sink = self.pair()
        for bad in (b"\n.\n", b"\r.\r", b"a\nb", b"a\rb", b"a\x00b"):
            for chunk in (None, 1, len(mails.simple()) + 1):
                with self.subTest(bad=bad, chunk=chunk):
                    with s.client() as c:
                        c.ehlo()
                        c.envelope()
                        content = mails.simple() + bad + b"\r\n"
                        step = chunk or len(content)
                        replies = []
                        for i in range(0, len(content), step):
                            last = i + step >= len(content)
                            c.send(f"BDAT {len(content[i:i + step])}{' LAST' if last else ''}\r\n".encode() + content[i:i + step])
                            replies.append(c.reply())
                        self.assertIn(550, [r.code for r in replies])
                        self.assertNotEqual(replies[-1].code, 250)
                        self.assertEqual(c.cmd("RSET").code, 250)
        self.assertEqual(sink.accepted, [])

    def test_bdat_data_with_a_lone_dot_stays_one_message(self):
        s, sink = self.pair()
        content = mails.simple() + b".\r\n" + SMUGGLED
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(content, how="bdat"), 250, "2.0.0")
        self.assertEqual(len(sink.transactions), 1)
        self.assertSame(sink.accepted[0], content)

    def test_variants_beyond_the_window_never_smuggle_either(self):
        s, sink = self.pair()
        front = mails.sized(300_000)
        for ending in (b"\n.\n", b"\r\n.\r\r\n", b"\r.\r", b"\r\n\x00.\r\n"):
            with self.subTest(ending=ending):
                replies = self.attempt(s, front + b"text" + ending + SMUGGLED.replace(b"\r\n.\r\n", b"\r\n..\r\n"))
                self.assertReply(replies[0], 550, "5.6.11")
        self.assertEqual(sink.accepted, [])
        self.assertFalse([line for line in sink.command_lines("MAIL") if "admin@" in line])

    def test_commands_end_with_crlf_only(self):
        s, sink = self.pair()
        for octets in (b"NOOP\n", b"NOOP\rQUIT\r\n", b"NO\x00OP\r\n", b"MAIL FROM:<a@example.org>\nRCPT TO:<b@example.net>\r\n"):
            with self.subTest(octets=octets):
                with s.client() as c:
                    c.ehlo()
                    c.send(octets + b"NOOP\r\n")
                    self.assertReply(c.reply(), 500, "5.5.2")

    def test_addresses_cannot_carry_line_ends_to_the_downstream(self):
        s, sink = self.pair()
        with s.client() as c:
            c.ehlo()
            for line in ('MAIL FROM:<"a\\\r\nRCPT TO:<x@example.net>"@example.org>', "MAIL FROM:<a@example.org> ENVID=a+0D+0Ab"):
                c.send(line.encode() + b"\r\n")
                c.reply()
        for line in sink.command_lines():
            self.assertNotIn("x@example.net", line)
