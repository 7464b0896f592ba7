"""Every limit and refusal of the reply table that is not about time (test_deadlines.py) or the downstream (test_downstream.py)."""
import re
import signal
import socket
import threading
import time

from harness import mails, net
from harness.case import E2E
from harness.client import Closed
from harness.sink import Delay
from harness.web import Web


class Commands(E2E):
    def setUp(self):
        super().setUp()
        self.s, self.sink = self.pair({"limit": {"bad_commands_per_session": 1000}})

    def test_each_command_out_of_place_or_malformed_gets_its_reply(self):
        mail, rcpt = "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.net>"
        table = [  # commands before it, the line, code, status
            ([], mail, 503, "5.5.1"), ([], rcpt, 503, "5.5.1"), ([], "DATA", 503, "5.5.1"), ([], "BDAT 0 LAST", 503, "5.5.1"),
            (["E"], rcpt, 503, "5.5.1"), (["E"], "DATA", 503, "5.5.1"), (["E", mail], "DATA", 503, "5.5.1"), (["E", mail], mail, 503, "5.5.1"),
            (["E"], "FROB", 500, "5.5.2"), (["E"], "", 500, "5.5.2"), (["E"], "AUTH PLAIN AGEAYg==", 502, "5.5.1"),
            (["E"], "EXPN list", 502, "5.5.1"), (["E"], "TURN", 502, "5.5.1"), (["E"], "VRFY bob", 252, "2.5.0"), (["E"], "VRFY", 501, "5.5.4"),
            (["E"], "HELP", 214, "2.0.0"), (["E"], "NOOP anything", 250, "2.0.0"), (["E"], "RSET now", 501, "5.5.4"), (["E"], "DATA now", 501, "5.5.4"),
            ([], "EHLO", 501, "5.5.4"), ([], "HELO", 501, "5.5.4"), ([], "EHLO bad name!", 501, "5.5.4"),
            (["E"], "MAIL FROM:a@example.org", 501, "5.1.7"), (["E"], "MAIL FROM:<a@example..org>", 501, "5.1.7"),
            (["E"], "MAIL FROM:<a@b@c>", 501, "5.1.7"), (["E"], "MAIL TO:<a@example.org>", 501, "5.5.4"),
            (["E"], "MAIL FROM:<" + "x" * 300 + "@example.org>", 501, "5.1.7"),
            (["E"], mail + " BODY=BINARYMIME", 501, "5.5.4"), (["E"], mail + " SIZE=abc", 501, "5.5.4"), (["E"], mail + " SIZE=1 SIZE=2", 501, "5.5.4"),
            (["E"], mail + " FROBNICATE=1", 555, "5.5.4"), (["E"], mail + " SIZE=999999999999", 552, "5.3.4"),
            (["E", mail], "RCPT TO:<>", 501, "5.1.3"), (["E", mail], "RCPT TO:b@example.net", 501, "5.1.3"), (["E", mail], rcpt + " NOTIFY=SOMETIMES", 501, "5.5.4"),
            (["E", mail], rcpt + " WHAT=1", 555, "5.5.4"), (["E", mail], "RCPT TO:<b\xf6b@example.net>", 553, "5.6.7"),
            (["E", mail], "RCPT TO:<b@elsewhere.example>", 550, "5.7.1"), (["E", mail], "RCPT TO:<b@[192.0.2.1]>", 550, "5.7.1"),
            (["E", mail], "RCPT TO:<@relay.example,@two.example:b@example.net>", 550, "5.7.1"),
            (["E", mail], "RCPT TO:<b%elsewhere.example@example.net>", 550, "5.7.1"),
            (["E", mail], "RCPT TO:<elsewhere.example!b@example.net>", 550, "5.7.1"),
            (["E", mail], 'RCPT TO:<"b@elsewhere.example"@example.net>', 550, "5.7.1"),
            (["E", mail, rcpt], "STARTTLS now", 501, "5.5.4"), (["E", mail, rcpt], "BDAT", 501, "5.5.4"), (["E", mail, rcpt], "BDAT x LAST", 501, "5.5.4"),
            (["E", mail, rcpt], "BDAT 99999999999999999999999 LAST", 501, "5.5.4"),
        ]
        for before, line, code, status in table:
            with self.subTest(before=before, line=line[:60]):
                with self.s.client() as c:
                    for command in before:
                        self.assertEqual((c.ehlo() if command == "E" else c.cmd(command)).code, 250)
                    self.assertReply(c.cmd(line), code, status)
                    self.assertEqual(c.cmd("NOOP").code, 250, "the session must go on")

    def test_bdat_and_data_do_not_mix(self):
        with self.s.client() as c:
            c.ehlo()
            c.envelope()
            c.send(b"BDAT 4\r\nab\r\n")
            self.assertEqual(c.reply().code, 250)
            self.assertReply(c.cmd("DATA"), 503, "5.5.1")
            self.assertReply(c.cmd("RCPT TO:<c@example.net>"), 503, "5.5.1")
            self.assertEqual(c.cmd("RSET").code, 250)

    def test_chunks_after_a_refused_chunk_are_refused(self):
        with self.s.client() as c:
            c.ehlo()
            c.envelope()
            c.send(b"BDAT 3\r\na\nb")
            self.assertReply(c.reply(), 550, "5.6.11")
            c.send(b"BDAT 3 LAST\r\nabc")
            self.assertReply(c.reply(), 503, "5.5.1")
            self.assertEqual(c.cmd("RSET").code, 250)
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")

    def test_no_valid_recipients_at_data(self):
        with self.s.client() as c:
            c.ehlo()
            c.cmd("MAIL FROM:<a@example.org>")
            self.assertReply(c.cmd("RCPT TO:<b@elsewhere.example>"), 550, "5.7.1")
            self.assertReply(c.cmd("DATA"), 554, "5.5.1")

    def test_long_lines_are_500_and_do_not_end_the_session(self):
        with self.s.client() as c:
            c.ehlo()
            for length in (2046, 2047, 4096, 200_000):
                with self.subTest(length=length):
                    self.assertReply(c.cmd("NOOP " + "x" * (length - 5)), *((250, "2.0.0") if length <= 2046 else (500, "5.5.2")))
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")

    def test_very_long_content_lines_pass(self):
        content = mails.simple(body="x" * 300_000 + "\r\n")
        with self.s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(content), 250, "2.0.0")
        self.assertSame(self.sink.accepted[0], content)

    def test_http_and_other_strangers_are_421(self):
        for line in ("GET / HTTP/1.1", "POST /x HTTP/1.0", "CONNECT example.org:25 HTTP/1.1"):
            with self.s.client() as c:
                self.assertReply(c.cmd(line), 421, "4.7.0")

    def test_null_sender_and_postmaster_are_accepted(self):
        with self.s.client() as c:
            c.ehlo()
            self.assertEqual(c.cmd("MAIL FROM:<>").code, 250)
            self.assertEqual(c.cmd("RCPT TO:<bob@example.net>").code, 250)
            self.assertReply(c.data(mails.simple()), 250, "2.0.0")
            c.cmd("MAIL FROM:<a@example.org>")
            self.assertEqual(c.cmd("RCPT TO:<postmaster@example.net>").code, 250)
            self.assertIn(c.cmd("RCPT TO:<postmaster>").code, (250, 550, 452))

    def test_helo_sessions_get_no_extensions(self):
        with self.s.client() as c:
            self.assertEqual(c.cmd("HELO client.example.org").code, 250)
            self.assertReply(c.cmd("MAIL FROM:<a@example.org> SIZE=100"), 555, "5.5.4")
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertIn(b"with SMTP", self.sink.accepted[0].data)


