"""TLS towards the mail server behind: required, opportunistic, and with the engines of memory.relay_tls_sessions used up."""
import ssl

from harness import certs, mails, net
from harness.case import Deliver


class DownstreamTls(Deliver):
    def test_required_tls_refuses_a_downstream_without_or_with_a_wrong_certificate(self):
        right = {"tls": "required", "tls_name": "sink.example.net", "ca_file": str(certs.ca() / "ca.crt"), "health_check_interval": "1s"}
        for context, name in ((None, "no STARTTLS"), (certs.server_context("wrong.example.net"), "wrong name")):
            with self.subTest(name):
                sink = self.sink(tls=context)
                s = self.sluice(sink, {"route": [{"host": sink.address, **right}]}, ready=False)
                with s.client() as c:
                    if c.greeting.code == 220 and c.ehlo().code == 250:
                        self.assertReply(c.mail(mails.simple()), 451, "4.7.5")
                self.assertEqual(sink.transactions, [], "the envelope was told to an unverified server")
        sink = self.sink(tls=certs.server_context("sink.example.net"))
        s = self.sluice(sink, {"route": [{"host": sink.address, **right}]})
        self.assertReply(self.deliver(s), 250, "2.0.0")
        self.assertRegex(sink.accepted[0].tls, "TLSv1")

    def test_a_downstream_whose_certificate_goes_bad_gets_no_more_mail(self):
        sink = self.sink(tls=certs.server_context("sink.example.net"))
        right = {"tls": "required", "tls_name": "sink.example.net", "ca_file": str(certs.ca() / "ca.crt")}
        s = self.sluice(sink, {"route": [{"host": sink.address, "health_check_interval": "1h", "idle_timeout": "0s", **right}]})
        self.assertReply(self.deliver(s), 250, "2.0.0")
        sink.tls = certs.server_context("wrong.example.net")
        self.assertReply(self.deliver(s), 451, "4.7.5", "No secure connection")
        self.assertEqual(len(sink.accepted), 1)

    def test_opportunistic_tls_uses_what_is_offered(self):
        for context in (None, certs.server_context("anything.example")):
            with self.subTest(tls=context is not None):
                sink = self.sink(tls=context)
                s = self.sluice(sink, {"route": [{"host": sink.address, "tls": "opportunistic", "health_check_interval": "1s"}]})
                self.assertReply(self.deliver(s), 250, "2.0.0")
                self.assertEqual(sink.accepted[0].tls is not None, context is not None)

    def test_opportunistic_tls_goes_on_in_the_clear_where_the_handshake_fails(self):
        broken = certs.server_context("anything.example")
        broken.set_ciphers("ECDHE-RSA-AES256-SHA384")  # nothing that we speak
        broken.maximum_version = ssl.TLSVersion.TLSv1_2
        sink = self.sink(tls=broken)
        s = self.sluice(sink, {"route": [{"host": sink.address, "tls": "opportunistic", "health_check_interval": "1h"}]})
        self.assertReply(self.deliver(s), 250, "2.0.0")
        self.assertIsNone(sink.accepted[0].tls)
        self.assertTrue(s.events("downstream-tls-failed"))

    def test_a_refused_starttls_is_told_and_opportunistic_goes_on(self):
        sink = self.sink(tls=certs.server_context("anything.example"))
        sink.script = {"starttls": "454 4.7.0 not now"}
        s = self.sluice(sink, {"route": [{"host": sink.address, "tls": "opportunistic", "health_check_interval": "1h"}]})
        self.assertReply(self.deliver(s), 250, "2.0.0")
        self.assertIsNone(sink.accepted[0].tls)
        self.assertEqual(s.events("downstream-tls-failed")[-1]["why"], "STARTTLS refused")

    def without_engines(self, tls, engines):
        """A Sluice that never keeps a connection, and its sink, which offers TLS with the right certificate."""
        sink = self.sink(tls=certs.server_context("sink.example.net"))
        s = self.sluice(sink, {"route": [{"host": sink.address, "tls": tls, "tls_name": "sink.example.net", "ca_file": str(certs.ca() / "ca.crt"),
                                          "health_check_interval": "1h", "idle_timeout": "0s"}],
                               "memory": {"relay_tls_sessions": engines}}, ready=engines > 0 or tls != "required")
        return s, sink

    def test_without_an_engine_a_required_route_waits_and_an_opportunistic_one_goes_in_the_clear(self):
        for tls, engines in (("required", 0), ("opportunistic", 0), ("required", 1), ("opportunistic", 1)):
            with self.subTest(tls=tls, engines=engines):
                s, sink = self.without_engines(tls, engines)
                if engines:  # the only one is taken by a client in the middle of its envelope
                    first = s.client()
                    first.ehlo()
                    self.assertEqual([r.code for r in first.envelope()], [250, 250])
                with s.client() as c:
                    if c.greeting.code == 421 or c.ehlo().code == 421:  # its first check never got through
                        self.assertEqual((tls, engines), ("required", 0))
                    elif tls == "required":
                        self.assertReply(c.mail(mails.simple()), 451, "4.7.5", "No secure connection")
                    else:
                        self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
                        self.assertIsNone(sink.accepted[-1].tls)
                told = net.wait_until(lambda: s.events("downstream-tls-failed"), what="downstream-tls-failed")[-1]
                self.assertEqual((told["host"], told["why"]), (sink.address, "memory.relay_tls_sessions in use"))
                self.assertEqual(told["then"], "no mail" if tls == "required" else "in the clear")
                if engines:  # and is given back, once the mail server has heard QUIT
                    self.assertReply(first.data(mails.simple()), 250, "2.0.0")
                    first.quit()
                    net.wait_until(lambda: self.deliver(s).code == 250 and sink.accepted[-1].tls, what="the engine to be free again")
                    self.assertRegex(sink.accepted[-1].tls, "TLSv1")
                if tls == "required":
                    self.assertEqual([t for t in sink.transactions if t.tls is None], [], "an envelope in the clear")
