"""A downstream that fails at each step: the client gets the right code, and nothing is lost or doubled."""
import itertools
import os
import threading
import time

from harness import mails, net
from harness.case import Deliver
from harness.sink import Delay, Drop, ForMail, Raw, Silence, Sink

MALFORMED = (b"hello there\r\n", b"25 ok\r\n", b"250-a\r\n550 b\r\n", b"250 " + b"x" * 5000 + b"\r\n", b"999 no\r\n", b"250 bare\n250 lf\r\n",
             b"".join(b"250-x\r\n" for _ in range(300)) + b"250 x\r\n")
FAST = {"deadline": {"downstream_greeting": "3s", "downstream_command": "3s", "downstream_write": "5s"}}
REUSED = {"memory": {"loops": 1}}  # each message but the first comes over the connection of the one before


class Downstream(Deliver):
    def healthy_again(self, s, sink):
        """After the trouble: the next message goes through, exactly once."""
        before = len(sink.accepted)
        sink.script.clear()
        net.wait_until(lambda: self.deliver(s, sender="after@example.org").code == 250, 30, "the next message to be accepted", 0.3)
        self.assertEqual(len(sink.accepted), before + 1)

    def test_refusals_of_the_downstream_reach_the_client_at_each_step(self):
        s, sink = self.pair()
        for step, text, code, status in [
                ("mail", "451 4.7.1 come back later", 451, "4.7.1"), ("mail", "550 5.1.8 not you", 550, "5.1.8"),
                ("rcpt", "450 4.2.1 greylisted", 450, "4.2.1"), ("rcpt", "550 5.1.1 no such user", 550, "5.1.1"),
                ("data", "451 4.3.0 not now", 451, "4.3.0"), ("data", "554 5.5.1 no", 554, "5.5.1"),
                ("dot", "452 4.3.1 disk full", 452, "4.3.1"), ("dot", "550 5.7.1 do not like it", 550, "5.7.1"),
                ("dot", "554-5.6.0 two lines\r\n554 5.6.0 of text", 554, "5.6.0")]:
            with self.subTest(step=step, text=text):
                before = len(sink.accepted)
                sink.script = {step: [ForMail(text, 1)] if step != "mail" else [text]}
                reply = self.deliver(s)
                self.assertReply(reply, code, status)
                self.assertEqual(len(sink.accepted), before)
                self.healthy_again(s, sink)

    def test_one_refused_recipient_does_not_hurt_the_others(self):
        s, sink = self.pair()
        with s.client() as c:
            c.ehlo()
            sink.script = {"rcpt": ["250 2.1.5 ok", "550 5.1.1 unknown", "452 4.2.2 full", "250 2.1.5 ok"]}
            replies = c.envelope(recipients=("a@example.net", "b@example.net", "c@example.net", "d@example.net"))
            self.assertEqual([r.code for r in replies], [250, 250, 550, 452, 250])
            content = mails.simple()
            self.assertReply(c.data(content), 250, "2.0.0")
        t = sink.wait_accepted()[0]
        self.assertEqual([r.split(">")[0] + ">" for r in t.rcpt], ["RCPT TO:<a@example.net>", "RCPT TO:<d@example.net>"])
        self.assertSame(t, content)

    def test_a_421_of_the_downstream_becomes_a_451(self):
        s, sink = self.pair()
        for step in ("mail", "rcpt", "data", "dot"):
            with self.subTest(step=step):
                before = len(sink.accepted)
                sink.script = {step: ["421 4.3.2 going down"]}
                reply = self.deliver(s)
                self.assertReply(reply, 451, "4.3.2", "going down")
                self.assertEqual(len(sink.accepted), before)
                self.healthy_again(s, sink)

    def test_a_connection_dropped_at_each_step_gives_a_451_and_loses_nothing(self):
        s, sink = self.pair()
        for step in ("mail", "rcpt", "data", "dot"):
            for reset in (False, True):
                with self.subTest(step=step, reset=reset):
                    before = len(sink.accepted)
                    sink.script = {step: [Drop(reset=reset)]}
                    reply = self.deliver(s)
                    # Until DATA nothing of the message has gone down: the envelope is replayed on a new connection.
                    self.assertEqual(reply.code, 250 if step == "data" else 451, repr(reply))
                    self.assertEqual(len(sink.accepted), before + (step == "data"))
                    self.healthy_again(s, sink)

    def test_a_replayed_envelope_must_be_accepted_in_full(self):
        s, sink = self.pair()
        sink.script = {"data": [Drop()], "rcpt": ["250 2.1.5 ok", "250 2.1.5 ok", "250 2.1.5 ok", "550 5.1.1 gone meanwhile"]}
        self.assertReply(self.deliver(s, recipients=("a@example.net", "b@example.net")), 451, "4.4.2")
        self.assertEqual(sink.accepted, [])
        self.healthy_again(s, sink)

    def test_half_a_reply_and_then_silence_or_the_end(self):
        s, sink = self.pair({**FAST, **REUSED})
        for step in ("mail", "rcpt", "dot"):
            for action in (Drop(b"250 2.1"), Drop(b"250-more to come\r\n")):
                with self.subTest(step=step, action=action.text):
                    sink.script = {step: [action]}
                    self.assertEqual(self.deliver(s).code, 451)
                    self.healthy_again(s, sink)

    def test_malformed_and_overlong_replies_are_451_4_5_0(self):
        s, sink = self.pair(REUSED)
        for step, octets in itertools.product(("mail", "rcpt", "data", "dot"), MALFORMED):
            with self.subTest(step=step, octets=octets[:30]):
                before = len(sink.accepted)
                sink.script = {step: [Raw(octets)]}
                self.assertReply(self.deliver(s), 451, "4.5.0")
                self.assertEqual(len(sink.accepted), before)
                self.healthy_again(s, sink)

    def test_a_silent_downstream_is_given_up_after_its_deadline(self):
        s, sink = self.pair({**FAST, **REUSED})
        for step in ("mail", "rcpt", "mail"):  # the last over a connection that was used before
            with self.subTest(step=step):
                sink.script = {step: Silence()}
                began = time.monotonic()
                reply = self.deliver(s)
                took = time.monotonic() - began
                self.assertEqual(reply.code, 451, repr(reply))
                self.assertGreater(took, 2.5)
                self.assertLess(took, 5.9, "one deadline, not two")
                self.healthy_again(s, sink)

    def test_a_slow_answer_to_the_dot_is_waited_for(self):
        s, sink = self.pair({"deadline": {"end_of_data": "2s", "end_of_data_dns": "1s", "downstream_command": "2s"}})
        seconds = int(os.environ.get("SLUICE_SLOW_DOT", "8"))
        sink.script = {"dot": [Delay(seconds)]}
        content = mails.simple()
        began = time.monotonic()
        self.assertReply(self.deliver(s, content), 250, "2.0.0")
        self.assertGreater(time.monotonic() - began, seconds - 0.5)
        self.assertEqual(len(sink.accepted), 1)
        self.assertSame(sink.accepted[0], content)

    def test_the_wait_after_the_dot_is_ten_minutes_at_least_and_ends_with_the_connection(self):
        """RFC 5321 4.5.3.2.6; that it ends by itself as well: test_long_waits.py."""
        s, sink = self.pair()
        bad = self.sluice(sink, {"deadline": {"downstream_final_reply": "5s"}}, start=False)
        answer = bad.cli("check", bad.config_file)
        self.assertEqual(answer.returncode, 3, answer.stdout + answer.stderr)
        self.assertIn("downstream_final_reply", answer.stdout + answer.stderr)
        sink.script = {"dot": [Delay(3, Drop())]}
        self.assertEqual(self.deliver(s).code, 451)

    def test_dropping_in_the_middle_of_a_streamed_message(self):
        s, sink = self.pair()
        sink.drop_after = 300_000
        reply = self.deliver(s, mails.sized(2_000_000))
        self.assertEqual(reply.code, 451, repr(reply))
        self.assertEqual(sink.accepted, [])
        sink.drop_after = None
        self.healthy_again(s, sink)

    def test_a_refusal_in_the_middle_of_a_message_is_heard(self):
        """Some servers answer before the dot and close."""
        s, sink = self.pair()
        sink.script = {"data": [Raw(b"354 go\r\n552 5.3.4 enough\r\n")]}
        reply = self.deliver(s, mails.sized(1_000_000))
        self.assertIn(reply.code, (451, 552), repr(reply))
        self.assertEqual(sink.accepted, [])

    def test_a_downstream_that_is_down_from_the_start_is_421_until_its_first_check(self):
        port = net.free_port()
        address = f"{net.own_address()}:{port}"
        s = self.sluice(address, ready=False)
        with s.client() as c:
            self.assertReply(c.greeting if c.greeting.code == 421 else c.ehlo(), 421, "4.3.2")
        sink = Sink(port=port).start()
        self.addCleanup(sink.stop)
        s.wait_ready()
        self.assertReply(self.deliver(s), 250, "2.0.0")

    def test_a_downstream_that_goes_down_gives_451_4_4_1_and_comes_back(self):
        s, sink = self.pair()
        self.assertReply(self.deliver(s), 250, "2.0.0")
        sink.stop()
        reply = self.deliver(s)
        self.assertEqual(reply.code, 451, repr(reply))
        self.assertIn(reply.status, ("4.4.1", "4.4.2"))
        again = Sink(port=sink.port).start()
        self.addCleanup(again.stop)
        net.wait_until(lambda: self.deliver(s).code == 250, 30, "delivery to the returned downstream", 0.3)
        self.assertEqual(len(again.accepted), 1)

    def test_the_backup_takes_over_and_hands_back(self):
        first, second = self.sink(), self.sink()
        s = self.sluice(first, {"route": [{"host": first.address, "backup": second.address, "tls": "off", "health_check_interval": "1s"}]})
        self.assertReply(self.deliver(s), 250, "2.0.0")
        self.assertEqual((len(first.accepted), len(second.accepted)), (1, 0))
        first.stop()
        net.wait_until(lambda: self.deliver(s).code == 250, 30, "delivery to the backup", 0.3)
        self.assertEqual(len(second.accepted), 1)
        again = Sink(port=first.port).start()
        self.addCleanup(again.stop)
        net.wait_until(lambda: self.deliver(s).code == 250 and again.accepted, 30, "delivery to the first host again", 0.5)

    def test_routes_by_recipient_domain_and_one_route_per_transaction(self):
        usual, other = self.sink(), self.sink()
        route = {"tls": "off", "health_check_interval": "1s"}
        s = self.sluice(usual, {"route": [{"host": usual.address, **route}, {"host": other.address, "domains": ["other.example"], **route}]})
        with s.client() as c:
            c.ehlo()
            replies = c.envelope(recipients=("a@example.net", "b@other.example"))
            self.assertReply(replies[1], 250, replies[1].status)
            self.assertReply(replies[2], 452, "4.5.3")
            self.assertReply(c.data(mails.simple()), 250, "2.0.0")
            self.assertReply(c.mail(mails.simple(), recipients=("b@other.example",)), 250, "2.0.0")
        self.assertEqual((len(usual.accepted), len(other.accepted)), (1, 1))

    def test_a_domain_written_in_unicode_is_ours_and_takes_its_route(self):
        usual, other = self.sink(), self.sink()
        route = {"tls": "off", "health_check_interval": "1s"}
        s = self.sluice(usual, {"domains": ["example.net", "xn--bcher-kva.example"],
                                "route": [{"host": usual.address, **route}, {"host": other.address, "domains": ["xn--bcher-kva.example"], **route}]})
        with s.client() as c:
            c.ehlo()
            for domain in ("b\u00fccher.example", "B\u00dcCHER.example", "xn--bcher-kva.example"):
                self.assertReply(c.mail(mails.simple(), recipients=(f"bob@{domain}",), parameters=" SMTPUTF8"), 250, "2.0.0")
                self.assertEqual(other.accepted[-1].rcpt, [f"RCPT TO:<bob@{domain}>"])
            self.assertReply(c.mail(mails.simple(), recipients=("bob@b\u00fchne.example",), parameters=" SMTPUTF8"), 550, "5.7.1")
        self.assertEqual((len(usual.accepted), len(other.accepted)), (0, 3))

    def test_connections_are_reused_one_client_at_a_time(self):
        sink = self.sink()
        s = self.sluice(sink, {"route": [{"host": sink.address, "tls": "off", "health_check_interval": "1h"}], "memory": {"loops": 1}})
        for _ in range(10):
            self.assertEqual(self.deliver(s).code, 250)
        self.assertEqual(len({t.session for t in sink.accepted}), 1)
        first, second = s.client(), s.client()
        for c in (first, second):
            c.ehlo()
            self.assertEqual([r.code for r in c.envelope()], [250, 250])
        for c in (first, second):
            self.assertReply(c.data(mails.simple()), 250, "2.0.0")
        self.assertEqual(len({t.session for t in sink.accepted[-2:]}), 2, "two clients shared a connection at a time")

    def test_a_reused_connection_that_died_meanwhile_costs_no_mail(self):
        s, sink = self.pair()
        self.assertEqual(self.deliver(s).code, 250)
        for sock in list(sink.sockets):
            sock.shutdown(2)
        net.wait_until(lambda: sink.open == 0, 10, "the sink's connections to end")
        self.assertReply(self.deliver(s), 250, "2.0.0")
        self.assertEqual(len(sink.accepted), 2)

    def test_a_connection_is_retired_after_its_transactions(self):
        sink = self.sink()
        s = self.sluice(sink, {"route": [{"host": sink.address, "tls": "off", "health_check_interval": "1h", "transactions_per_connection": 3}],
                               "memory": {"loops": 1}})
        for _ in range(9):
            self.assertEqual(self.deliver(s).code, 250)
        sessions = [t.session for t in sink.accepted]
        self.assertEqual([sessions.count(n) for n in sorted(set(sessions))], [3, 3, 3])

    def test_a_route_never_has_more_connections_than_it_is_allowed(self):
        sink = self.sink()
        s = self.sluice(sink, {"route": [{"host": sink.address, "tls": "off", "health_check_interval": "1h",
                                          "connections": 1, "idle_connections": 1}]})
        holds, waits = s.client(), s.client()
        for c in (holds, waits):
            c.ehlo()
        self.assertReply(holds.envelope()[1], 250)
        began = time.monotonic()
        self.assertReply(waits.envelope()[1], 451, "4.3.2", "all its connections in use")
        self.assertGreater(time.monotonic() - began, 4)
        waits.cmd("RSET")
        # Who waits gets the place of the first that ends, idle connections included.
        done = []
        waiting = threading.Thread(target=lambda: done.append(waits.mail(mails.simple())))
        waiting.start()
        time.sleep(1)
        self.assertEqual(sink.open, 1)
        holds.quit()
        waiting.join(10)
        self.assertReply(done[0], 250, "2.0.0")

    def test_a_connection_is_retired_after_refused_commands(self):
        sink = self.sink()
        s = self.sluice(sink, {"route": [{"host": sink.address, "tls": "off", "health_check_interval": "1h", "refused_commands_per_connection": 2}],
                               "memory": {"loops": 1}})  # each loop has idle connections of its own
        sink.script = {"rcpt": ["550 5.1.1 no"] * 2}
        codes = []
        for _ in range(3):
            codes.append(self.deliver(s).code)
            time.sleep(0.3)  # the connection is given back after the client's QUIT
        self.assertEqual(codes, [550, 550, 250])
        refused = [n for n, line in sink.commands if line.startswith("RCPT")]
        self.assertEqual(refused[0], refused[1])
        self.assertNotEqual(refused[1], refused[2])

    def test_an_idle_connection_is_closed_after_its_time(self):
        sink = self.sink()
        s = self.sluice(sink, {"route": [{"host": sink.address, "tls": "off", "health_check_interval": "1h", "idle_timeout": "1s"}]})
        self.assertEqual(self.deliver(s).code, 250)
        net.wait_until(lambda: sink.open == 0, 10, "the idle connection to be closed")

    def test_a_host_that_lost_an_extension_since_it_was_offered(self):
        utf8 = {"sender": "jörg@example.org", "parameters": " SMTPUTF8"}
        eight = {"parameters": " BODY=8BITMIME"}
        for lost, options, code, status in (("SMTPUTF8", utf8, 553, "5.6.7"), ("8BITMIME", eight, 554, "5.6.3")):
            for backup in (False, True):
                with self.subTest(lost=lost, backup=backup):
                    sink, other = self.sink(), self.sink()
                    route = {"host": sink.address, "tls": "off", "health_check_interval": "1h", "idle_timeout": "0s"}
                    if backup:
                        route["backup"] = other.address
                    s = self.sluice(sink, {"route": [route]})
                    sink.extensions.remove(lost)
                    if backup:  # it has the extension, but cannot be reached now: no final refusal
                        other.stop()
                    reply = self.deliver(s, mails.simple(), **options)
                    self.assertReply(reply, 451 if backup else code, "4.4.4" if backup else status)
                    self.assertEqual(sink.accepted + other.accepted, [])

    def test_capabilities_are_those_of_the_downstream(self):
        for extensions in (["SIZE 1000000"], ["PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES", "SIZE 5000000"], []):
            with self.subTest(extensions=extensions):
                sink = self.sink(extensions=extensions)
                s = self.sluice(sink)
                with s.client() as c:
                    c.ehlo()
                    for word in ("8BITMIME", "SMTPUTF8", "DSN"):
                        self.assertEqual(word in c.extensions, word in extensions, word)
                    for word in ("PIPELINING", "CHUNKING", "ENHANCEDSTATUSCODES"):
                        self.assertIn(word, c.extensions)
                    self.assertNotIn("BINARYMIME", c.extensions)
                    self.assertNotIn("AUTH", c.extensions)
                    size = next((x.split()[1] for x in extensions if x.startswith("SIZE")), None)
                    if size:
                        self.assertEqual(c.extensions["SIZE"], size)
                    self.assertReply(c.mail(mails.tricky()), 250, "2.0.0")

    def test_dsn_parameters_are_carried_through(self):
        s, sink = self.pair()
        with s.client() as c:
            c.ehlo()
            c.cmd("MAIL FROM:<alice@example.org> RET=HDRS ENVID=QQ314159 BODY=8BITMIME SMTPUTF8")
            self.assertEqual(c.cmd("RCPT TO:<bob@example.net> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob+2Bx@example.net").code, 250)
            self.assertReply(c.data(mails.tricky()), 250, "2.0.0")
        t = sink.accepted[0]
        for word in ("RET=HDRS", "ENVID=QQ314159", "BODY=8BITMIME", "SMTPUTF8"):
            self.assertIn(word, t.mail)
        self.assertIn("NOTIFY=SUCCESS,FAILURE", t.rcpt[0])
        self.assertIn("ORCPT=rfc822;Bob+2Bx@example.net", t.rcpt[0])

    def test_utf8_addresses_pass_with_smtputf8_and_not_without(self):
        s, sink = self.pair()
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.cmd("MAIL FROM:<jürgen@example.org>"), 553, "5.6.7")
            self.assertEqual(c.cmd("MAIL FROM:<jürgen@example.org> SMTPUTF8").code, 250)
            self.assertEqual(c.cmd("RCPT TO:<böb@example.net>").code, 250)
            self.assertReply(c.data(mails.simple()), 250, "2.0.0")
        self.assertIn("jürgen@example.org", sink.accepted[0].mail)

    def test_the_probe_of_sluice_check_tells_what_is_wrong(self):
        good = self.sink()
        good.script = {"rcpt": "550 5.7.1 relaying denied"}
        s = self.sluice(good, start=False)
        answer = s.cli("check", "--probe", s.config_file)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        relay = self.sink()
        s = self.sluice(relay, start=False)
        answer = s.cli("check", "--probe", s.config_file)
        self.assertEqual(answer.returncode, 1, answer.stdout + answer.stderr)
        self.assertRegex(answer.stdout + answer.stderr, "(?i)relay|foreign")
        s = self.sluice(f"{net.own_address()}:{net.free_port()}", start=False)
        answer = s.cli("check", "--probe", s.config_file)
        self.assertNotEqual(answer.returncode, 0)
