"""A DNS server that does what it should not: each way has a named result in Authentication-Results and a stated effect on
the reply (the table in proxy/dns/README.md), within the time for DNS, and the next message is verified as if nothing had been."""
import struct
import time
import unittest

from harness.auth import Auth, dkim, mail, results, signed
from harness.dns import Dns

GOOD = {("good.test", "TXT"): ["v=spf1 ip4:127.0.0.0/8 -all"], ("_dmarc.good.test", "TXT"): ["v=DMARC1; p=reject"]}


class Hostile(Dns):
    """Misbehaves for every name below `<way>.test`."""

    def answer(self, query, most=65535):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1").lower())
            at += query[at] + 1
        question, way = query[12:at + 5], labels[-2] if len(labels) > 1 else ""
        make = getattr(self, "way_" + way, None)
        return make(query, question, most) if make else super().answer(query, most)

    @staticmethod
    def head(query, flags, answers=0):
        return query[:2] + struct.pack("!HHHHH", flags, 1, answers, 0, 0)

    @staticmethod
    def txt(text=b"v=spf1 +all", name=b"\xc0\x0c"):
        return name + struct.pack("!HHIH", 16, 1, 300, len(text) + 1) + bytes([len(text)]) + text

    def way_forged(self, query, question, most):  # another id than was asked
        return struct.pack("!H", struct.unpack("!H", query[:2])[0] ^ 0x5555) + self.head(query, 0x8580, 1)[2:] + question + self.txt()

    def way_otherquestion(self, query, question, most):
        return self.head(query, 0x8580, 1) + b"\x04evil" + question[1 + question[0]:] + self.txt()

    def way_servfail(self, query, question, most):
        return self.head(query, 0x8582) + question

    def way_refused(self, query, question, most):
        return self.head(query, 0x8585) + question

    def way_cut(self, query, question, most):  # truncated, over TCP as well
        return self.head(query, 0x8780) + question

    def way_broken(self, query, question, most):  # a record that ends behind the message
        return self.head(query, 0x8580, 1) + question + self.txt()[:-4]

    def way_loop(self, query, question, most):  # an alias of itself
        return self.head(query, 0x8580, 1) + question + b"\xc0\x0c" + struct.pack("!HHIH", 5, 1, 300, 2) + b"\xc0\x0c"

    def way_huge(self, query, question, most):
        if most < 65535:
            return self.head(query, 0x8780) + question
        return self.head(query, 0x8580, 220) + question + self.txt(b"x" * 200) * 220

    def way_silent(self, query, question, most):
        return b""  # an empty datagram is no answer; over TCP it never comes to that


TEMPORARY = ("forged", "otherquestion", "servfail", "refused", "silent")
PERMANENT = ("cut", "broken", "loop", "huge")


@unittest.skipUnless(dkim, "python3-dkim is not installed")
class HostileDns(Auth):
    def begin(self, **config):
        dns = Hostile(GOOD).start()
        self.addCleanup(dns.stop)
        return self.start(dns.address, deadline={"end_of_data_dns": "3s"}, **config)

    def sent(self, s, sink, way):
        began, before = time.monotonic(), len(sink.accepted)
        reply = self.send(s, mail(f"{way}.test"), f"alice@{way}.test")
        self.assertLess(time.monotonic() - began, 12, way)
        return reply, results(sink.wait_accepted(before + 1)[-1]), s.events("message")[-1]

    def test_each_way_has_its_result_and_mail_goes_on(self):
        s, sink = self.begin()
        resident = s.resident_bytes("VmHWM")
        for ways, result in ((TEMPORARY, "temperror"), (PERMANENT, "permerror")):
            for way in ways:
                with self.subTest(way):
                    reply, got, event = self.sent(s, sink, way)
                    self.assertIn(f"spf={result}", got)
                    self.assertIn(f"dmarc={result}", got)
                    self.assertEqual(reply.code, 250)
                    self.assertEqual(event.get("unscanned"), "dns" if result == "temperror" else None, event)
        self.assertLess(s.resident_bytes("VmHWM") - resident, 4 << 20)
        got, _ = self.one(s, sink, mail("good.test"))
        self.assertIn("dmarc=pass", got)

    def test_with_defer_what_is_temporary_is_asked_to_come_again_and_the_rest_is_not(self):
        s, sink = self.begin(policy={"unscanned": {"dns": "defer"}})
        for way in TEMPORARY:
            with self.subTest(way):
                reply = self.send(s, mail(f"{way}.test"), f"alice@{way}.test", 451)
                self.assertEqual(reply.status, "4.4.3", repr(reply))
        self.assertEqual(sink.accepted, [])
        for way in PERMANENT:
            with self.subTest(way):
                _, got, _ = self.sent(s, sink, way)
                self.assertIn("dmarc=permerror", got)

    def test_the_time_of_a_message_bounds_its_questions_together(self):
        """One name that is silent, among others that answer: what is open after dns.time_per_message is temperror."""
        for limit, least, most in (("1s", 0, 4), ("8s", 3.5, 16)):
            with self.subTest(limit):
                dns = Hostile(GOOD).start()
                self.addCleanup(dns.stop)
                s, sink = self.start(dns.address, deadline={"end_of_data_dns": "1m"},
                                     dns={"servers": [dns.address], "try_timeout": "4s", "tries": 1, "outage_after": "1m", "time_per_message": limit})
                began = time.monotonic()
                got, event = self.one(s, sink, signed(mail("good.test"), "silent.test"))
                took = time.monotonic() - began
                self.assertIn("spf=pass", got)
                self.assertIn("dkim=temperror", got)
                self.assertGreater(took, least)
                self.assertLess(took, most)
                self.assertEqual(event.get("dns"), "cut-short" if limit == "1s" else None, event)

    def test_the_questions_of_a_message_are_counted_together(self):
        """DMARC's come first here: ten leave too few for a long SPF record."""
        zone = {**GOOD, ("_dmarc.chain.test", "TXT"): ["v=DMARC1; p=reject"],
                ("chain.test", "TXT"): ["v=spf1 " + " ".join(f"include:n{i}.chain.test" for i in range(9)) + " ip4:127.0.0.0/8 -all"],
                **{(f"n{i}.chain.test", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"] for i in range(9)}}
        for most, result in ((10, "temperror"), (160, "pass")):
            with self.subTest(most):
                dns = Dns(zone).start()
                self.addCleanup(dns.stop)
                s, sink = self.start(dns.address, dns={"servers": [dns.address], "questions_per_message": most})
                got, _ = self.one(s, sink, mail("chain.test"), "alice@chain.test")
                self.assertIn(f"dmarc={result}", got)
                if most == 10:
                    self.assertEqual(len([name for name, _ in dns.asked if name.endswith(".test")]), 10, dns.asked)
