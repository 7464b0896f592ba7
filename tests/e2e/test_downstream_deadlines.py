"""Deadlines towards the mail server behind: each strikes with its reply, not before its time, and long before the others."""
import socket
import time

from harness import mails, net
from harness.case import Deliver
from harness.process import SANITIZED
from harness.sink import Deaf, ForMail, Silence

LATEST = 40 if SANITIZED else 20
OTHERS = {"downstream_greeting": "5m", "downstream_command": "5m", "downstream_write": "10m", "end_of_data": "10m"}


class DownstreamDeadlines(Deliver):
    def pair_with(self, route=None, **deadline):
        """A connection of its own for each message, and no health check after the first."""
        sink = self.sink()
        s = self.sluice(sink, {"route": [{"host": sink.address, "tls": "off", "health_check_interval": "1h", "idle_timeout": "0s", **(route or {})}],
                               "deadline": {**OTHERS, **deadline}})
        return s, sink

    def strikes(self, s, seconds, status, content=None):
        began = time.monotonic()
        self.assertReply(self.deliver(s, content), 451, status)
        self.assertGreater(time.monotonic() - began, seconds * 0.9)
        self.assertLess(time.monotonic() - began, LATEST)

    def test_a_server_that_does_not_greet(self):
        s, sink = self.pair_with(downstream_greeting="2s")
        sink.script = {"connect": Silence()}
        self.strikes(s, 2, "4.4.2")
        sink.script = {}
        net.wait_until(lambda: self.deliver(s).code == 250, LATEST, "the next message to be accepted", 0.3)
        self.assertEqual(len(sink.accepted), 1)

    def test_a_server_that_takes_no_more_content(self):
        """Whether the message streams or waits in the spool: the write that never ends is given up."""
        for hold in ([], ["example.net"]):
            with self.subTest(hold=hold):
                sink = self.sink()
                s = self.sluice(sink, {"route": [{"host": sink.address, "tls": "off", "health_check_interval": "1h", "idle_timeout": "0s"}],
                                       "policy": {"always_hold": hold}, "deadline": {**OTHERS, "downstream_write": "2s"}})
                sink.script = {"data": [ForMail(Deaf("354 go on"))]}
                self.strikes(s, 2, "4.4.2", mails.sized(16_000_000))
                self.assertEqual(s.events("message")[-1]["way"], "spilled" if hold else "streamed")
                self.assertEqual(sink.accepted, [])
                self.assertReply(self.deliver(s), 250, "2.0.0")

    def test_the_time_at_the_end_of_the_data_bounds_the_write_as_well(self):
        s, sink = self.pair_with(end_of_data="2s", end_of_data_dns="1s")
        s.write_config({"policy": {"always_hold": ["example.net"]}})
        s.stop()
        s.start()
        sink.script = {"data": [ForMail(Deaf("354 go on"))]}
        self.strikes(s, 2, "4.4.7", mails.sized(16_000_000))
        self.assertEqual(sink.accepted, [])

    def test_a_host_that_answers_no_connection(self):
        s, sink = self.pair_with({"connect_timeout": "2s"})
        self.assertReply(self.deliver(s), 250, "2.0.0")
        sink.stop()
        full = socket.socket()  # its queue is full: further SYNs are dropped, as by a host that is gone
        full.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        full.bind((sink.host, sink.port))
        full.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for f in fillers:
            f.setblocking(False)
            f.connect_ex((sink.host, sink.port))
        self.strikes(s, 2, "4.4.1")
        for f in [full, *fillers]:
            f.close()
