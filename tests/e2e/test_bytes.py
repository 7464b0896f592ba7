"""P2: what is forwarded is what came in, byte for byte, below the header fields that Sluice adds."""
import email
import random
import re
import ssl
import threading

from harness import certs, mails
from harness.case import E2E
from harness.client import trusting

LISTENERS = [{"tls": "off"}, {"tls": "starttls"}, {"tls": "implicit"}]
WINDOW = 128 * 1024


class Bytes(E2E):
    def connect(self, s, listener):
        c = s.client(listener)
        self.assertReply(c.ehlo(), 250)
        if listener == 1:
            self.assertReply(c.starttls(), 220, "2.0.0")
            self.assertReply(c.ehlo(), 250)
        return c

    def test_plain_starttls_and_implicit_tls_by_data_and_bdat_arrive_unchanged(self):
        s, sink = self.pair(listeners=LISTENERS)
        sent = []
        for listener in range(3):
            for how in ("data", "bdat"):
                for content in (mails.simple(), mails.tricky(), mails.sized(60_000)):
                    with self.subTest(listener=LISTENERS[listener], how=how, octets=len(content)):
                        c = self.connect(s, listener)
                        self.assertReply(c.mail(content, how=how, chunk=7001), 250, "2.0.0")
                        c.quit()
                        sent.append(content)
                        self.assertSame(sink.wait_accepted(len(sent))[-1], content)

    def test_messages_beyond_the_window_arrive_unchanged(self):
        s, sink = self.pair(listeners=LISTENERS)
        for n, (octets, how, listener) in enumerate([(WINDOW - 100, "data", 0), (WINDOW, "bdat", 1), (WINDOW + 1, "data", 2),
                                                     (1_000_000, "data", 1), (3_000_000, "bdat", 0)]):
            content = mails.sized(octets, seed=n)
            with self.subTest(octets=octets, how=how):
                c = self.connect(s, listener)
                self.assertReply(c.mail(content, how=how, chunk=100_001), 250, "2.0.0")
                c.quit()
                self.assertSame(sink.wait_accepted(n + 1)[-1], content)

    def test_every_size_around_block_and_window_borders_arrives_unchanged(self):
        s, sink = self.pair()
        c = self.connect(s, 0)
        n = 0
        for border in (16 * 1024, 32 * 1024, WINDOW):
            for octets in range(border - 3, border + 4):
                filler = mails.simple("Border", "")
                content = filler + b"y" * (octets - len(filler) - 4) + b"\r\n" + b"\r\n"
                self.assertEqual(len(content), octets)
                n += 1
                for reply in c.envelope():
                    self.assertReply(reply, 250, reply.status)
                self.assertReply(c.data(content), 250, "2.0.0")
                self.assertSame(sink.wait_accepted(n)[-1], content)
        c.quit()

    def test_dots_and_line_ends_cut_anywhere_arrive_unchanged(self):
        s, sink = self.pair()
        content = mails.tricky()
        wire = content.replace(b"\r\n.", b"\r\n..") + b".\r\n"
        rng = random.Random(7)
        for n in range(12):
            c = self.connect(s, 0)
            c.envelope()
            self.assertReply(c.cmd("DATA"), 354)
            position = 0
            while position < len(wire):
                step = rng.choice([1, 2, 3, 50, 700])
                c.send(wire[position:position + step])
                position += step
            self.assertReply(c.reply(), 250, "2.0.0")
            self.assertSame(sink.wait_accepted(n + 1)[-1], content)
            c.quit()

    def test_bdat_in_chunks_of_one_octet_arrives_unchanged(self):
        s, sink = self.pair()
        content = mails.simple("Chunks", ".dot\r\n..\r\n.\r\nend\r\n")
        c = self.connect(s, 0)
        self.assertReply(c.mail(content, how="bdat", chunk=1), 250, "2.0.0")
        self.assertSame(sink.wait_accepted()[0], content)
        c.quit()

    def test_pipelined_bdat_chunks_arrive_unchanged(self):
        s, sink = self.pair()
        content = mails.sized(40_000)
        c = self.connect(s, 0)
        wire = b"MAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.net>\r\n"
        for i in range(0, len(content), 9000):
            wire += f"BDAT {len(content[i:i + 9000])}\r\n".encode() + content[i:i + 9000]
        c.send(wire + b"BDAT 0 LAST\r\nQUIT\r\n")
        replies = [c.reply() for _ in range(2 + (len(content) + 8999) // 9000 + 2)]
        self.assertEqual([r.code for r in replies[:-1]], [250] * (len(replies) - 1))
        self.assertReply(replies[-1], 221, "2.0.0")
        self.assertSame(sink.wait_accepted()[0], content)

    def test_bdat_content_without_a_last_crlf_gets_one(self):
        s, sink = self.pair()
        content = mails.simple() + b"no end of line"
        c = self.connect(s, 0)
        self.assertReply(c.mail(content, how="bdat"), 250, "2.0.0")
        self.assertSame(sink.wait_accepted()[0], content + b"\r\n")

    def test_an_empty_message_and_a_message_without_header_are_forwarded(self):
        s, sink = self.pair()
        c = self.connect(s, 0)
        for n, content in enumerate((b"", b"\r\nonly a body\r\n", b"no header at all\r\n", b"Subject: only a header\r\n")):
            with self.subTest(content=content):
                for reply in c.envelope():
                    self.assertEqual(reply.code, 250)
                self.assertReply(c.data(content), 250, "2.0.0")
                self.assertSame(sink.wait_accepted(n + 1)[-1], content)

    def test_our_own_and_forged_fields_are_removed_and_nothing_else(self):
        s, sink = self.pair()
        keep = b"Authentication-Results: mx.example.org; spf=pass\r\nX-Other: stays\r\nReceived: from a by b; Mon, 23 Nov 2026 09:00:00 +0000\r\n"
        drop = b"Authentication-Results: mx.example.net; dkim=pass\r\n\theader.d=forged.example\r\nX-Sluice-Verdict: forward\r\n"
        rest = mails.simple()
        c = self.connect(s, 0)
        self.assertReply(c.mail(keep + drop + rest), 250, "2.0.0")
        self.assertSame(sink.wait_accepted()[0], keep + rest)

    def test_a_first_line_that_is_no_field_cannot_go_on_with_ours_or_hide_forged_ones(self):
        """Read as the mail server behind reads it: below our fields. The message may fit the window or be streamed."""
        s, sink = self.pair()
        c = self.connect(s, 0)
        forged = b"Authentication-Results: mx.example.net; dkim=pass header.d=bank.example\r\nX-Sluice-Verdict: forward\r\n"
        for first in (b" ; dkim=pass header.d=bank.example\r\n", b"\tdkim=pass\r\n" + forged, b"no field\r\n" + forged, b": no name\r\n" + forged):
            for body in (b"x\r\n", b"y" * 70 + b"\r\n"):
                with self.subTest(first=first, body=body[:1]):
                    content = first + b"From: alice@example.org\r\n\r\n" + body * (3000 if body[:1] == b"y" else 1)
                    before = len(sink.accepted)
                    self.assertReply(c.mail(content), 250, "2.0.0")
                    t = sink.wait_accepted(before + 1)[-1]
                    self.assertSame(t, content)
                    seen = email.message_from_bytes(t.data)
                    self.assertEqual(seen.get_all("Authentication-Results"), ["mx.example.net; none"])
                    self.assertNotIn("dkim", "".join(seen.get_all("X-Sluice-Verdict", [])))
                    self.assertNotIn("From", seen)

    def test_the_added_fields_are_a_received_and_results_of_ours(self):
        s, sink = self.pair(listeners=LISTENERS)
        c = self.connect(s, 1)
        content = mails.simple()
        c.mail(content)
        added, _ = mails.below_added(sink.wait_accepted()[0].data, content)
        fields = re.split(rb"\r\n(?![ \t])", added.rstrip(b"\r\n"))
        names = [f.split(b":")[0].lower() for f in fields]
        self.assertEqual(names.count(b"received"), 1)
        self.assertRegex(fields[0].replace(b"\r\n", b""), rb"from client\.example\.org .*\[127\.0\.0\.1\].*\sby mx\.example\.net .*with (UTF8)?ESMTPS")
        self.assertTrue(all(len(line) <= 998 for line in added.split(b"\r\n")))

    def test_twelve_sessions_at_once_do_not_mix_their_messages(self):
        s, sink = self.pair(listeners=LISTENERS)
        failures = []

        def session(number):
            try:
                c = self.connect(s, number % 3)
                for i in range(6):
                    content = mails.sized(3000 + 40_000 * (i % 3), seed=number * 100 + i)
                    reply = c.mail(content, sender=f"s{number}-{i}@example.org", how="data" if i % 2 else "bdat", chunk=5000)
                    if reply.code != 250:
                        failures.append(repr(reply))
                c.quit()
            except Exception as e:  # noqa: the thread's failure is the test's
                failures.append(repr(e))
        threads = [threading.Thread(target=session, args=(n,)) for n in range(12)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(failures, [])
        self.assertEqual(len(sink.accepted), 72)
        for t in sink.accepted:
            number, i = map(int, re.search(r"s(\d+)-(\d+)@", t.mail).groups())
            self.assertSame(t, mails.sized(3000 + 40_000 * (i % 3), seed=number * 100 + i))

    def test_tls_towards_the_downstream_arrives_unchanged(self):
        sink = self.sink(tls=certs.server_context("localhost"))
        s = self.sluice(sink, {"route": [{"host": f"{sink.host}:{sink.port}", "tls": "required", "tls_name": "localhost",
                                          "ca_file": str(certs.ca() / "ca.crt"), "health_check_interval": "1s"}]})
        c = self.connect(s, 0)
        for n, content in enumerate((mails.tricky(), mails.sized(500_000))):
            self.assertReply(c.mail(content, how=("data", "bdat")[n]), 250, "2.0.0")
            t = sink.wait_accepted(n + 1)[-1]
            self.assertSame(t, content)
            self.assertRegex(t.tls, r"TLSv1\.[23]")

    def test_both_tls_versions_and_both_key_types_work(self):
        ecdsa, rsa = certs.leaf(kind="ecdsa"), certs.leaf(kind="rsa")
        s, sink = self.pair({"tls": {"certificates": [{"certificate": str(c), "key": str(k)} for c, k in (ecdsa, rsa)]}},
                            listeners=[{"tls": "starttls"}])
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for ciphers in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"):
                with self.subTest(version=version, ciphers=ciphers):
                    context = trusting(version, version)
                    context.load_verify_locations(certs.ca() / "ca.crt")
                    context.check_hostname, context.verify_mode = True, ssl.CERT_REQUIRED
                    context.set_ciphers(ciphers)
                    c = s.client()
                    c.ehlo()
                    self.assertReply(c.starttls(context), 220, "2.0.0")
                    self.assertEqual(c.sock.version(), {ssl.TLSVersion.TLSv1_2: "TLSv1.2", ssl.TLSVersion.TLSv1_3: "TLSv1.3"}[version])
                    c.ehlo()
                    self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
                    c.quit()
        self.assertEqual(len(sink.accepted), 4)
