"""The longest deadline, at its real length: ten minutes of silence after our dot (RFC 5321 4.5.3.2.6)."""
import time

from harness import mails
from harness.case import E2E
from harness.sink import Silence


class FinalReply(E2E):
    def test_silence_after_the_dot_ends_at_its_own_deadline(self):
        s, sink = self.pair({"deadline": {"downstream_final_reply": "10m", "end_of_data": "2s", "end_of_data_dns": "1s", "downstream_command": "2s"}})
        sink.script = {"dot": [Silence()]}
        with s.client() as c:
            c.sock.settimeout(700)
            c.ehlo()
            began = time.monotonic()
            self.assertReply(c.mail(mails.simple()), 451, "4.4.2")
            self.assertGreater(time.monotonic() - began, 599)
            self.assertReply(c.mail(mails.simple("After it")), 250, "2.0.0")
        self.assertEqual(len(sink.accepted), 1)
