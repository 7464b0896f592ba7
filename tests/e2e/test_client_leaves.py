"""A client that leaves at each point: nothing of a message that it was not told 250 for goes on, and the next one is served."""
import time

from harness import mails
from harness.case import E2E
from harness.sink import Delay

HELLO = b"EHLO client.example.org\r\n"
MAIL = b"MAIL FROM:<alice@example.org>\r\n"
RCPT = b"RCPT TO:<bob@example.net>\r\n"


class ClientLeaves(E2E):
    def still_serves(self, s, sink, before):
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple("Still there")), 250, "2.0.0")
            c.quit()
        self.assertEqual(len(sink.accepted), before + 1)

    def test_at_each_point_of_the_dialogue(self):
        s, sink = self.pair()
        big = mails.sized(400_000)
        points = {"before the greeting is read": [], "after EHLO": [HELLO], "in the middle of a command": [HELLO, b"MAIL FRO"],
                  "after MAIL": [HELLO, MAIL], "after RCPT": [HELLO, MAIL, RCPT], "after DATA": [HELLO, MAIL, RCPT, b"DATA\r\n"],
                  "in the header": [HELLO, MAIL, RCPT, b"DATA\r\n", b"Subject: x"],
                  "in the body": [HELLO, MAIL, RCPT, b"DATA\r\n", mails.simple()],
                  "before the last LF": [HELLO, MAIL, RCPT, b"DATA\r\n", mails.simple() + b".\r"],
                  "in a streamed body": [HELLO, MAIL, RCPT, b"DATA\r\n", big],
                  "in a BDAT chunk": [HELLO, MAIL, RCPT, b"BDAT 5000\r\n" + b"x" * 100],
                  "between BDAT chunks": [HELLO, MAIL, RCPT, b"BDAT 10\r\n0123456789"],
                  "before BDAT LAST is full": [HELLO, MAIL, RCPT, b"BDAT 1000 LAST\r\n" + b"y" * 999]}
        for listener in ("off", "implicit"):
            s, sink = self.pair(listeners=[{"tls": listener}])
            for name, pieces in points.items():
                for ending in ("close", "reset", "half_close"):
                    if listener == "implicit" and ending == "reset":
                        continue
                    with self.subTest(point=name, ending=ending, tls=listener):
                        before = len(sink.accepted)
                        c = s.client()
                        for piece in pieces:
                            c.send(piece)
                            time.sleep(0.02)
                        getattr(c, ending)()
                        if ending == "half_close":
                            c.sock.settimeout(20)
                            try:
                                while c.sock.recv(65536):
                                    pass
                            except OSError:
                                pass
                            c.close()
                        self.still_serves(s, sink, before)
            self.assertNotIn("session-exception", s.log_text())

    def test_a_client_that_is_gone_before_our_dot_is_not_served_twice(self):
        """RFC 1047: when the client has gone before we send the dot, the downstream must not keep the message."""
        s, sink = self.pair()
        sink.script = {"data": [Delay(2)]}
        c = s.client()
        c.ehlo()
        c.envelope()
        c.send(b"DATA\r\n" + mails.simple() + b".\r\n")
        time.sleep(0.5)
        c.reset()
        time.sleep(3)
        self.assertEqual(sink.accepted, [])

    def test_a_client_that_leaves_after_our_dot_may_cause_a_double_but_never_a_loss(self):
        s, sink = self.pair()
        sink.script = {"dot": [Delay(2)]}
        c = s.client()
        c.ehlo()
        c.envelope()
        c.send(b"DATA\r\n" + mails.simple() + b".\r\n")
        time.sleep(1)
        c.reset()
        sink.wait_accepted(1, timeout=10)

    def test_quit_pipelined_behind_the_dot_delivers(self):
        s, sink = self.pair()
        c = s.client()
        c.ehlo()
        c.envelope()
        self.assertReply(c.cmd("DATA"), 354)
        c.send(mails.simple() + b".\r\nQUIT\r\n")
        self.assertReply(c.reply(), 250, "2.0.0")
        self.assertReply(c.reply(), 221, "2.0.0")
        self.assertSame(sink.accepted[0], mails.simple())

    def test_a_client_that_half_closes_after_the_dot_hears_the_truth(self):
        """A FIN may mean that nobody will hear our 250: then the message stays the client's, and both sides know it."""
        s, sink = self.pair()
        c = s.client()
        c.send(HELLO + MAIL + RCPT + b"DATA\r\n")
        for code in (250, 250, 250, 354):
            self.assertEqual(c.reply().code, code)
        c.send(mails.simple() + b".\r\nQUIT\r\n")
        c.half_close()
        reply = c.reply()
        self.assertIn((reply.code, reply.status), ((250, "2.0.0"), (451, "4.4.7")))
        self.assertEqual(len(sink.accepted), 1 if reply.code == 250 else 0)

    def test_a_client_that_never_reads_its_replies_is_dropped(self):
        s, sink = self.pair({"deadline": {"reply_write": "2s"}, "memory": {"socket_buffer": "4KiB"}})
        c = s.client(receive_buffer=4096)
        c.send(b"EHLO client.example.org\r\n" * 290)  # 290 replies are far more than the buffers between us hold
        time.sleep(6)
        c.sock.settimeout(5)
        got = b""
        try:
            while more := c.sock.recv(4096):
                got += more
        except ConnectionResetError:
            pass
        self.assertLess(got.count(b"250 "), 290, "every reply was kept for a client that does not read")
        c.close()
        self.still_serves(s, sink, 0)
