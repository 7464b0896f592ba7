"""Sender authentication in the running proxy: what unbound's zones say is seen in Authentication-Results downstream, in
the log, on the page and in the quarantine; what the policy makes of it; and a DNS that fails in every way."""
import json
import re
import signal
import time
import unittest

from harness import mails, net
from harness.auth import ZONES, Auth, dkim, mail, public, results, signed
from harness.unbound import UNBOUND, Unbound


@unittest.skipUnless(UNBOUND and dkim, "unbound, python3-dkim or python3-nacl is not installed")
class OverUnbound(Auth):
    @classmethod
    def setUpClass(cls):
        cls.unbound = Unbound(ZONES.replace("{key}", public()))
        cls.addClassCleanup(cls.unbound.stop)

    def begin(self, auth=None, **config):
        return self.start(self.unbound.address, auth, **config)

    def test_what_passes_is_seen_downstream_in_the_log_and_on_the_page(self):
        port = net.free_port()
        s, sink = self.begin(status={"listen": f"127.0.0.1:{port}"})
        got, event = self.one(s, sink, signed(mail("good.test"), "good.test"))
        self.assertRegex(got, r"^mx\.example\.net; spf=pass smtp\.mailfrom=good\.test")
        for part in ("dkim=pass", "header.d=good.test header.s=sel", "arc=none", "dmarc=pass (p=reject dis=none) header.from=good.test"):
            self.assertIn(part, got)
        self.assertEqual(event["auth"], "spf=pass (good.test) dkim=pass (good.test) arc=none dmarc=pass (good.test)")
        page = self.page_of(s, port)
        self.assertIn("dmarc=pass (good.test)", page(f"/messages/{event['id']}"))
        metrics = net.wait_until(lambda: (lambda t: t if re.search(r"(?m)^sluice_dns_questions_total [1-9]", t) else None)(page("/metrics")))
        for name in ("auth_spf_pass", "auth_dkim_pass", "auth_dmarc_pass"):
            self.assertRegex(metrics, rf"(?m)^sluice_{name}_total 1$")

    def test_what_fails_is_seen_and_dmarc_is_ignored_tagged_or_honoured(self):
        broken = signed(mail("strict.test"), "strict.test").replace(b"at nine", b"at noon")
        for how, code, verdict in (("ignore", 250, "forward"), ("tag", 250, "tag"), ("honour", 550, "reject")):
            with self.subTest(how):
                s, sink = self.begin({"dmarc": how})
                reply = self.send(s, broken, "alice@strict.test", code)
                event = s.wait_event("message")
                self.assertEqual(event["verdict"], verdict, event)
                self.assertEqual(event["auth"], "spf=fail (strict.test) dkim=fail (strict.test) arc=none dmarc=fail (strict.test, reject)")
                if how == "honour":
                    self.assertReply(reply, 550, "5.7.1", event["id"])
                    self.assertEqual(sink.accepted, [])
                    continue
                got = results(sink.wait_accepted()[-1])
                for part in ("spf=fail smtp.mailfrom=strict.test", "dkim=fail", "body hash did not verify", "dmarc=fail (p=reject dis=reject)"):
                    self.assertIn(part, got)
                self.assertIn("dmarc-fail", json.dumps(event["findings"]))

    def test_a_trusted_forwarder_that_sealed_is_believed_and_another_is_not(self):
        seal, record = self.seal()
        unbound = Unbound(ZONES.replace("{key}", public()) + f"""local-data: 'sel._domainkey.seal.test. 300 IN TXT "{record[:200]}" "{record[200:]}"'\n""")
        self.addCleanup(unbound.stop)
        # The forwarder is another Sluice: it tags for a list's points, so it seals, and it has seen DMARC pass.
        forwarder, behind = self.start(unbound.address, {**seal, "list": [{"zone": "dnsbl.test", "points": 60}]})
        self.one(forwarder, behind, signed(mail("strict.test"), "strict.test"), "bounce@open.test")
        sealed = behind.accepted[-1].data
        self.assertTrue(sealed.startswith(b"ARC-Seal:"))
        for trusted, verdict in ((["seal.test"], "forward"), ([], "tag")):
            with self.subTest(trusted):
                s, sink = self.start(unbound.address, {"trusted_sealers": trusted})
                got, _ = self.one(s, sink, sealed, "bounce@open.test")
                self.assertIn("arc=pass (i=1)", got)
                self.assertIn("dmarc=pass", got)
                changed = sealed.replace(b"v=1; a=ed25519-sha256", b"v=1; a=ed25519-sha256 ")  # the author's signature alone
                changed = re.sub(rb"(?m)^(DKIM-Signature: .*?; bh=)", rb"\1A", changed, count=1, flags=re.S)
                got, event = self.one(s, sink, changed, "bounce@open.test")
                self.assertIn("arc=pass (i=1)", got)
                self.assertIn("dmarc=fail", got)
                self.assertEqual(event["verdict"], verdict, event)
                broken = changed.replace(b"at nine", b"at noon")
                got, event = self.one(s, sink, broken, "bounce@open.test")
                self.assertIn("arc=fail", got)
                self.assertEqual(event["verdict"], "tag", event)

    def test_tagged_mail_is_sealed_and_the_seal_verifies(self):
        seal, record = self.seal()
        s, sink = self.begin(seal)
        for content in (mail("strict.test"), mail("strict.test", "line of text\r\n" * 30000)):
            before = len(sink.accepted)
            self.send(s, content, "alice@strict.test")
            data = sink.wait_accepted(before + 1)[-1].data
            self.assertTrue(data.startswith(b"ARC-Seal: "), data[:200])
            self.assertTrue(data.endswith(content))
            cv, _, reason = dkim.arc_verify(data, dnsfunc=lambda name, timeout=5: record.encode())
            self.assertEqual(cv, b"pass", reason)
        self.one(s, sink, signed(mail("good.test"), "good.test"))
        self.assertNotIn(b"ARC-Seal", sink.accepted[-1].data)  # nothing was wrong with it

    def test_lists_of_clients_and_of_link_hosts_add_their_points(self):
        s, sink = self.begin({"list": [{"zone": "dnsbl.test", "codes": ["127.0.0.2"], "points": 20},
                                       {"zone": "hosts.test", "subject": "link", "points": 40},
                                       {"zone": "hosts.test", "subject": "client", "codes": ["127.0.0.9"], "points": 40}]})
        _, event = self.one(s, sink, mail("open.test", "Look at https://a.shop.evil-host.com/page now.\r\n"), "alice@open.test")
        listed = [f for f in event["findings"] if f["rule"] == "listed"]
        self.assertEqual({(f["weight"], f["words"]) for f in listed},
                         {(20, event["client"] + " in dnsbl.test"), (40, "evil-host.com in hosts.test")})
        self.assertEqual(event["verdict"], "tag", event)

    def test_a_claimed_profile_needs_its_sender_and_a_pass_gives_nothing(self):
        s, sink = self.begin()
        _, genuine = self.one(s, sink, mails.sample("genuine_entra.eml"), "bounce@microsoftonline.com")
        self.assertEqual((genuine["profile"], genuine["verdict"], genuine["score"]), ("entra", "forward", 0), genuine)
        self.send(s, mails.sample("entra_tenant_name_scam.eml"), "bounce@microsoftonline.com")
        scam = s.events("message")[-1]
        self.assertEqual(scam["outcome"], "quarantined")
        self.assertNotIn("spoofed-profile", json.dumps(scam["findings"]))
        self.send(s, mails.sample("genuine_paypal.eml"), "service@paypal.com")
        spoofed = s.events("message")[-1]
        self.assertEqual((spoofed["outcome"], spoofed["profile"]), ("quarantined", "paypal"))
        self.assertIn("spoofed-profile", json.dumps(spoofed["findings"]))
        shown = s.cli("quarantine", "show", spoofed["id"], "--config", s.config_file)
        self.assertIn("spf=fail (paypal.com)", shown.stdout + shown.stderr)

    def test_forged_results_of_ours_are_removed_and_those_of_others_stay(self):
        s, sink = self.begin()
        forged = b"Authentication-Results: mx.example.net; dmarc=pass header.from=good.test\r\nAuthentication-Results: (x) MX.Example.NET 1;\r\n spf=pass\r\n"
        other = b"Authentication-Results: elsewhere.example; spf=fail\r\n"
        self.send(s, forged + other + mail("good.test"), "alice@strict.test")
        data = sink.wait_accepted()[-1].data
        self.assertEqual(len(re.findall(rb"(?im)^authentication-results: *(?:\(x\) )?mx\.example\.net", data)), 1)
        self.assertIn("spf=fail smtp.mailfrom=strict.test", results(sink.accepted[-1]))
        self.assertIn(other, data)

    def test_the_client_behind_a_trusted_relay_is_the_one_that_counts(self):
        s, sink = self.begin({"trusted_relays": ["127.0.0.0/8"]})
        via = (b"Received: from relay.example (relay.example [127.0.0.9])\r\n\tby mx1.example; Mon, 23 Nov 2026 09:00:02 +0000\r\n"
               b"Received: from mail.paypal.example (mail.paypal.example [192.0.2.1])\r\n\tby relay.example; Mon, 23 Nov 2026 09:00:01 +0000\r\n")
        got, _ = self.one(s, sink, via + mail("paypal.com"), "alice@paypal.com")
        self.assertIn("spf=pass smtp.mailfrom=paypal.com", got)

    def test_without_check_helo_only_the_sender_is_asked_about(self):
        s, sink = self.begin({"check_helo": False})
        got, _ = self.one(s, sink, mail("open.test"), "alice@open.test")
        self.assertIn("spf=pass smtp.mailfrom=open.test", got)
        self.assertNotIn("smtp.helo", got)

    def test_long_mail_streams_with_spf_alone_or_is_held_when_dmarc_may_object(self):
        s, sink = self.begin()
        body = "A line of the minutes.\r\n" * 20000
        got, event = self.one(s, sink, mail("open.test", body), "alice@open.test")
        self.assertEqual(event["way"], "streamed")
        self.assertEqual(got, "mx.example.net; spf=pass smtp.mailfrom=open.test; spf=none smtp.helo=mail.sender.example")
        got, event = self.one(s, sink, signed(mail("strict.test", body), "strict.test"), "bounce@open.test")
        self.assertEqual(event["way"], "spilled")
        self.assertIn("dmarc=pass", got)
        self.assertIn("dkim=pass", got)

    def test_a_header_longer_than_its_window_is_verified_all_the_same(self):
        s, sink = self.begin(memory={"sessions": 64, "loops": 1, "window_pool": "1MiB", "window_max": "16KiB"})
        extra = "".join(f"X-Filler-{i}: {'x' * 60}\r\n" for i in range(600))
        got, event = self.one(s, sink, signed(mail("good.test", extra=extra), "good.test"))
        self.assertEqual(event["way"], "spilled")
        self.assertIn("dmarc=pass", got)
        self.assertIn("dkim=pass", got)

    def test_a_thousand_signatures_and_ten_thousand_fields_have_a_stated_end(self):
        s, sink = self.begin(limit={"header_size": "1MiB", "connections_per_client": 1000})
        fields = b"".join(b"DKIM-Signature: v=1; a=rsa-sha256; d=d%d.test; s=s; h=from; bh=; b=AA==\r\n" % i for i in range(800))
        got, event = self.one(s, sink, fields[:60000].rsplit(b"\r\n", 1)[0] + b"\r\n" + mail("good.test"))
        self.assertEqual(got.count("dkim=permerror"), 8)
        self.assertIn("dkim-many", json.dumps(event["findings"]))
        resident, began, before = s.resident_bytes("VmHWM"), time.monotonic(), s.cpu_seconds()
        many = b"".join(b"DKIM-Signature: v=1; a=rsa-sha256; d=d%d.test; s=s; h=from; bh=AA==; b=AA==\r\n" % i for i in range(1000))
        got, _ = self.one(s, sink, many + mail("good.test"))
        self.assertIn('dmarc=permerror reason="the header is too large"', got)
        got, _ = self.one(s, sink, b"X-A: b\r\n" * 10000 + mail("good.test"))
        self.assertRegex(got, r'dmarc=permerror reason="the header (is too large|has too many fields)"')
        line = b"X-Long: " + b"y" * 900 + b"\r\n" + (b" " + b"z" * 900 + b"\r\n") * 65
        got, _ = self.one(s, sink, line + signed(mail("good.test"), "good.test"))
        self.assertIn("dkim=pass", got)
        whole = b"X-Long: " + b"y" * 63000 + b"\r\n"  # one line, no folding: longer than RFC 5322 2.1.1 allows
        got, _ = self.one(s, sink, whole + signed(mail("good.test"), "good.test"))
        self.assertIn("dkim=pass", got)
        self.assertLess(s.cpu_seconds() - before, 2)
        self.assertLess(time.monotonic() - began, 20)
        self.assertLess(s.resident_bytes("VmHWM") - resident, 4 << 20)

    def test_one_silent_zone_costs_its_time_and_nothing_more(self):
        s, sink = self.begin(deadline={"end_of_data_dns": "2s"})
        began = time.monotonic()
        got, event = self.one(s, sink, mail("silent.test"), "alice@silent.test")
        self.assertLess(time.monotonic() - began, 15)
        self.assertIn("spf=temperror", got)
        self.assertEqual(event.get("unscanned"), "dns", event)
        got, _ = self.one(s, sink, signed(mail("good.test"), "good.test"))
        self.assertIn("dmarc=pass", got)

    def test_reload_changes_the_policy_and_the_dns_servers_without_a_restart(self):
        s, sink = self.begin()
        s.write_config({"auth": {"dmarc": "ignore"}})
        s.send_signal(signal.SIGHUP)
        s.wait_event("reloaded")
        got, event = self.one(s, sink, mail("strict.test"), "alice@strict.test")
        self.assertEqual(event["verdict"], "forward")
        self.assertIn("dmarc=fail", got)
        s.write_config({"dns": {"servers": ["127.0.0.1:9"]}})
        s.send_signal(signal.SIGHUP)
        s.wait_event("reloaded", since=1)
        got, _ = self.one(s, sink, mail("other.test"), "alice@other.test")
        self.assertIn("spf=temperror", got)


