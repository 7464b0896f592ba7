"""A configuration becomes the running one without a restart: listeners, page, DNS, limits change under running sessions; what
cannot be had or is not proven by the test mails leaves everything as it was."""
import json
import signal
import threading
import time

from harness import mails, net
from harness.case import E2E
from harness.client import Client
from harness.sink import Delay
from harness.web import Web


class Live(E2E):
    def reload(self, s, changes=None, table=None):
        """Reloads with `changes`; the event that tells how it went."""
        if table is not None:
            s.table = table
        s.write_config(changes or {})
        seen = len(s.events("reloaded")), len(s.events("reload-refused"))
        self.told = lambda mark=len(s.log_text()): s.log_text()[mark:]
        s.send_signal(signal.SIGHUP)
        def outcome():
            good, bad = s.events("reloaded")[seen[0]:], s.events("reload-refused")[seen[1]:]
            return (good + bad or [None])[0]
        return net.wait_until(outcome, 60, "the end of the reload")

    def assertReloaded(self, event):
        self.assertEqual(event["event"], "reloaded", event)

    def assertRefused(self, event, *words):
        self.assertEqual(event["event"], "reload-refused", event)
        for word in words:
            self.assertIn(word, self.told())  # in the event, or in the problems beside it


class Listeners(Live):
    def test_listeners_come_and_go_under_running_sessions(self):
        s, sink = self.pair()
        c = s.client()
        c.ehlo()
        c.envelope()
        first, second = s.ports[0], net.free_port(s.host)
        self.assertReloaded(self.reload(s, {"listener": [{"address": f"{s.host}:{second}"}]}))
        self.assertFalse(net.connects(s.host, first), "the removed one refuses connections")
        with Client(s.host, second) as fresh:
            fresh.ehlo()
            self.assertReply(fresh.mail(mails.simple()), 250, "2.0.0")
        self.assertReply(c.data(mails.simple()), 250, "2.0.0")  # of the generation before, on its listener
        self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        s.write_config({"deadline": {"command": "2m"}})
        s.send_signal(signal.SIGHUP)
        self.assertIn("at most two generations", s.wait_event("reload-waits")["why"])
        done = len(s.events("reloaded"))
        c.quit()
        s.wait_event("reloaded", since=done)
        self.assertReloaded(self.reload(s, {"listener": [{"address": f"{s.host}:{first}"}, {"address": f"{s.host}:{second}", "tls": "implicit"}]}))
        for port, implicit in ((first, False), (second, True)):
            with Client(s.host, port, implicit_tls=implicit) as fresh:
                fresh.ehlo()
                self.assertReply(fresh.mail(mails.simple()), 250, "2.0.0")
        self.assertEqual(len(sink.accepted), 5)

    def test_an_address_that_cannot_be_had_changes_nothing(self):
        s, sink = self.pair()
        with net.socket.socket() as other:
            other.bind((s.host, 0))
            other.listen()
            taken = other.getsockname()[1]
            added = net.free_port(s.host)
            before = s.table
            event = self.reload(s, {"listener": [{"address": f"{s.host}:{added}"}, {"address": f"{s.host}:{taken}"}]})
            self.assertRefused(event, f"{s.host}:{taken}")
        self.assertFalse(net.connects(s.host, added))
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertReloaded(self.reload(s, table=before))

    def test_a_listener_of_each_kind_is_proven(self):
        s, _ = self.pair(listeners=[{"tls": "off"}, {"tls": "starttls", "require_tls": True}, {"tls": "implicit"},
                                    {"proxy_protocol": True, "proxy_protocol_from": ["192.0.2.1"]}])
        six = v6_port()
        changes = {"listener": s.table["listener"] + ([{"address": f"[::1]:{six}"}] if six else [])}
        self.assertReloaded(self.reload(s, changes))
        seen = {(e["listener"], e["sample"]): e for e in s.events("test-mail")}
        self.assertEqual(len(seen), 2 * (5 if six else 4))
        for (listener, sample), e in seen.items():
            self.assertEqual(e["failed"], "", e)
            self.assertEqual(e["verdict"], "forward" if sample == "clean" else "quarantine", e)
            self.assertEqual(e["tls"] == "", listener.endswith(f":{s.ports[0]}"), e)


def v6_port():
    """A free port of ::1; None on a machine without IPv6."""
    try:
        with net.socket.socket(net.socket.AF_INET6) as x:
            x.bind(("::1", 0))
            return x.getsockname()[1]
    except OSError:
        return None


class Page(Live):
    def test_the_page_moves_to_another_address(self):
        sink, web = self.sink(), Web()
        s = self.sluice(sink, web.config())
        web.of(s)
        self.assertEqual(web.get("/health/ready").status, 200)
        old, web.port = web.port, net.free_port(web.host)
        self.assertReloaded(self.reload(s, web.config()))
        self.assertEqual(web.get("/health/ready").status, 200)
        self.assertFalse(net.connects(web.host, old))
        with net.socket.socket() as other:
            other.bind((web.host, 0))
            other.listen()
            self.assertRefused(self.reload(s, {"status": {"listen": f"{web.host}:{other.getsockname()[1]}"}}), "status.listen")
        self.assertEqual(web.get("/health/ready").status, 200)
        self.assertReloaded(self.reload(s, {"status": {"listen": "off"}}))
        self.assertFalse(net.connects(web.host, web.port))


