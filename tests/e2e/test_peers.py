"""Real peers: swaks, Postfix's smtp-source and openssl s_client as clients; Postfix and Exim as downstream.

The sha256 of what lies in the Maildir, below the header fields that the servers add, is that of what was sent.
"""
import os
import signal
import subprocess
import time

from harness import certs, mails, net
from harness.case import E2E
from harness.peers import Exim, Postfix, needs_peers, needs_swaks, smtp_source, swaks
from harness.smuggling import ENDINGS, SMUGGLED

LISTENERS = [{"tls": "off"}, {"tls": "starttls"}, {"tls": "implicit"}]
ROUTE = {"health_check_interval": "1s"}


class Peers(E2E):
    def server(self, kind, **options):
        server = kind(**options)
        self.addCleanup(server.stop)
        return server.start()

    def behind(self, server, **route):
        return self.sluice(server, {"route": [{"host": server.address, "tls": "off", **ROUTE, **route}]}, LISTENERS)

    def assertDelivered(self, server, originals, timeout=90):
        """Each original once, byte for byte, and nothing else."""
        got = server.wait_delivered(len(originals), timeout)
        self.assertEqual(len(got), len(originals))
        for original in originals:
            found = [d for d in got if d.endswith(original)]
            self.assertEqual(len(found), 1, f"{len(found)} of {len(got)} deliveries end with the original of {len(original)} octets")
            got.remove(found[0])
            self.assertEqual(mails.sha256(found[0][-len(original):]), mails.sha256(original))
            self.assertIn(b"by mx.example.net (Sluice)", found[0][:-len(original)])

    def all_ways(self, s):
        """Everything that a client can do, and what was sent."""
        sent = []
        for listener in range(3):
            for how in ("data", "bdat"):
                for content in (mails.tricky(), mails.sized(90_000), mails.sized(700_000)):
                    content = content.replace(b"Subject: ", f"Subject: {listener} {how} ".encode(), 1)
                    with s.client(listener) as c:
                        c.ehlo()
                        if listener == 1:
                            self.assertEqual(c.starttls().code, 220)
                            c.ehlo()
                        self.assertReply(c.mail(content, how=how, chunk=50_021, parameters=" BODY=8BITMIME"), 250)
                        c.quit()
                    sent.append(content)
        return sent

    def assertReply(self, reply, code, status=None, text=None):
        self.assertEqual(reply.code, code, repr(reply))

    @needs_peers
    def test_postfix_gets_every_octet_over_plain_starttls_and_tls_by_data_and_bdat(self):
        server = self.server(Postfix, tls=True)
        self.assertDelivered(server, self.all_ways(self.behind(server)))

    @needs_peers
    def test_postfix_gets_every_octet_over_tls_from_us(self):
        server = self.server(Postfix, tls=True)
        s = self.behind(server, tls="required", tls_name="localhost", ca_file=str(certs.ca() / "ca.crt"))
        self.assertDelivered(server, self.all_ways(s))

    @needs_peers
    def test_exim_gets_every_octet(self):
        for tls in (False, True):
            with self.subTest(tls=tls):
                server = self.server(Exim, tls=tls)
                s = self.behind(server, tls="opportunistic")
                self.assertDelivered(server, self.all_ways(s))

    @needs_peers
    def test_postfix_learns_the_client_by_xclient(self):
        server = self.server(Postfix)
        s = self.behind(server)
        with s.client(source="127.0.0.77") as c:
            c.ehlo("seventy-seven.example.org")
            self.assertReply(c.mail(mails.simple()), 250)
        server.wait_delivered(1)
        self.assertIn("client=unknown[127.0.0.77]", server.log_text())
        self.assertIn(b"seventy-seven.example.org", server.delivered()[0])

    @needs_peers
    def test_an_unknown_domain_is_refused_before_the_downstream_and_its_own_refusals_come_through(self):
        server = self.server(Postfix, domains=("example.net",))
        s = self.behind(server)
        with s.client() as c:
            c.ehlo()
            c.cmd("MAIL FROM:<a@example.org>")
            self.assertReply(c.cmd("RCPT TO:<b@elsewhere.example>"), 550)
            self.assertReply(c.cmd("RCPT TO:<b@other.example>"), 554)  # ours, but Postfix says: Relay access denied

    @needs_peers
    def test_smuggling_variants_are_one_message_or_none_in_postfix_and_exim(self):
        for kind in (Postfix, Exim):
            with self.subTest(kind.__name__):
                server = self.server(kind)
                s = self.behind(server)
                good = 0
                for ending in ENDINGS:
                    with s.client() as c:
                        c.ehlo()
                        c.envelope()
                        self.assertEqual(c.cmd("DATA").code, 354)
                        c.send(mails.simple() + b"text" + ending + SMUGGLED.replace(b"\r\n.\r\n", b"\r\n..\r\n") + b"\r\n.\r\n")
                        good += c.reply().code == 250
                        c.quit()
                got = server.wait_delivered(good)
                time.sleep(1)
                self.assertEqual(len(server.delivered()), good)
                self.assertFalse([d for d in got if b"victim@example.net" in d.split(b"\r\n\r\n")[0] or d.lstrip().startswith(b"Subject: smuggled")])

    @needs_peers
    def test_smtp_source_delivers_its_load(self):
        server = self.server(Postfix)
        s = self.behind(server)
        done = smtp_source("-s", 8, "-m", 200, "-l", 4000, "-f", "alice@example.org", "-t", "bob@example.net", f"{s.host}:{s.ports[0]}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(server.wait_delivered(200, 120)), 200)
        done = smtp_source("-d", "-s", 4, "-m", 60, "-l", 300_000, "-f", "alice@example.org", "-t", "bob@example.net", f"{s.host}:{s.ports[0]}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(server.wait_delivered(260, 120)), 260)

    @needs_swaks
    def test_swaks_delivers_over_each_transport(self):
        s, sink = self.pair(listeners=LISTENERS)
        base = ["--from", "alice@example.org", "--to", "bob@example.net", "--server", s.host]
        contents = []
        for n, words in enumerate((["--port", s.ports[0]], ["--port", s.ports[1], "--tls"], ["--port", s.ports[2], "--tls-on-connect"],
                                   ["--port", s.ports[0], "--pipeline"])):
            with self.subTest(words=words):
                content = mails.simple(f"By swaks {n}")
                code, text = swaks(*base, *words, data=content)
                self.assertEqual(code, 0, text)
                contents.append(content)
        for t, content in zip(sink.accepted, contents):
            self.assertIn(content.rstrip(), t.data)
        self.assertEqual(len(sink.accepted), 4)

    @needs_swaks
    def test_swaks_speaks_proxy_and_xclient(self):
        sink = self.sink()
        s = self.sluice(sink, listeners=[{"tls": "off", "xclient_from": ["127.0.0.0/8"]},
                                         {"tls": "off", "proxy_protocol": True, "proxy_protocol_from": ["127.0.0.0/8"]}])
        base = ["--from", "alice@example.org", "--to", "bob@example.net", "--server", s.host]
        code, text = swaks(*base, "--port", s.ports[0], "--xclient", "ADDR=192.0.2.44 NAME=x.example.org")
        self.assertEqual(code, 0, text)
        code, text = swaks(*base, "--port", s.ports[1], "--proxy-version", "2", "--proxy-command", "PROXY",
                           "--proxy-family", "AF_INET", "--proxy-protocol", "STREAM", "--proxy-source", "192.0.2.45",
                           "--proxy-source-port", "4000", "--proxy-dest", "192.0.2.1", "--proxy-dest-port", "25")
        self.assertEqual(code, 0, text)
        self.assertIn(b"192.0.2.44", sink.accepted[0].data)
        self.assertIn(b"192.0.2.45", sink.accepted[1].data)

    def test_openssl_s_client_holds_a_session_over_both_kinds_of_tls(self):
        s, sink = self.pair({"tls": {"certificates": [{"certificate": str(c), "key": str(k)} for c, k in (certs.leaf(), certs.leaf(kind="rsa"))]}},
                            LISTENERS)
        n = 0
        for listener, words in ((1, ["-starttls", "smtp"]), (2, [])):
            for version in ("-tls1_2", "-tls1_3"):
                with self.subTest(listener=listener, version=version):
                    process = subprocess.Popen(
                        ["openssl", "s_client", "-quiet", "-crlf", "-connect", f"{s.host}:{s.ports[listener]}", "-servername", "mx.example.net",
                         "-CAfile", str(certs.ca() / "ca.crt"), "-verify_return_error", version, *words],
                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

                    def expect(code, line=None):
                        if line is not None:
                            process.stdin.write(line + b"\n")
                            process.stdin.flush()
                        while True:
                            got = process.stdout.readline()
                            self.assertTrue(got, process.stderr.read().decode() if process.poll() is not None else "closed")
                            if got[3:4] == b" ":
                                self.assertEqual(got[:3], code, got)
                                return
                    if listener == 2:
                        expect(b"220")  # after -starttls smtp the greeting was s_client's own
                    expect(b"250", b"EHLO client.example.org")
                    expect(b"250", b"mail from:<alice@example.org>")
                    expect(b"250", b"rcpt to:<bob@example.net>")
                    expect(b"354", b"data")
                    expect(b"250", b"Subject: by hand\n\nhello\n.")
                    expect(b"221", b"quit")
                    process.stdin.close()
                    process.wait(20)
                    process.stdout.close()
                    process.stderr.close()
                    n += 1
                    self.assertTrue(sink.accepted[n - 1].data.endswith(b"Subject: by hand\r\n\r\nhello\r\n"))

    @needs_peers
    def test_sluice_check_probe_finds_an_open_relay_and_likes_a_closed_one(self):
        closed, opened = self.server(Postfix), self.server(Postfix, settings={"smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
                                                                               "mynetworks": "127.0.0.0/8"})
        for server, code in ((closed, 0), (opened, 1)):
            s = self.sluice(server, {"route": [{"host": server.address, "tls": "off", **ROUTE}]}, start=False)
            answer = s.cli("check", "--probe", s.config_file)
            self.assertEqual(answer.returncode, code, answer.stdout + answer.stderr + server.log_text()[-3000:])

    @needs_peers
    def test_postfix_restarting_costs_no_mail(self):
        server = self.server(Postfix)
        s = self.behind(server)
        sent = []

        def deliver(n):
            content = mails.simple(f"Restart {n}")
            with s.client() as c:
                c.ehlo()
                code = c.mail(content).code
            if code == 250:
                sent.append(content)
            return code
        for n in range(5):
            self.assertEqual(deliver(n), 250)
        # Postfix that is stopped between its delivery and the end of its queue file delivers that mail again.
        net.wait_until(lambda: server.queue_is_empty() and len(server.delivered()) == 5, 60, "Postfix's queue to be empty")
        os.killpg(server.process.pid, signal.SIGTERM)
        server.process.wait(20)
        self.assertIn(deliver(5), (451, 421))
        server.process = server._chroot(*server.command())
        net.wait_until(lambda: deliver(6 + len(sent)) == 250, 60, "delivery after the restart", 0.5)
        self.assertDelivered(server, sent)
