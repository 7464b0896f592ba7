"""STARTTLS on both sides: nothing that was sent in the clear counts afterwards; resumption, requirement, failures."""
import socket
import ssl

from harness import certs, mails
from harness.case import E2E
from harness.client import trusting

STARTTLS = [{"tls": "starttls"}]


class StartTls(E2E):
    def test_commands_injected_behind_starttls_are_discarded(self):
        s, sink = self.pair(listeners=STARTTLS)
        for injected in (b"RSET\r\n", b"MAIL FROM:<injected@example.org>\r\nRCPT TO:<bob@example.net>\r\n", b"NOOP\r\n" * 50):
            with self.subTest(injected=injected[:20]):
                c = s.client()
                c.ehlo()
                c.send(b"STARTTLS\r\n" + injected)
                self.assertReply(c.reply(), 220, "2.0.0")
                c.handshake()  # one segment on the loopback: all of it is there when STARTTLS is answered, and is gone by now
                self.assertReply(c.cmd("RCPT TO:<bob@example.net>"), 503, "5.5.1")
                self.assertEqual(c.ehlo().code, 250)
                self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
                c.quit()
        self.assertFalse([line for line in sink.command_lines("MAIL") if "injected" in line])

    def test_replies_injected_by_the_downstream_before_tls_are_discarded(self):
        sink = self.sink(tls=certs.server_context("localhost"))
        s = self.sluice(sink, {"route": [{"host": sink.address, "tls": "opportunistic", "health_check_interval": "1s"}],
                               "deadline": {"handshake": "3s", "pressure_handshake": "2s"}})
        # In one segment with the 220: an EHLO reply and a refusal that would be read as answers to what is sent over TLS.
        for injected in ("250-evil\r\n250 XCLIENT NAME ADDR", "550 5.0.0 injected\r\n550 5.0.0 injected"):
            with self.subTest(injected=injected):
                before = len(sink.accepted)
                sink.script = {"starttls": [f"220 2.0.0 go\r\n{injected}"] * 3}
                with s.client() as c:
                    c.ehlo()
                    reply = c.mail(mails.simple())
                    self.assertIn(reply.code, (250, 451), repr(reply))
                    self.assertNotIn("injected", reply.text)
                    self.assertEqual(len(sink.accepted) - before, int(reply.code == 250))
                self.assertEqual(sink.command_lines("XCLIENT"), [])

    def test_envelope_and_ehlo_are_forgotten_at_starttls(self):
        s, _ = self.pair(listeners=STARTTLS)
        c = s.client()
        c.ehlo()
        c.cmd("MAIL FROM:<alice@example.org>")
        reply = c.cmd("STARTTLS")
        self.assertIn(reply.code, (220, 503))
        if reply.code == 220:
            c.handshake()
            self.assertReply(c.cmd("RCPT TO:<bob@example.net>"), 503, "5.5.1")
            c.ehlo()
            self.assertNotIn("STARTTLS", c.extensions)
            self.assertReply(c.cmd("STARTTLS"), 503, "5.5.1")

    def test_starttls_is_not_offered_where_it_is_off(self):
        s, _ = self.pair(listeners=[{"tls": "off"}])
        with s.client() as c:
            c.ehlo()
            self.assertNotIn("STARTTLS", c.extensions)
            self.assertIn(c.cmd("STARTTLS").code, (502, 503))

    def test_required_tls_answers_530_before_and_serves_after(self):
        s, _ = self.pair(listeners=[{"tls": "starttls", "require_tls": True}])
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.cmd("MAIL FROM:<alice@example.org>"), 530, "5.7.0")
            self.assertEqual(c.cmd("NOOP").code, 250)
            c.starttls()
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")

    def second_visit(self, s, version):
        """A client that comes again with the session of its first visit."""
        context = trusting(version, version)
        with s.client() as c:
            c.ehlo()
            c.starttls(context)
            c.ehlo()  # with TLS 1.3 the ticket comes after the handshake
            session = c.sock.session
            c.quit()
        again = s.client()
        again.ehlo()
        self.assertEqual(again.cmd("STARTTLS").code, 220)
        again.sock = context.wrap_socket(again.sock, server_hostname="mx.example.net", session=session)
        return again

    def test_sessions_are_resumed(self):
        s, _ = self.pair(listeners=STARTTLS)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version=version):
                again = self.second_visit(s, version)
                self.assertTrue(again.sock.session_reused)
                again.ehlo()
                self.assertReply(again.mail(mails.simple()), 250, "2.0.0")
                again.quit()

    def test_without_a_ticket_lifetime_nothing_is_resumed(self):
        s, _ = self.pair({"tls": {"ticket_lifetime": "0s"}}, STARTTLS)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version=version):
                again = self.second_visit(s, version)
                self.assertFalse(again.sock.session_reused)
                again.ehlo()
                self.assertReply(again.mail(mails.simple()), 250, "2.0.0")
                again.quit()

    def test_old_versions_are_refused(self):
        s, _ = self.pair({"tls": {"minimum_version": "1.3"}}, listeners=STARTTLS)
        c = s.client()
        c.ehlo()
        self.assertEqual(c.cmd("STARTTLS").code, 220)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            c.handshake(trusting(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2))
        with s.client() as c:
            c.ehlo()
            self.assertEqual(c.starttls().code, 220)

    def test_garbage_instead_of_a_handshake_costs_one_connection(self):
        s, sink = self.pair(listeners=[{"tls": "starttls"}, {"tls": "implicit"}])
        for octets in (b"EHLO plain\r\n" * 10, b"\x16\x03\x01\xff\xff" + b"\x00" * 300, b"\x00" * 20, b"GET / HTTP/1.1\r\n\r\n"):
            with self.subTest(octets=octets[:10]):
                c = s.client()
                c.ehlo()
                self.assertEqual(c.cmd("STARTTLS").code, 220)
                c.send(octets)
                c.sock.settimeout(40)
                while True:
                    try:
                        if not c.sock.recv(4096):
                            break
                    except ConnectionResetError:
                        break
                c.close()
        c = s.client(1)
        c.ehlo()
        self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertEqual(len(sink.accepted), 1)

    def test_tls_cut_off_in_the_middle_of_a_message_delivers_nothing(self):
        """The end of the connection without close_notify, or with it, is never the end of a message."""
        s, sink = self.pair(listeners=[{"tls": "implicit"}])
        for notify in (False, True):
            with self.subTest(close_notify=notify):
                c = s.client()
                c.ehlo()
                c.envelope()
                self.assertReply(c.cmd("DATA"), 354)
                c.send(mails.simple())
                if notify:
                    c.sock.settimeout(20)
                    try:
                        c.sock.unwrap().close()
                    except (ssl.SSLError, OSError):
                        pass
                else:
                    c.reset()
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple("Whole")), 250, "2.0.0")
        self.assertEqual(len(sink.accepted), 1)

    def test_the_certificate_is_chosen_by_name_and_key_type(self):
        one, two = certs.leaf("mx.example.net"), certs.leaf("other.example")
        s, _ = self.pair({"tls": {"certificates": [{"certificate": str(c), "key": str(k)} for c, k in (one, two)]}}, listeners=STARTTLS)
        for name in ("mx.example.net", "other.example"):
            with self.subTest(name=name):
                c = s.client()
                c.ehlo()
                self.assertEqual(c.cmd("STARTTLS").code, 220)
                c.sock = certs.verifying().wrap_socket(c.sock, server_hostname=name)
                self.assertEqual(c.ehlo().code, 250)
                c.quit()

    def test_a_renegotiation_or_alert_flood_ends_the_session_not_the_program(self):
        s, _ = self.pair(listeners=[{"tls": "implicit"}])
        c = s.client()
        c.ehlo()
        raw = c.sock.detach()
        plain = socket.socket(fileno=raw)
        plain.settimeout(10)
        try:
            for _ in range(200):
                plain.sendall(b"\x15\x03\x03\x00\x02\x01\x00")
            while plain.recv(4096):
                pass
        except OSError:
            pass
        plain.close()
        with s.client() as c:
            self.assertEqual(c.ehlo().code, 250)