class Names(Live):
    ZONE = {("example.org", "TXT"): ["v=spf1 ip4:127.0.0.0/8 -all"], ("localhost", "A"): ["127.0.0.1"]}

    def test_other_dns_servers_and_authentication_on_and_off(self):
        one, two = self.dns(self.ZONE), self.dns({**self.ZONE, ("example.org", "TXT"): ["v=spf1 -all"]})
        s, sink = self.pair({"auth": {"enabled": True, "dmarc": "ignore"}, "dns": {"servers": [one.address], "ttl_min": "0s", "cache": "32KiB"}})

        def spf():
            with s.client() as c:
                c.ehlo()
                self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
                c.quit()
            return sink.accepted[-1].data.split(b"spf=")[1].split(b" ")[0].split(b";")[0].strip()
        self.assertEqual(spf(), b"pass")
        open_message = s.client()
        open_message.ehlo()
        open_message.envelope()
        self.assertReply(open_message.cmd("DATA"), 354)
        open_message.send(mails.simple()[:50])
        self.assertReloaded(self.reload(s, {"dns": {"servers": [two.address], "cache": "64KiB"}}))
        asked = len(two.asked)
        self.assertEqual(spf(), b"fail")
        self.assertGreater(len(two.asked), asked)
        open_message.send(mails.simple()[50:] + b".\r\n")
        self.assertReply(open_message.reply(), 250, "2.0.0")
        open_message.quit()
        self.assertReloaded(self.reload(s, {"auth": {"enabled": False}}))
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertNotIn(b"spf=fail", sink.accepted[-1].data)
        self.assertReloaded(self.reload(s, {"auth": {"enabled": True}}))
        self.assertEqual(spf(), b"fail")


class Memory(Live):
    def test_what_cannot_change_is_refused_with_its_key_and_what_can_changes(self):
        s, sink = self.pair({"memory": {"sessions": 8}})
        for change, key in (({"loops": 1}, "memory.loops"), ({"sessions": 9}, "memory.sessions"), ({"window_pool": "6MiB"}, "memory.window_pool"),
                            ({"history_entries": 5}, "memory.history_entries")):
            before = s.table
            self.assertRefused(self.reload(s, {"memory": change}), key, "restart")
            s.table = before
        self.assertReloaded(self.reload(s, {"memory": {"sessions": 2}, "baseline": {"save_interval": "2h"}, "quarantine": {"size": "32MiB"}}))
        kept = []
        for _ in range(2):
            kept.append(s.client())  # with a recipient at once: who has none makes room for others
            kept[-1].ehlo()
            kept[-1].envelope()
        third = s.client()
        self.assertReply(third.greeting, 421, "4.3.2")
        for c in kept:
            c.quit()
        self.assertReloaded(self.reload(s, {"memory": {"sessions": 8}}))
        kept = [s.client() for _ in range(4)]
        self.assertEqual([c.greeting.code for c in kept], [220] * 4)

    def test_a_configuration_that_does_not_fit_beside_the_running_one_is_refused_with_the_arithmetic(self):
        s, _ = self.pair({"memory": {"sessions": 8, "total": "22MiB", "sqlite_heap": "6MiB"}})
        event = self.reload(s, {"memory": {"sqlite_heap": "1MiB", "tls_heap": "7MiB"}})
        self.assertRefused(event, "memory.total", "quarantine index (SQLite)", "more than the 22.00MiB allowed")
        self.assertReloaded(self.reload(s, {"memory": {"tls_heap": None, "sqlite_heap": "1MiB"}}))
        self.assertReloaded(self.reload(s, {"memory": {"tls_heap": "7MiB"}}))