class Amounts(E2E):
    def hello(self, s, **options):
        c = s.client(**options)
        self.assertEqual(c.greeting.code, 220, repr(c.greeting))
        c.ehlo()
        return c

    def test_the_size_limit_holds_with_and_without_size(self):
        s, sink = self.pair(listeners=[{"tls": "off", "max_message_size": "1MiB"}])
        c = self.hello(s)
        self.assertEqual(c.extensions["SIZE"], str(1 << 20))
        self.assertReply(c.cmd(f"MAIL FROM:<a@example.org> SIZE={(1 << 20) + 1}"), 552, "5.3.4")
        exact = mails.simple("Exact", "")
        exact += b"z" * ((1 << 20) - len(exact) - 2) + b"\r\n"
        self.assertReply(c.mail(exact), 250, "2.0.0")
        self.assertReply(c.mail(exact[:-2] + b"z\r\n"), 552, "5.3.4")
        self.assertReply(c.mail(exact[:-2] + b"z\r\n", how="bdat", chunk=70_000), 552, "5.3.4")
        self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertEqual(len(sink.accepted), 2)

    def test_a_header_beyond_its_limit_is_552(self):
        s, sink = self.pair()
        c = self.hello(s)
        line = "X-Filler: " + "y" * 700 + "\r\n"
        for fits in (True, False):
            with self.subTest(fits=fits):
                content = mails.simple(extra=line * ((64 * 1024 - 2000) // len(line) if fits else 64 * 1024 // len(line) + 1))
                self.assertReply(c.mail(content), *((250, "2.0.0") if fits else (552, "5.3.4")))
        self.assertReply(c.mail(mails.simple(extra="X-One: " + "z" * 70_000 + "\r\n")), 552, "5.3.4")
        self.assertReply(c.mail(mails.sized(400_000).replace(b"MIME-Version", line.encode() * 100 + b"MIME-Version")), 552, "5.3.4")
        self.assertEqual(len(sink.accepted), 1)

    def test_how_many_fields_of_ours_make_a_loop_is_configured(self):
        s, _ = self.pair({"limit": {"own_received_fields": 5}})
        c = self.hello(s)
        ours = "Received: from a.example by mx.example.net (Sluice) with ESMTP id x; Mon, 23 Nov 2026 09:00:00 +0000\r\n"
        self.assertReply(c.mail(mails.simple(extra=ours * 4)), 250, "2.0.0")
        self.assertReply(c.mail(mails.simple(extra=ours * 5)), 554, "5.4.6")

    def test_mail_loops_are_554(self):
        s, sink = self.pair()
        c = self.hello(s)
        foreign = "Received: from a.example by b.example; Mon, 23 Nov 2026 09:00:00 +0000\r\n"
        ours = "Received: from a.example by mx.example.net (Sluice) with ESMTP id x; Mon, 23 Nov 2026 09:00:00 +0000\r\n"
        for extra, good in ((foreign * 49, True), (foreign * 51, False), (ours * 2, True), (ours * 3, False)):
            with self.subTest(extra=extra[:60], times=extra.count("Received"), good=good):
                self.assertReply(c.mail(mails.simple(extra=extra)), *((250, "2.0.0") if good else (554, "5.4.6")))
        self.assertEqual(len(sink.accepted), 2)

    def test_a_hundred_recipients_pass_by_default_and_more_are_452(self):
        s, sink = self.pair()
        c = self.hello(s)
        c.send("".join(["MAIL FROM:<a@example.org>\r\n"] + [f"RCPT TO:<r{n}@example.net>\r\n" for n in range(101)]))
        codes = [c.reply().code for _ in range(102)]
        self.assertEqual(codes, [250] * 101 + [452])
        self.assertReply(c.cmd("RCPT TO:<one.more@example.net>"), 452, "4.5.3")
        self.assertReply(c.data(mails.simple()), 250, "2.0.0")
        self.assertEqual(len(sink.accepted[0].rcpt), 100)

    def test_bad_commands_end_with_421(self):
        s, _ = self.pair({"limit": {"bad_commands_per_session": 3}})
        c = self.hello(s)
        codes = [c.cmd("FROB") for _ in range(3)] + [c.cmd("FROB")]
        self.assertEqual([r.code for r in codes[:3]], [500] * 3)
        self.assertReply(codes[3], 421, "4.7.0")
        self.assertTrue(c.at_end())

    def test_invalid_recipients_end_with_421_whoever_refused_them(self):
        for by_downstream in (False, True):
            with self.subTest(by_downstream=by_downstream):
                s, sink = self.pair({"limit": {"invalid_recipients_per_session": 3}})
                if by_downstream:
                    sink.script = {"rcpt": "550 5.1.1 unknown"}
                c = self.hello(s)
                c.cmd("MAIL FROM:<a@example.org>")
                domain = "example.net" if by_downstream else "elsewhere.example"
                replies = [c.cmd(f"RCPT TO:<x{n}@{domain}>") for n in range(3)]
                try:
                    replies.append(c.cmd(f"RCPT TO:<x9@{domain}>"))
                except Closed:
                    pass
                self.assertReply(replies[-1], 421, "4.7.0", "recipients")
                self.assertEqual({r.code for r in replies[:-1]}, {550})

    def test_invalid_recipients_of_a_client_close_the_door_for_a_while(self):
        s, sink = self.pair({"limit": {"invalid_recipients_per_client_per_minute": 4, "invalid_recipients_per_session": 2}})
        for _ in range(3):
            try:
                c = s.client(source="127.0.0.9")
                if c.greeting.code != 220:
                    break
                c.ehlo()
                c.cmd("MAIL FROM:<a@example.org>")
                for n in range(3):
                    c.cmd(f"RCPT TO:<x{n}@elsewhere.example>")
            except (Closed, OSError):
                pass
        self.assertReply(s.client(source="127.0.0.9").greeting, 421, "4.7.0")
        self.assertEqual(s.client(source="127.0.0.10").greeting.code, 220)

    def test_connections_of_a_client_are_limited_and_others_are_not_hurt(self):
        s, _ = self.pair({"limit": {"connections_per_client": 3}})
        held = [self.hello(s, source="127.0.0.20") for _ in range(3)]
        refused = s.client(source="127.0.0.20")
        self.assertReply(refused.greeting, 421, "4.7.0")
        self.assertTrue(refused.at_end())
        self.hello(s, source="127.0.0.21").quit()
        held.pop().quit()
        net.wait_until(lambda: s.client(source="127.0.0.20").greeting.code == 220, 10, "the place of the one that left")

    def test_connections_per_minute_are_limited(self):
        s, _ = self.pair({"limit": {"connections_per_client_per_minute": 5}})
        codes = []
        for _ in range(8):
            c = s.client(source="127.0.0.30")
            codes.append(c.greeting)
            c.close()
        self.assertEqual([r.code for r in codes], [220] * 5 + [421] * 3)
        self.assertReply(codes[-1], 421, "4.7.0")
        self.assertEqual(s.client(source="127.0.0.31").greeting.code, 220)

    def test_exempt_clients_are_not_held_to_them(self):
        s, _ = self.pair({"limit": {"connections_per_client": 2, "connections_per_client_per_minute": 3, "exempt_clients": ["127.0.0.40/32"]}})
        held = [self.hello(s, source="127.0.0.40") for _ in range(8)]
        for c in held:
            c.quit()

    def test_ipv6_counts_by_64(self):
        s, sink = self.pair({"limit": {"connections_per_client": 2}},
                            [{"tls": "off", "proxy_protocol": True, "proxy_protocol_from": ["127.0.0.0/8"]}])
        header = "PROXY TCP6 2001:db8:0:{}::{} 2001:db8::1 40000 25\r\n"
        def greeting(net_part, host):
            c = s.client(first=header.format(net_part, host).encode())
            held.append(c)
            return c.greeting.code
        held = []
        net.wait_until(lambda: greeting("ffff", "1") in (220, 421) and s.events("downstream-up") or held[-1].greeting.code == 220, 20, "readiness")
        codes = [greeting("1", n) for n in range(1, 4)] + [greeting("2", 1)]
        self.assertEqual(codes, [220, 220, 421, 220])

    def test_transactions_of_a_session_are_limited(self):
        s, sink = self.pair({"limit": {"transactions_per_session": 3}})
        c = self.hello(s)
        for _ in range(3):
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertReply(c.cmd("MAIL FROM:<a@example.org>"), 421, "4.7.0")
        self.assertEqual(len(sink.accepted), 3)

    def test_commands_without_a_message_are_limited(self):
        s, _ = self.pair()
        c = self.hello(s)
        last = None
        for _ in range(400):
            last = c.cmd("NOOP")
            if last.code != 250:
                break
        self.assertReply(last, 421, "4.7.0")

    def test_without_a_free_slot_a_client_is_421_and_the_slots_come_back(self):
        s, sink = self.pair({"memory": {"sessions": 4}, "deadline": {"pressure_percent": 100}})
        held = []
        for _ in range(4):
            c = self.hello(s)
            c.envelope()  # with an accepted recipient it is not the first to be closed
            held.append(c)
        self.assertReply(s.client().greeting, 421, "4.3.2")
        for c in held:
            self.assertReply(c.data(mails.simple()), 250, "2.0.0")
            c.quit()
        net.wait_until(lambda: s.client().greeting.code == 220, 10, "a free slot")

    def test_a_day_of_much_spooling_is_told_once(self):
        held = "always.example.org"
        s, sink = self.pair({"spool": {"daily_write_alarm": "1MiB"}, "policy": {"always_hold": [held]}})
        c = self.hello(s)
        content = mails.sized(800_000).replace(b"alice@example.org", b"alice@" + held.encode())
        for _ in range(3):
            self.assertReply(c.mail(content, sender=f"alice@{held}"), 250, "2.0.0")
        event = s.wait_event("flash-daily-write", timeout=20)
        self.assertGreater(event["bytes"], 1 << 20)
        self.assertReply(c.mail(content, sender=f"alice@{held}"), 250, "2.0.0")
        time.sleep(6)
        self.assertEqual(len(s.events("flash-daily-write")), 1)

    def test_a_used_up_tls_heap_is_454_and_hurts_nobody_else(self):
        s, sink = self.pair({"memory": {"tls_heap": "256KiB"}, "deadline": {"pressure_percent": 100}})
        served = self.hello(s)
        served.starttls()
        served.ehlo()
        # Handshakes that stop in the middle hold the most.
        stopped, refused = [], None
        while refused is None and len(stopped) < 40:
            c = self.hello(s)
            reply = c.cmd("STARTTLS")
            if reply.code == 220:
                c.send(b"\x16\x03\x01\x3f\x00" + b"\x01" * 8000)
                stopped.append(c)
                time.sleep(0.05)
            else:
                refused = c
        self.assertReply(reply, 454, "4.7.0", "TLS is not available")
        self.assertGreater(len(stopped), 1)
        self.assertReply(refused.mail(mails.simple()), 250, "2.0.0")
        for c in stopped:
            c.close()
        self.assertReply(served.mail(mails.simple()), 250, "2.0.0")
        net.wait_until(lambda: refused.cmd("STARTTLS").code == 220, 10, "room for a handshake")

    def test_without_tls_memory_an_implicit_connection_is_closed_and_counted(self):
        web = Web()
        s = self.sluice(self.sink(), web.config({"memory": {"tls_heap": "256KiB"}, "deadline": {"pressure_percent": 100}}), [{"tls": "implicit"}, {"tls": "starttls"}])
        web.of(s)
        stopped = []
        try:
            def refused():
                c = socket.create_connection((s.host, s.port))
                stopped.append(c)
                c.sendall(b"\x16\x03\x01\x3f\x00" + b"\x01" * 8000)  # a handshake that stops in the middle
                c.settimeout(0.5)
                try:
                    return c.recv(1) == b""
                except ConnectionResetError:
                    return True
                except TimeoutError:
                    return len(stopped) > 40
            net.wait_until(refused, 60, "a connection that is closed", 0.01)
            self.assertLessEqual(len(stopped), 40)
            self.assertGreater(len(stopped), 2)
            metrics = web.local("GET", "/metrics").text
            self.assertRegex(metrics, r"(?m)^sluice_tls_no_room_total [1-9]")
            told = web.local("GET", "/api/v1/trace?client=127.").json()["entries"]
            self.assertIn(("tls", "tls_unavailable"), [(e["what"], e.get("cause")) for e in told])
        finally:
            for c in stopped:
                c.close()

    def test_many_handshakes_at_once_wait_their_turns_and_a_session_goes_on(self):
        """What is bound is the computing: of a crowd that comes at once each waits, none is refused, and the bound is live."""
        web = Web()
        table = web.config({"memory": {"loops": 1, "sessions": 128}, "tls": {"handshakes_per_core": 1}, "limit": {"connections_per_client": 128}})
        s = self.sluice(self.sink(), table)
        web.of(s)
        count = lambda name: int(re.search(rf"(?m)^sluice_tls_{name}_total (\d+)", web.local("GET", "/metrics").text)[1])

        def crowd(n):
            """n clients whose ClientHello lies in the socket when the loop comes to it; all of them end their handshake."""
            clients = [s.client() for _ in range(n)]
            for c in clients:
                c.ehlo()
                self.assertEqual(c.cmd("STARTTLS").code, 220)
            s.send_signal(signal.SIGSTOP)  # nothing is computed while they all send their first flight
            threads = [threading.Thread(target=c.handshake) for c in clients]
            for t in threads:
                t.start()
            time.sleep(1)
            s.send_signal(signal.SIGCONT)
            for t in threads:
                t.join(60)
            for c in clients:
                self.assertEqual(c.ehlo().code, 250)
                c.close()

        with s.client() as steady:
            steady.ehlo()
            crowd(24)
            self.assertGreaterEqual(count("handshake_waits"), 20)
            self.assertEqual(count("handshakes"), 24)
            self.assertEqual(steady.cmd("NOOP").code, 250)
        s.write_config({"tls": {"handshakes_per_core": 64}})
        s.send_signal(signal.SIGHUP)
        s.wait_event("reloaded")
        before = count("handshake_waits")
        crowd(24)
        self.assertEqual(count("handshake_waits"), before)
        self.assertEqual(count("failures"), 0)

    def test_under_pressure_the_oldest_idle_session_makes_room(self):
        s, sink = self.pair({"memory": {"sessions": 8}, "deadline": {"pressure_percent": 50}})
        time.sleep(0.5)
        idle = self.hello(s)
        time.sleep(0.2)
        others = []
        for _ in range(7):
            c = s.client()
            others.append(c)
        self.assertReply(idle.reply(), 421, "4.3.2")

    def test_who_stalls_after_rcpt_gives_way_when_slots_run_out(self):
        s, sink = self.pair({"memory": {"sessions": 4, "loops": 1}, "deadline": {"pressure_percent": 100}})
        held = []
        for _ in range(4):
            c = self.hello(s)
            c.envelope()
            held.append(c)
        time.sleep(3.5)
        s.client()  # whatever this one hears: it makes room
        self.assertReply(held[0].reply(), 421, "4.3.2", "Connection needed")
        net.wait_until(lambda: s.client().greeting.code == 220, 10, "the slot of the stalled one")

    def test_spool_and_storage_limits_are_452(self):
        held = "always.example.org"
        s, sink = self.pair({"spool": {"size": "1MiB", "message_size": "1MiB"}, "policy": {"always_hold": [held]}})
        c = self.hello(s)
        content = mails.sized(3_000_000).replace(b"alice@example.org", b"alice@" + held.encode())
        self.assertReply(c.mail(content, sender=f"alice@{held}"), 452, "4.3.1")
        self.assertEqual(sink.accepted, [])
        small = mails.sized(400_000).replace(b"alice@example.org", b"alice@" + held.encode())
        self.assertReply(c.mail(small, sender=f"alice@{held}"), 250, "2.0.0")
        self.assertSame(sink.accepted[0], small)

    def test_many_sessions_in_the_middle_of_messages_shrink_windows_and_lose_nothing(self):
        s, sink = self.pair({"memory": {"window_pool": "2MiB", "sessions": 64}, "deadline": {"pressure_percent": 100}})
        failures = []
        barrier = threading.Barrier(48)

        def one(n):
            try:
                c = s.client()
                c.ehlo()
                content = mails.sized(100_000, seed=n)
                c.envelope(sender=f"n{n}@example.org")
                if c.cmd("DATA").code != 354:
                    return failures.append("no 354")
                c.send(content[:50_000])
                barrier.wait(60)
                c.send(content[50_000:] + b".\r\n")
                reply = c.reply()
                if reply.code != 250:
                    failures.append(repr(reply))
                c.quit()
            except Exception as e:  # noqa: the thread's failure is the test's
                failures.append(repr(e))
        threads = [threading.Thread(target=one, args=(n,)) for n in range(48)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(failures, [])
        self.assertEqual(len(sink.accepted), 48)
        for t in sink.accepted:
            self.assertSame(t, mails.sized(100_000, seed=int(t.mail.split("<n")[1].split("@")[0])))

    def test_end_of_data_takes_no_longer_than_its_deadline_before_our_dot(self):
        s, sink = self.pair({"deadline": {"end_of_data": "3s", "end_of_data_dns": "1s"}})
        sink.script = {"data": [Delay(6)]}
        c = self.hello(s)
        began = time.monotonic()
        reply = c.mail(mails.simple())
        self.assertReply(reply, 451, "4.4.7")
        self.assertLess(time.monotonic() - began, 5.5)
        time.sleep(3)
        self.assertEqual(sink.accepted, [])
