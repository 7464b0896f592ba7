"""Every deadline: it strikes with its reply, not before its time, and the message it strikes is not delivered."""
import select
import time

from harness import mails, net
from harness.case import E2E
from harness.client import Client, Closed
from harness.process import SANITIZED

# The pressure_* deadlines must not exceed the ordinary ones.
SHORT = {"pressure_handshake": "1s", "pressure_greeting": "1s", "pressure_command": "1s", "pressure_data": "1s"}
LATEST = 40 if SANITIZED else 20  # seconds after which a deadline of a few seconds has certainly been missed


class Deadlines(E2E):
    def pair_with(self, listeners=None, **deadline):
        return self.pair({"deadline": {**SHORT, **deadline}}, listeners)

    def strikes(self, c, seconds, code=421, status="4.4.2", text=""):
        """The reply comes unasked, no earlier than the deadline, and then the connection ends."""
        began = time.monotonic()
        reply = c.reply()
        took = time.monotonic() - began
        self.assertReply(reply, code, status, text)
        self.assertGreater(took, seconds * 0.7)
        self.assertLess(took, LATEST)
        self.assertTrue(c.at_end())

    def test_a_client_that_never_speaks(self):
        s, _ = self.pair_with(greeting="2s")
        self.strikes(s.client(), 2)

    def test_a_client_that_stops_speaking_between_commands(self):
        s, _ = self.pair_with(command="2s")
        c = s.client()
        c.ehlo()
        self.strikes(c, 2)

    def test_half_a_command_does_not_extend_the_time(self):
        s, _ = self.pair_with(command="3s")
        c = s.client()
        c.ehlo()
        began = time.monotonic()
        c.sock.settimeout(0.4)
        reply = None
        for octet in b"NOOP " + b"x" * 100:
            try:
                c.send(bytes([octet]))
                reply = c.reply()
                break
            except TimeoutError:
                continue
            except OSError:
                break
        self.assertIsNotNone(reply, "no end")
        self.assertReply(reply, 421, "4.4.2")
        self.assertLess(time.monotonic() - began, LATEST)

    def test_silence_within_a_message(self):
        s, sink = self.pair_with(data="2s")
        for content in (b"", b"Subject: half\r\n", mails.sized(300_000)):
            with self.subTest(octets=len(content)):
                c = s.client()
                c.ehlo()
                c.envelope()
                self.assertReply(c.cmd("DATA"), 354)
                c.send(content)
                self.strikes(c, 2)
        self.assertEqual(sink.accepted, [])

    def test_silence_within_a_chunk(self):
        s, sink = self.pair_with(data="2s")
        c = s.client()
        c.ehlo()
        c.envelope()
        c.send(b"BDAT 1000 LAST\r\n" + b"x" * 500)
        self.strikes(c, 2)
        self.assertEqual(sink.accepted, [])

    def test_a_message_that_drips(self):
        s, sink = self.pair_with(data_rate="1KiB/s", data_rate_grace="3s", data="30s")
        c = s.client()
        c.ehlo()
        c.envelope()
        self.assertReply(c.cmd("DATA"), 354)
        c.sock.settimeout(0.5)
        reply, began = None, time.monotonic()
        while reply is None and time.monotonic() - began < LATEST:
            try:
                c.send(b"drip\r\n")
                reply = c.reply()
            except TimeoutError:
                continue
        self.assertIsNotNone(reply, "it may drip for ever")
        self.assertReply(reply, 421, "4.4.2", "slowly")
        self.assertGreater(time.monotonic() - began, 2.5)
        self.assertEqual(sink.accepted, [])

    def test_a_message_that_is_slow_but_fast_enough_passes(self):
        s, sink = self.pair_with(data_rate="256B/s", data_rate_grace="2s", data="30s")
        c = s.client()
        c.ehlo()
        c.envelope()
        self.assertReply(c.cmd("DATA"), 354)
        content = mails.simple(body="y" * 900 + "\r\n" + "z" * 900 + "\r\n")
        for i in range(0, len(content), 300):
            c.send(content[i:i + 300])
            time.sleep(0.5)
        c.send(b".\r\n")
        self.assertReply(c.reply(), 250, "2.0.0")
        self.assertSame(sink.accepted[0], content)

    def test_a_tls_handshake_that_stops(self):
        s, _ = self.pair_with([{"tls": "implicit"}, {"tls": "starttls"}], handshake="2s")
        for listener in (0, 1):
            for sent in (b"", b"\x16\x03\x01\x00\xc8\x01"):
                with self.subTest(listener=listener, sent=sent):
                    c = Client(s.host, s.ports[listener], greeting=listener == 1)
                    if listener == 1:
                        c.ehlo()
                        self.assertEqual(c.cmd("STARTTLS").code, 220)
                    c.send(sent)
                    c.sock.settimeout(LATEST)
                    began = time.monotonic()
                    self.assertTrue(c.at_end(), "closed without a word of plain text")
                    self.assertGreater(time.monotonic() - began, 1.4)

    def test_a_client_that_does_not_take_its_reply(self):
        s, _ = self.pair({"deadline": {**SHORT, "reply_write": "2s"}, "memory": {"socket_buffer": "4KiB"}})
        c = s.client(receive_buffer=4096)
        c.send(b"EHLO client.example.org\r\n" * 290)
        time.sleep(5)
        c.sock.settimeout(5)
        got = b""
        try:
            while more := c.sock.recv(4096):
                got += more
        except (ConnectionResetError, TimeoutError):
            pass
        self.assertLess(got.count(b"250 "), 290)

    def test_a_session_that_grows_old_ends_at_the_end_of_its_transaction(self):
        s, sink = self.pair_with(session="1m", command="5m")
        c, idle = s.client(), s.client()
        began = time.monotonic()
        for client in (c, idle):
            client.ehlo()
            self.assertReply(client.mail(mails.simple()), 250, "2.0.0")
        time.sleep(55)
        c.envelope()
        self.strikes(idle, 3, text="Session lasted too long")
        time.sleep(max(0, began + 62 - time.monotonic()))
        self.assertReply(c.data(mails.simple()), 250, "2.0.0")
        self.assertReply(c.reply(), 421, "4.4.2", "Session lasted too long")
        self.assertTrue(c.at_end())
        self.assertEqual(len(sink.accepted), 3)

    def test_a_message_that_takes_too_long_in_all(self):
        s, sink = self.pair_with(message="1m", data="30s", data_rate="0B/s")
        c = s.client()
        c.ehlo()
        c.envelope()
        self.assertReply(c.cmd("DATA"), 354)
        c.sock.settimeout(2)
        began, reply = time.monotonic(), None
        while reply is None and time.monotonic() - began < 60 + LATEST:
            try:
                c.send(b"slow but steady\r\n")
                reply = c.reply()
            except TimeoutError:
                continue
        self.assertIsNotNone(reply)
        self.assertReply(reply, 421, "4.4.2")
        self.assertGreater(time.monotonic() - began, 50)
        self.assertEqual(sink.accepted, [])

    def test_under_pressure_the_short_deadlines_count(self):
        s, _ = self.pair({"memory": {"sessions": 8}, "deadline": {"pressure_percent": 50, "pressure_greeting": "1s", "pressure_command": "1s"}})
        time.sleep(0.5)
        clients = [s.client() for _ in range(6)]
        began = time.monotonic()
        ended = 0
        for c in clients:
            c.sock.settimeout(LATEST)
            try:
                if c.reply().code == 421:
                    ended += 1
            except (Closed, TimeoutError):
                pass
            if ended >= 2:
                break
        self.assertGreaterEqual(ended, 2)
        self.assertLess(time.monotonic() - began, LATEST)

    def firm(self, s, count):
        """Clients in the middle of a message: nobody puts them out for room."""
        clients = []
        for _ in range(count):
            c = s.client()
            c.ehlo()
            c.envelope()
            self.assertReply(c.cmd("DATA"), 354)
            c.send(b"Subject: half\r\n")
            clients.append(c)
        return clients

    def ended(self, clients, timeout):
        """Those that have been told something, or were closed, once there is one; none after that many seconds."""
        return select.select([c.sock for c in clients], [], [], timeout)[0]

    def test_under_pressure_a_handshake_has_less_time(self):
        s, _ = self.pair({"memory": {"sessions": 8}, "deadline": {"pressure_percent": 50, "handshake": "3m", "pressure_handshake": "2s"}}, [{}, {"tls": "implicit"}])
        holding = self.firm(s, 2)
        self.assertFalse(self.ended([Client(s.host, s.ports[1], greeting=False)], 4))
        holding += self.firm(s, 2)
        late, began = Client(s.host, s.ports[1], greeting=False), time.monotonic()
        late.sock.settimeout(LATEST)
        self.assertTrue(late.at_end(), "closed without a word of plain text")
        self.assertGreater(time.monotonic() - began, 1.4)
        self.assertFalse(self.ended(holding, 0))

    def test_under_pressure_silence_within_a_message_has_less_time(self):
        s, sink = self.pair({"memory": {"sessions": 8}, "deadline": {"pressure_percent": 50, "data": "3m", "pressure_data": "2s"}})
        clients = self.firm(s, 3)
        self.assertFalse(self.ended(clients, 4))
        clients += self.firm(s, 1)
        ended = self.ended(clients, LATEST)
        self.assertTrue(ended, "nobody was put out")
        for c in clients:
            if c.sock in ended:
                self.assertReply(c.reply(), 421, "4.4.2")
        self.assertEqual(sink.accepted, [])

    def test_idle_downstream_probes_do_not_keep_a_stopping_program_alive(self):
        s, _ = self.pair()
        began = time.monotonic()
        self.assertEqual(s.stop(), 0)
        self.assertLess(time.monotonic() - began, LATEST)
        net.wait_until(lambda: not net.connects(s.host, s.port), 5, "the port to be closed")