class BadDns(Auth):
    """No unbound needed: a scripted server that is silent, fails, or is not there at all."""
    ZONE = {("good.test", "TXT"): ["v=spf1 ip4:127.0.0.0/8 -all"], ("_dmarc.good.test", "TXT"): ["v=DMARC1; p=none"],
            ("localhost", "A"): ["127.0.0.1"]}

    def test_nobody_answers_mail_flows_and_the_outage_is_known_and_ends(self):
        dns = self.dns(self.ZONE)
        dns.silent = True
        s, sink = self.start(dns.address)
        s.wait_event("dns-down")
        began = time.monotonic()
        got, event = self.one(s, sink, mail("good.test"))
        self.assertLess(time.monotonic() - began, 5)
        self.assertIn("spf=temperror", got)
        self.assertEqual((event["unscanned"], event["verdict"]), ("dns", "forward"))
        _, event = self.one(s, sink, mails.sample("genuine_entra.eml"), "bounce@microsoftonline.com")
        self.assertEqual((event["verdict"], event["profile"]), ("forward", "entra"))
        self.assertIn("unverified-profile", json.dumps(event["findings"]))
        dns.silent = False
        s.wait_event("dns-up")
        got, _ = self.one(s, sink, mails.simple(sender="alice@good.test", body="again\r\n"), "carol@good.test")
        self.assertRegex(got, "dmarc=pass|temperror")  # failures are remembered for some seconds

    def test_the_policy_says_what_a_message_without_dns_becomes(self):
        for how, code, status in (("defer", 451, "4.4.3"), ("reject", 550, "5.7.1"), ("quarantine", 250, "2.0.0"), ("tag", 250, "2.0.0")):
            with self.subTest(how):
                s, sink = self.start(f"127.0.0.1:{net.free_port('127.0.0.1')}", policy={"unscanned": {"dns": how}})
                reply = self.send(s, mail("good.test"), code=code)
                self.assertEqual(reply.status, status, repr(reply))
                event = s.wait_event("message")
                self.assertEqual(event["verdict"], how, event)
                self.assertEqual(event["unscanned"], "dns")

    def test_a_client_that_leaves_while_dns_is_waited_for_leaves_nothing_behind(self):
        dns = self.dns(self.ZONE)
        s, sink = self.start(dns.address, **{"dns": {"servers": [dns.address], "outage_after": "1m", "try_timeout": "10s"}})
        s.wait_ready()
        dns.silent = True
        c = s.client()
        c.ehlo("h")
        c.envelope("alice@slow.test")
        c.cmd("DATA")
        c.send(mail("slow.test") + b".\r\n")
        time.sleep(0.6)
        c.reset()
        event = s.wait_event("message")
        self.assertEqual(event["outcome"], "abandoned", event)
        self.assertEqual(sink.accepted, [])

    def test_the_wait_at_the_end_of_the_data_has_a_bound(self):
        dns = self.dns(self.ZONE)
        s, sink = self.start(dns.address, **{"dns": {"servers": [dns.address], "outage_after": "1m", "try_timeout": "10s"},
                                             "deadline": {"end_of_data_dns": "1s"}})
        dns.silent = True
        began = time.monotonic()
        got, event = self.one(s, sink, mail("slow.test"), "alice@slow.test")
        self.assertGreater(time.monotonic() - began, 0.9)
        self.assertLess(time.monotonic() - began, 8)
        self.assertIn("spf=temperror", got)
        self.assertEqual(event["dns"], "cut-short")

    def test_switched_off_nothing_is_asked_and_a_claim_is_believed(self):
        dns = self.dns(self.ZONE)
        s, sink = self.start(dns.address, {"enabled": False})
        got, event = self.one(s, sink, mails.sample("genuine_entra.eml"), "bounce@microsoftonline.com")
        self.assertEqual(got, "mx.example.net; none")
        self.assertEqual((event["profile"], event["verdict"]), ("entra", "forward"))
        self.assertNotIn("auth", event)
        self.assertEqual(dns.asked, [])


if __name__ == "__main__":
    unittest.main()
