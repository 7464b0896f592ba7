"""Stop, reload, restart: 421 to the idle, the busy finish; a bad generation or certificate never replaces a good one."""
import hashlib
import os
import shutil
import signal
import threading
import time

from harness import certs, mails, net
from harness.case import E2E
from harness.client import Closed
from harness.sink import Delay


class Stop(E2E):
    def test_the_idle_get_421_and_the_busy_finish(self):
        s, sink = self.pair({"deadline": {"stop_grace": "20s"}})
        idle, busy, waiting = s.client(), s.client(), s.client()
        idle.ehlo()
        busy.ehlo()
        busy.envelope()
        self.assertReply(busy.cmd("DATA"), 354)
        busy.send(mails.simple()[:100])
        waiting.ehlo()
        sink.script = {"dot": [Delay(3)]}
        waiting.envelope()
        waiting.send(b"DATA\r\n" + mails.simple() + b".\r\n")
        self.assertReply(waiting.reply(), 354)
        time.sleep(0.5)
        s.send_signal(signal.SIGTERM)
        self.assertReply(idle.reply(), 421, "4.3.2")
        self.assertTrue(idle.at_end())
        net.wait_until(lambda: not net.connects(s.host, s.port), 10, "no new connections")
        busy.send(mails.simple()[100:] + b".\r\n")
        self.assertReply(busy.reply(), 250, "2.0.0")
        self.assertReply(waiting.reply(), 250, "2.0.0")
        for c in (busy, waiting):
            try:
                self.assertReply(c.reply(), 421, "4.3.2")
            except Closed:
                self.fail("closed without 421")
        self.assertEqual(s.stop(), 0)
        self.assertEqual(len(sink.accepted), 2)

    def test_the_grace_time_ends(self):
        s, sink = self.pair({"deadline": {"stop_grace": "2s"}})
        c = s.client()
        c.ehlo()
        c.envelope()
        self.assertReply(c.cmd("DATA"), 354)
        c.send(b"never finished\r\n")
        began = time.monotonic()
        s.send_signal(signal.SIGTERM)
        s.wait_event("stopping")
        s.send_signal(signal.SIGHUP)  # of those who turn the log meanwhile: no reason to fall over
        self.assertReply(c.reply(), 421, "4.3.2")
        self.assertEqual(s.process.wait(20), 0)
        self.assertLess(time.monotonic() - began, 20)
        self.assertEqual(sink.accepted, [])

    def test_both_signals_stop_and_a_second_one_may_cut_it_short(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            s, _ = self.pair()
            self.assertEqual(s.stop(number), 0)
            s, _ = self.pair()
            c = s.client()
            c.ehlo()
            c.envelope()
            s.send_signal(number)
            s.wait_event("stopping")
            self.assertTrue(s.running, "a transaction is open")
            s.send_signal(number)
            began = time.monotonic()
            self.assertReply(c.reply(), 421, "4.3.2")
            self.assertEqual(s.process.wait(30), 0)
            self.assertLess(time.monotonic() - began, 10, "the grace time of 30 s is over at once")

    def test_stopping_under_load_loses_and_doubles_nothing(self):
        s, sink = self.pair()
        told, lock = [], threading.Lock()

        def load(n):
            i = 0
            try:
                while True:
                    with s.client() as c:
                        c.ehlo()
                        for _ in range(5):
                            i += 1
                            name = f"l{n}-{i}@example.org"
                            reply = c.mail(mails.sized(20_000, seed=i), sender=name)
                            if reply.code == 421:
                                return
                            with lock:
                                told.append((name, reply.code))
            except (OSError, Closed):
                return
        threads = [threading.Thread(target=load, args=(n,), daemon=True) for n in range(8)]
        for t in threads:
            t.start()
        time.sleep(2)
        self.assertEqual(s.stop(), 0)
        for t in threads:
            t.join(20)
        arrived = [t.mail.split("<")[1].split(">")[0] for t in sink.accepted]
        self.assertGreater(len(arrived), 10)
        self.assertEqual(len(arrived), len(set(arrived)), "doubled")
        self.assertEqual([n for n, code in told if code == 250 and n not in set(arrived)], [], "lost")


class Reload(E2E):
    def fingerprint(self, s):
        c = s.client()
        c.ehlo()
        c.starttls()
        der = c.sock.getpeercert(binary_form=True)
        c.quit()
        return hashlib.sha256(der).hexdigest()

    def test_certificates_are_renewed_without_dropping_a_session_and_a_bad_pair_changes_nothing(self):
        first, second, rsa = certs.leaf(tag="-one"), certs.leaf(tag="-two"), certs.leaf(kind="rsa", tag="-three")
        crt, key = self.folder / "live.crt", self.folder / "live.key"

        def install(pair):
            shutil.copy(pair[0], crt)
            shutil.copy(pair[1], key)
            os.chmod(key, 0o600)
        install(first)
        s, sink = self.pair({"tls": {"certificates": [{"certificate": str(crt), "key": str(key)}]}}, [{"tls": "starttls"}])
        session = s.client()
        session.ehlo()
        session.starttls()
        session.ehlo()
        old = self.fingerprint(s)
        install(second)
        s.send_signal(signal.SIGHUP)
        s.wait_event("reloaded")
        new = self.fingerprint(s)
        self.assertNotEqual(old, new)
        self.assertReply(session.mail(mails.simple()), 250, "2.0.0")
        session.quit()  # two generations at most: further reloads wait for sessions of the former one
        session = s.client()
        session.ehlo()
        session.starttls()
        session.ehlo()
        for damage in (lambda: shutil.copy(rsa[0], crt), lambda: key.write_text("nonsense"), crt.unlink):
            damage()
            refused = len(s.events("reload-refused"))
            s.send_signal(signal.SIGHUP)
            s.wait_event("reload-refused", since=refused)
            self.assertEqual(self.fingerprint(s), new)
            self.assertReply(session.mail(mails.simple()), 250, "2.0.0")
        install(first)
        s.send_signal(signal.SIGHUP)
        s.wait_event("reloaded", since=1)
        self.assertEqual(self.fingerprint(s), old)

    def test_a_new_configuration_counts_for_new_sessions_and_a_broken_one_for_none(self):
        s, sink = self.pair()
        c = s.client()
        c.ehlo()
        self.assertReply(c.cmd("MAIL FROM:<a@example.org>"), 250, "2.1.0")
        s.write_config({"domains": ["example.net", "new.example"]})
        s.send_signal(signal.SIGHUP)
        s.wait_event("reloaded")
        with s.client() as fresh:
            fresh.ehlo()
            self.assertReply(fresh.mail(mails.simple(), recipients=("x@new.example",)), 250, "2.0.0")
        self.assertEqual(c.cmd("RCPT TO:<bob@example.net>").code, 250)
        s.config_file.write_text("domains = [")
        s.send_signal(signal.SIGHUP)
        s.wait_event("reload-refused")
        with s.client() as fresh:
            fresh.ehlo()
            self.assertReply(fresh.mail(mails.simple(), recipients=("x@new.example",)), 250, "2.0.0")

    def test_reloading_under_load_drops_nothing(self):
        s, sink = self.pair()
        failures, count = [], [0]
        until = time.monotonic() + 5

        def load(n):
            try:
                while time.monotonic() < until:
                    with s.client() as c:
                        c.ehlo()
                        reply = c.mail(mails.sized(30_000, seed=n))
                        if reply.code != 250:
                            failures.append(repr(reply))
                        count[0] += 1
                        c.quit()
            except Exception as e:  # noqa: the thread's failure is the test's
                failures.append(repr(e))
        threads = [threading.Thread(target=load, args=(n,)) for n in range(4)]
        for t in threads:
            t.start()
        while time.monotonic() < until - 0.5:
            s.send_signal(signal.SIGHUP)
            time.sleep(0.3)
        for t in threads:
            t.join()
        self.assertEqual(failures, [])
        self.assertEqual(len(sink.accepted), count[0])
        self.assertGreater(len(s.events("reloaded")), 3)

    def test_a_restart_keeps_the_self_signed_certificate_and_what_the_downstream_offers(self):
        s, sink = self.pair(listeners=[{"tls": "starttls"}])
        before = self.fingerprint(s)
        s.stop()
        s.start()
        self.assertEqual(self.fingerprint(s), before)
        s.stop()
        sink.stop()
        s.start(ready=False)  # with the downstream away: its extensions were kept
        with s.client() as c:
            self.assertEqual(c.greeting.code, 220)
            self.assertEqual(c.ehlo().code, 250)
            self.assertIn("DSN", c.extensions)
