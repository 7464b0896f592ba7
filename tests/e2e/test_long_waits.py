"""What cannot be set shorter, at its real length: the wait for the reply to our dot (RFC 5321 4.5.3.2.6: ten minutes) and the
longest session at the page (five)."""
import time

from harness import mails
from harness.access import AccessCase
from harness.sink import Silence


class LongWaits(AccessCase):
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

    def test_who_is_logged_in_is_logged_out_after_the_longest_session(self):
        self.box({"status": {"session_longest": "5m"}})
        began = time.monotonic()
        session = self.web.set_up()
        while self.web.get("/", session=session).status == 200:  # never idle
            self.assertLess(time.monotonic() - began, 330)
            time.sleep(5)
        self.assertGreater(time.monotonic() - began, 298)
