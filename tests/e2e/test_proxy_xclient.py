"""Who the client is: the PROXY protocol from load balancers, XCLIENT from trusted relays, XCLIENT and XFORWARD to the downstream."""
import ipaddress
import struct
import time

from harness import mails, net
from harness.case import E2E
from harness.client import Closed

XCLIENT = "XCLIENT NAME ADDR PORT PROTO HELO DESTADDR DESTPORT"


def v1(source="192.0.2.7", family="TCP4", destination="198.51.100.1"):
    return f"PROXY {family} {source} {destination} 34567 25\r\n".encode()


def v2(source="192.0.2.8", command=1, tlv=b""):
    ip = ipaddress.ip_address(source)
    family = 0x11 if ip.version == 4 else 0x21
    body = ip.packed + (ip.packed if ip.version == 6 else ipaddress.ip_address("198.51.100.1").packed) + struct.pack("!HH", 34567, 25) + tlv
    return b"\r\n\r\n\x00\r\nQUIT\n" + bytes([0x20 | command, family]) + struct.pack("!H", len(body)) + body


class ProxyProtocol(E2E):
    def start(self, tls="off", trusted=("127.0.0.0/8",), **more):
        return self.pair(listeners=[{"tls": tls, "proxy_protocol": True, "proxy_protocol_from": list(trusted), **more}])

    def ready(self, s):
        def served():
            try:
                with s.client(first=v1()) as c:
                    return c.ehlo().code == 250
            except (Closed, OSError):
                return False
        net.wait_until(served, 30, "Sluice behind PROXY to be ready")

    def test_the_client_of_the_header_is_the_client(self):
        s, sink = self.start()
        self.ready(s)
        for n, (header, address) in enumerate([(v1(), b"192.0.2.7"), (v2(), b"192.0.2.8"), (v2("2001:db8::9"), b"2001:db8::9"),
                                               (v1("2001:db8::a", "TCP6", "2001:db8::1"), b"2001:db8::a"),
                                               (v2("192.0.2.11", tlv=b"\x04\x00\x03abc"), b"192.0.2.11")]):
            with self.subTest(header=header):
                c = s.client(first=header)
                c.ehlo()
                self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
                c.quit()
                self.assertIn(address, sink.wait_accepted(n + 1)[-1].data.split(b"\r\n\r\n")[0])

    def test_an_ipv4_client_of_a_proxy_for_both_families_is_told_as_ipv4(self):
        s, sink = self.start()
        self.ready(s)
        for header in (v1("::ffff:192.0.2.12", "TCP6", "2001:db8::1"), v2("::ffff:192.0.2.12")):
            with s.client(first=header) as c:
                c.ehlo()
                self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
            self.assertIn(b" ([192.0.2.12])", sink.accepted[-1].data.split(b"\r\n\t")[0])

    def test_a_header_has_one_deadline_however_it_drips_in(self):
        s = self.sluice(self.sink(), {"deadline": {"proxy_header": "1s"}}, [{"tls": "off", "proxy_protocol": True, "proxy_protocol_from": ["127.0.0.0/8"]}])
        self.ready(s)
        c = s.client(greeting=False)
        began = time.monotonic()
        with self.assertRaises(OSError):
            for octet in v1():
                c.send(bytes([octet]))
                time.sleep(0.2)
        self.assertLess(time.monotonic() - began, 5)

    def test_header_and_first_command_in_one_segment_or_cut_anywhere(self):
        s, sink = self.start()
        self.ready(s)
        for header in (v1(), v2()):
            c = s.client(first=header + b"EHLO early.example.org\r\n", greeting=False)
            reply = c.reply()  # an early talker may be refused, but it is one decision and not a hang
            self.assertIn(reply.code, (220, 421, 554))
            c.close()
            for cut in (1, 5, 12, len(header) - 1):
                with self.subTest(cut=cut):
                    c = s.client(first=header[:cut], greeting=False)
                    time.sleep(0.05)
                    c.send(header[cut:])
                    self.assertEqual(c.reply().code, 220)
                    self.assertEqual(c.ehlo().code, 250)
                    c.quit()

    def test_tls_behind_the_header_works(self):
        s, sink = self.start(tls="implicit")
        self.ready(s)
        c = s.client(first=v2())
        c.ehlo()
        self.assertReply(c.mail(mails.simple()), 250, "2.0.0")

    def test_connections_without_a_good_header_are_closed_without_a_word(self):
        s, sink = self.start()
        self.ready(s)
        for first in (b"EHLO client.example.org\r\n", b"PROXY TCP4 nonsense\r\n", b"PROXY " + b"x" * 200, b"\r\n\r\n\x00\r\nQUIT\nxxxx\xff\xff",
                      b"PROXY TCP4 192.0.2.7 198.51.100.1 99999 25\r\n", b"PROXY UNKNOWN" + b" " * 120 + b"\r\n", b"\x00" * 16):
            with self.subTest(first=first[:30]):
                c = s.client(first=first, greeting=False)
                c.sock.settimeout(10)
                self.assertTrue(c.at_end(), c.buffer)
                c.close()

    def test_a_silent_balancer_is_closed_after_its_deadline(self):
        sink = self.sink()
        s = self.sluice(sink, {"deadline": {"proxy_header": "1s"}}, [{"tls": "off", "proxy_protocol": True, "proxy_protocol_from": ["127.0.0.0/8"]}])
        c = s.client(greeting=False)
        c.sock.settimeout(6)
        self.assertTrue(c.at_end())

    def test_a_header_from_elsewhere_is_refused(self):
        s, sink = self.start(trusted=("127.0.0.2/32",))
        c = s.client(first=v1(), greeting=False)
        c.sock.settimeout(10)
        self.assertTrue(c.at_end(), c.buffer)
        c = s.client(first=v1(), greeting=False, source="127.0.0.2")
        self.assertEqual(c.reply().code // 100 in (2, 4), True)

    def test_local_and_unknown_keep_the_address_of_the_socket(self):
        s, sink = self.start()
        self.ready(s)
        for header in (v2(command=0), b"PROXY UNKNOWN\r\n", b"PROXY UNKNOWN a b c d\r\n"):
            with self.subTest(header=header):
                c = s.client(first=header)
                c.ehlo()
                self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
                c.quit()
                self.assertIn(b"127.0.0.1", sink.accepted[-1].data.split(b"\r\n\r\n")[0])


class XClient(E2E):
    def test_xclient_is_offered_and_taken_from_trusted_clients_only(self):
        s, sink = self.pair(listeners=[{"tls": "off", "xclient_from": ["127.0.0.3/32"]}])
        with s.client() as c:
            c.ehlo()
            self.assertNotIn("XCLIENT", c.extensions)
            self.assertReply(c.cmd("XCLIENT ADDR=192.0.2.20"), 550, "5.7.0")
        with s.client(source="127.0.0.3") as c:
            c.ehlo()
            self.assertIn("ADDR", c.extensions["XCLIENT"])
            self.assertEqual(c.cmd("XCLIENT ADDR=192.0.2.20 NAME=mail.example.org HELO=mail.example.org PROTO=ESMTP").code, 220)
            c.ehlo("mail.example.org")
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertIn(b"192.0.2.20", sink.accepted[0].data.split(b"\r\n\r\n")[0])

    def test_bad_xclient_attributes_are_refused(self):
        s, _ = self.pair(listeners=[{"tls": "off", "xclient_from": ["127.0.0.0/8"]}])
        with s.client() as c:
            c.ehlo()
            for bad in ("XCLIENT", "XCLIENT ADDR=notanaddress", "XCLIENT ADDR", "XCLIENT WHAT=x"):
                with self.subTest(bad=bad):
                    self.assertEqual(c.cmd(bad).code // 100, 5)

    def test_xclient_within_a_transaction_is_refused(self):
        s, _ = self.pair(listeners=[{"tls": "off", "xclient_from": ["127.0.0.0/8"]}])
        c = s.client()
        c.ehlo()
        c.envelope()
        self.assertReply(c.cmd("XCLIENT ADDR=192.0.2.9"), 503, "5.5.1", "Not within a transaction")
        self.assertReply(c.data(mails.simple()), 250, "2.0.0")

    def test_a_relay_may_name_one_client_after_the_other(self):
        s, sink = self.pair(listeners=[{"tls": "off", "xclient_from": ["127.0.0.1/32"]}])
        with s.client(source="127.0.0.1") as c:
            c.ehlo()
            for address in ("192.0.2.31", "192.0.2.32"):
                self.assertEqual(c.cmd(f"XCLIENT ADDR={address} NAME=[UNAVAILABLE]").code, 220)
                c.ehlo()
                self.assertIn("XCLIENT", c.extensions)
                self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
                self.assertIn(f"([{address}])".encode(), sink.accepted[-1].data.split(b"\r\n\t")[0])
        with s.client(source="127.0.0.2") as c:
            c.ehlo()
            self.assertNotIn("XCLIENT", c.extensions)
            self.assertReply(c.cmd("XCLIENT ADDR=192.0.2.33"), 550, "5.7.0")

    def test_the_downstream_is_told_each_client_by_xclient_with_a_new_ehlo(self):
        sink = self.sink(extensions=["PIPELINING", "8BITMIME", XCLIENT])
        s = self.sluice(sink, {"memory": {"loops": 1}})
        for source in ("127.0.0.4", "127.0.0.5", "127.0.0.4"):
            with s.client(source=source) as c:
                c.ehlo(f"host-{source}")
                self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
                c.quit()
        told = [t.client for t in sink.accepted]
        for text, source in zip(told, ("127.0.0.4", "127.0.0.5", "127.0.0.4")):
            self.assertIn(f"ADDR={source}", text)
            self.assertIn(f"HELO=host-{source}", text)
        by_session = {}
        for number, line in sink.commands:
            by_session.setdefault(number, []).append(line.split()[0].upper())
        for verbs in by_session.values():
            for i, verb in enumerate(verbs):
                if verb == "XCLIENT":
                    self.assertEqual(verbs[i + 1], "EHLO", "XCLIENT must be followed by a new EHLO")

    def test_a_reused_connection_never_keeps_the_client_before(self):
        sink = self.sink(extensions=["8BITMIME", XCLIENT])
        s = self.sluice(sink, {"memory": {"loops": 1}})
        for source in [f"127.0.0.{n}" for n in range(10, 18)]:
            with s.client(source=source) as c:
                c.ehlo()
                self.assertReply(c.mail(mails.simple(), sender=f"x-{source.split('.')[-1]}@example.org"), 250, "2.0.0")
                c.quit()
            time.sleep(0.1)
        for t in sink.accepted:
            number = t.mail.split("x-")[1].split("@")[0]
            self.assertIn(f"ADDR=127.0.0.{number} ", t.client + " ")

    def test_xforward_is_used_where_there_is_no_xclient(self):
        sink = self.sink(extensions=["8BITMIME", "XFORWARD NAME ADDR PORT PROTO HELO"])
        s = self.sluice(sink)
        with s.client(source="127.0.0.6") as c:
            c.ehlo("six.example.org")
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertTrue(any("ADDR=127.0.0.6" in line for line in sink.command_lines("XFORWARD")))

    def test_xforward_is_told_anew_for_each_transaction(self):
        sink = self.sink(extensions=["8BITMIME", "XFORWARD NAME ADDR PORT PROTO HELO"])
        s = self.sluice(sink)
        with s.client(source="127.0.0.6") as c:
            c.ehlo("six.example.org")
            for _ in range(2):
                self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertEqual(len({number for number, line in sink.commands if line.startswith("MAIL")}), 1)
        verbs = [line.split()[0] for line in sink.command_lines() if line.split()[0] in ("XFORWARD", "MAIL")]
        self.assertEqual(verbs, ["XFORWARD", "MAIL"] * 2)

    def test_a_connection_that_takes_no_second_client_is_not_used_for_one(self):
        """Whether XCLIENT is refused then, or no longer offered in the EHLO behind the first."""
        for once in (False, True):
            with self.subTest(once=once):
                sink = self.sink(extensions=["8BITMIME", XCLIENT])
                s = self.sluice(sink, {"memory": {"loops": 1}, "route": [{"host": sink.address, "tls": "off", "health_check_interval": "1h"}]})
                more = f"250-{sink.name}\r\n250-8BITMIME\r\n250 "
                for n, source in enumerate(("127.0.0.41", "127.0.0.42")):
                    sink.script = {"xclient": ["550 5.7.0 no second one"]} if n == 1 and not once else {}
                    if once:
                        sink.script["ehlo"] = [more + XCLIENT, more + "DSN"]
                    with s.client(source=source) as c:
                        c.ehlo(f"host-{source}")
                        self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
                        c.quit()
                    time.sleep(0.2)
                for t, source in zip(sink.accepted, ("127.0.0.41", "127.0.0.42"), strict=True):
                    self.assertIn(f"ADDR={source} ", t.client + " ")

    def test_neither_is_sent_when_switched_off_or_not_offered(self):
        for extensions, route in ((["8BITMIME"], {}), ([XCLIENT, "XFORWARD ADDR"], {"send_xclient": False, "send_xforward": False})):
            sink = self.sink(extensions=extensions)
            s = self.sluice(sink, {"route": [{"host": sink.address, "tls": "off", "health_check_interval": "1s", **route}]})
            with s.client() as c:
                c.ehlo()
                self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
            self.assertEqual(sink.command_lines("XCLIENT") + sink.command_lines("XFORWARD"), [])

    def test_a_downstream_that_refuses_xclient_or_the_client(self):
        sink = self.sink(extensions=["8BITMIME", XCLIENT])
        s = self.sluice(sink)
        for text in ("550 5.7.0 insufficient authorization", "421 4.7.0 too many", "554 5.7.1 blocked client"):
            with self.subTest(text=text):
                sink.script = {"xclient": [text] * 2}
                with s.client() as c:
                    c.ehlo()
                    reply = c.mail(mails.simple())
                    self.assertEqual(len(sink.accepted) > 0 and reply.code == 250, reply.code == 250)
                    self.assertIn(reply.code, (250, 451, 550, 554))
        sink.script = {}
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