class Proof(Live):
    def test_a_mail_server_that_refuses_takes_the_new_configuration_back(self):
        s, sink = self.pair()
        sour = self.sink()
        sour.script["rcpt"] = "550 5.1.1 no such user"
        event = self.reload(s, {"route": [{"host": sour.address, "tls": "off", "health_check_interval": "1s"}]})
        self.assertRefused(event, "550", f"reaches {sink.address}")
        s.wait_event("generation-rolled-back")
        self.assertEqual(sour.command_lines("DATA"), [])
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertEqual(len(sink.accepted), 1)
        self.assertEqual(len(sour.command_lines("RSET")) > 0, True)

    def test_a_mail_server_that_puts_a_stranger_off_for_a_moment_is_no_reason(self):
        s, sink = self.pair()
        sink.script["rcpt"] = ["451 4.7.1 greylisted, come again"]
        self.assertReloaded(self.reload(s, {"deadline": {"command": "2m"}}))
        self.assertEqual(sink.script["rcpt"], [], "it did say so")
        said = s.events("test-mails")[-1]
        self.assertEqual((said["good"], said["to_blame"]), ("yes", "no"), said)
        self.assertIn("at first: 451", said["text"])

    def test_an_uplink_that_is_away_anyhow_is_no_reason(self):
        s, sink = self.pair()
        sink.stop()
        self.assertReloaded(self.reload(s, {"deadline": {"command": "2m"}}))
        self.assertIn("does not count", s.events("test-mails")[-1]["text"])

    def test_a_policy_that_lets_the_scam_through_is_taken_back_unless_verdicts_are_only_reported(self):
        s, _ = self.pair()
        self.assertRefused(self.reload(s, {"policy": {"quarantine_score": 90000}}), "scam test mail", "although it is a scam")
        self.assertReloaded(self.reload(s, {"policy": {"quarantine_score": 90000}, "probe": {"verdicts": False}}))
        self.assertReloaded(self.reload(s, {"policy": {"quarantine_score": 100, "observe": True}, "probe": {"verdicts": True}}))

    def test_the_recipient_can_be_named(self):
        s, sink = self.pair()
        self.assertReloaded(self.reload(s, {"probe": {"recipient": "someone@sub.example.net"}}))
        self.assertEqual(sink.transactions[-1].rcpt, ["RCPT TO:<someone@sub.example.net>"])
        self.assertRefused(self.reload(s, {"probe": {"recipient": "someone@elsewhere.test"}}))

    def test_all_slots_taken_and_the_pool_used_up_it_still_works(self):
        s, sink = self.pair({"memory": {"sessions": 3}})
        kept = []
        for _ in range(3):
            kept.append(s.client())  # with a recipient at once: who has none makes room for others
            kept[-1].ehlo()
            kept[-1].envelope()
        self.assertReply(s.client().greeting, 421, "4.3.2")
        reply = self.post(s)
        self.assertEqual((reply.status, reply.json()["good"]), (200, True), reply.text)
        for c in kept:
            self.assertReply(c.data(mails.simple()), 250, "2.0.0")

    def post(self, s):
        return Web().of(s).local("POST", "/api/v1/test-mail")

    def test_nothing_stays_of_a_test_mail(self):
        s, sink = self.pair({"auth": {"enabled": False}})
        web = Web().of(s)
        def counters():
            return {line.split()[0]: line.split()[1] for line in web.local("GET", "/metrics").text.splitlines()
                    if line.startswith("sluice_") and "_total" in line.split()[0]}
        self.assertEqual(web.local("GET", "/api/v1/test-mail").status, 404)
        before = counters()
        reply = self.post(s)
        self.assertEqual(reply.status, 200)
        report = reply.json()
        self.assertTrue(report["good"], report)
        self.assertEqual([m["verdict"] for m in report["mails"]], ["forward", "quarantine"])
        self.assertEqual(report["downstream"]["host"], sink.address)
        changed = {k for k, v in counters().items() if before.get(k) != v}
        self.assertLessEqual(changed, {"sluice_test_mail_runs_total", "sluice_downstream_connects_total"})
        self.assertEqual(s.events("message"), [])
        self.assertEqual(sink.command_lines("DATA"), [])
        self.assertEqual([t.rcpt for t in sink.transactions], [["RCPT TO:<postmaster@example.net>"]] * 2)
        self.assertEqual(web.local("GET", "/api/v1/test-mail").json()["text"], report["text"])
        self.assertEqual(json.loads(s.cli("quarantine", "stats", "--json", "--config", s.config_file).stdout)["messages"], 0)

    def test_a_stranger_from_the_same_machine_is_no_test_mail(self):
        s, sink = self.pair(config={"limit": {"connections_per_client": 2}})
        sink.script["rcpt"] = [Delay(3)] * 4
        answer = []
        t = threading.Thread(target=lambda: answer.append(self.post(s)))
        t.start()
        time.sleep(0.3)
        with Client(s.host, s.port, source="127.0.0.1") as c:
            c.ehlo("mx.example.net")
            self.assertReply(c.mail(mails.simple(), sender=""), 250, "2.0.0")
        t.join()
        self.assertTrue(answer[0].json()["good"])
        self.assertEqual(len(sink.accepted), 1, "an ordinary mail like any other")

    def test_it_ends_in_time_and_tells_where_it_stuck(self):
        s, sink = self.pair({"probe": {"timeout": "2s"}})
        sink.script["rcpt"] = Delay(30)
        began = time.monotonic()
        report = self.post(s).json()
        self.assertLess(time.monotonic() - began, 15)
        self.assertFalse(report["good"])
        self.assertFalse(report["downstream"]["accepted"])
        self.assertEqual([m["verdict"] for m in report["mails"]], ["forward", "quarantine"])
        health = Web().of(s).local("GET", "/health/mail-path")
        self.assertEqual(health.status, 503)
        self.assertIn("test mails", health.text)
