"""Events at a real syslog server (rsyslogd): UDP, TCP, TLS and a local socket; what happens when it is not there, is somebody else,
or does not read."""
import json
import os
import re
import socket
import time
import unittest

from harness import certs, mails, net
from harness.case import E2E
from harness.rsyslog import RSYSLOGD, Rsyslog

SCAM, SENDER = "entra_tenant_name_scam.eml", "bounce@microsoftonline.com"
NASTY = "]x\" =\\ \u202e\u20ac"


class Deaf:
    """Takes connections and never reads."""
    def __init__(self):
        self.host, self.listener = net.own_address(), socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.listener.bind((self.host, 0))
        self.listener.listen(5)
        self.address = f"{self.host}:{self.listener.getsockname()[1]}"


@unittest.skipUnless(RSYSLOGD, "SKIPPED: no rsyslogd here (package rsyslog)")
class Syslog(E2E):
    def server(self, transport, **more):
        server = Rsyslog(transport, **more)
        self.addCleanup(server.stop)
        return server

    def logged(self, server, extra=None, **config):
        syslog = {"server": server.address, "transport": getattr(server, "transport", "tcp"), **(extra or {})}
        sink = self.sink()
        return self.sluice(sink, {"log": {"format": "json", "level": "info", "syslog": syslog}, **config}), sink

    def one_mail(self, s, subject=NASTY):
        with s.client() as c:
            c.ehlo()
            lure = mails.sample(SCAM).replace(b"Subject: ", b"Subject: " + subject.encode() + b" ", 1)
            self.assertReply(c.mail(lure, sender=SENDER, parameters=" BODY=8BITMIME"), 250)
        return s.wait_event("message")

    def assertSameEvent(self, received, local):
        """What rsyslog understood is what our own JSON line says, field by field."""
        self.assertEqual(received["pri"], "22")
        self.assertEqual((received["hostname"], received["app-name"], received["protocol-version"]), ("mx.example.net", "sluice", "1"))
        self.assertTrue(received["procid"].isdigit())
        self.assertRegex(received["rawmsg"], r"^<22>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")
        self.assertLessEqual(len(received["rawmsg"].encode()), 8192)
        fields = {k: v for k, v in local.items() if k not in ("time", "level", "event")}
        self.assertEqual(set(received["event"]), set(fields))
        for name, value in fields.items():
            if name == "findings":
                value = json.loads(json.dumps(value))
                self.assertEqual([f["rule"] for f in json.loads(received["event"][name])], [f["rule"] for f in value])
            elif isinstance(value, str):
                visible = re.sub("[\u200b-\u200f\u2028-\u202e\u2060-\u206f\u061c\ufeff\x00-\x1f\x7f-\x9f]", lambda m: f"\\u{ord(m[0]):04x}", value)
                self.assertEqual(received["event"][name], visible, name)
            else:
                self.assertEqual(received["event"][name], str(value), name)

    def test_the_enterprise_number_names_the_structured_data(self):
        server = self.server("udp")
        s, _ = self.logged(server, {"enterprise_number": 4711})
        self.one_mail(s)
        got = server.wait("message")[0]
        self.assertEqual(got["data"]["sluice@4711"]["outcome"], "quarantined", got["rawmsg"])
        self.assertNotIn("sluice@32473", got["data"])

    def test_every_transport_brings_the_event_as_it_is(self):
        for transport in ("udp", "tcp", "tls"):
            with self.subTest(transport=transport):
                server = self.server(transport)
                extra = {"ca_file": str(certs.ca() / "ca.crt"), "tls_name": "syslog.example.net"} if transport == "tls" else {}
                s, _ = self.logged(server, extra)
                event = self.one_mail(s)
                self.assertIn("slot-phone", [f["rule"] for f in event["findings"]])
                received = server.wait("message")[0]
                self.assertSameEvent(received, event)
                text = received["msg"].lstrip(" \ufeff")
                self.assertTrue(text.startswith(f'message id="{event["id"]}" outcome="quarantined"'), text)
                numbers = [int(m["data"]["meta"]["sequenceId"]) for m in server.messages()]
                self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
                self.assertEqual(s.stop(), 0)
                server.wait("stopping")

    def test_the_local_format_rfc5424_is_read_by_the_same_server_through_a_datagram_socket(self):
        server = self.server("unix")
        s = self.sluice(self.sink(), {"log": {"format": "rfc5424", "target": str(server.socket)}}, start=False)
        s.spawn()
        s.wait_ready()
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250)
        m = server.wait("message")[0]
        self.assertEqual((m["hostname"], m["app-name"], m["event"]["outcome"]), ("mx.example.net", "sluice", "forwarded"))
        server.pause()
        with s.client() as c:  # nobody there: mail goes on
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250)
        server.start()
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250)
        server.wait("message", 2)

    def test_a_server_of_another_name_or_another_authority_gets_nothing(self):
        other = certs.ca() / "ca.crt"
        for extra, why in (({"ca_file": str(other), "tls_name": "elsewhere.example.net"}, "name"), ({"tls_name": "syslog.example.net"}, "authority")):
            with self.subTest(why=why):
                if why == "authority" and not os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
                    self.skipTest("SKIPPED: no CA bundle here (package ca-certificates)")
                server = self.server("tls")
                s, _ = self.logged(server, extra)
                s.wait_event("syslog-down")
                self.one_mail(s)
                time.sleep(1)
                self.assertEqual(server.messages("message"), [])
                self.assertEqual(s.events("syslog-up"), [])

    def test_a_server_that_was_away_gets_what_waited_and_the_number_of_what_was_lost(self):
        server = self.server("tcp")
        s, _ = self.logged(server, {"queue": "16KiB"})
        s.wait_event("syslog-up")
        self.one_mail(s)
        server.wait("message")
        server.pause()
        s.wait_event("syslog-down")
        before = len(s.events("message"))
        for n in range(60):
            with s.client() as c:
                c.ehlo()
                self.assertReply(c.mail(mails.simple(f"away {n}")), 250)
        net.wait_until(lambda: len(s.events("message")) == before + 60, 20, "60 events")
        server.start()
        s.wait_event("syslog-up", since=1)
        lost = s.wait_event("syslog-lost")["events"]
        server.wait("syslog-lost")
        self.assertGreater(lost, 0)
        self.assertEqual(server.messages("syslog-lost")[0]["event"]["events"], str(lost))
        local = [e for e in s.events() if e["event"] != "syslog-up"]
        numbers = sorted({int(m["data"]["meta"]["sequenceId"]) for m in server.messages()})
        missing = set(range(1, numbers[-1] + 1)) - set(numbers)
        self.assertLessEqual(len(missing), lost + 1, "more is missing than was told")  # one: what the kernel had taken
        self.assertGreaterEqual(len(missing), lost - 1)
        self.assertGreater(len(local), 60)

    def test_a_server_that_does_not_read_never_holds_mail_up(self):
        deaf = Deaf()
        self.addCleanup(deaf.listener.close)
        s, sink = self.logged(deaf, {"queue": "16KiB"})
        s.wait_event("syslog-up")
        began, longest = time.monotonic(), 0
        for n in range(200):
            with s.client() as c:
                c.ehlo()
                sent = time.monotonic()
                self.assertReply(c.mail(mails.simple(f"deaf {n}")), 250)
                longest = max(longest, time.monotonic() - sent)
        self.assertLess(longest, 5, "a mail waited for the log")
        print(f"    200 mails in {time.monotonic() - began:.1f} s, slowest {longest:.2f} s", flush=True)
        self.assertEqual(len(sink.accepted), 200)
        s.wait_event("syslog-down", why="no answer in time")

    def test_a_reload_changes_the_server_and_opens_the_file_anew(self):
        first, second = self.server("tcp"), self.server("udp")
        target = self.folder / "events"
        s = self.sluice(self.sink(), {"log": {"target": str(target), "syslog": {"server": first.address, "transport": "tcp"}}}, start=False)
        s.spawn()
        s.wait_ready()
        first.wait("started")
        os.rename(target, self.folder / "events.1")
        s.write_config({"log": {"syslog": {"server": second.address, "transport": "udp"}}})
        s.send_signal(1)
        second.wait("syslog-up")
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250)
        second.wait("message")
        self.assertIn('"event":"message"', target.read_text())
        self.assertNotIn('"event":"message"', (self.folder / "events.1").read_text())
        self.assertEqual(first.messages("message"), [])
