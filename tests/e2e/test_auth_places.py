"""Where a result of sender authentication is seen: in Authentication-Results downstream, in the log and on the page, for
what passes, fails, is rejected, was forwarded with a seal, and was held and released."""
import re
import unittest

from harness import mails, net
from harness.auth import ZONES, Auth, dkim, mail, public, results, signed
from harness.unbound import UNBOUND, Unbound


@unittest.skipUnless(UNBOUND and dkim, "unbound, python3-dkim or python3-nacl is not installed")
class Places(Auth):
    @classmethod
    def setUpClass(cls):
        cls.unbound = Unbound(ZONES.replace("{key}", public()))
        cls.addClassCleanup(cls.unbound.stop)

    def begin_with_page(self, server=None, auth=None, **config):
        port = net.free_port()
        s, sink = self.start(server or self.unbound.address, auth, status={"listen": f"127.0.0.1:{port}"}, **config)
        return s, sink, self.page_of(s, port)

    def counted(self, page, *names):
        """The counters `names` are 1 each, all others of authentication 0."""
        metrics = page("/metrics")
        for name, value in re.findall(r"(?m)^sluice_auth_(\w+)_total (\d+)$", metrics):
            self.assertEqual(int(value), 1 if name in names else 0, name)

    def see(self, content, sender, downstream, event_text, counters):
        s, sink, page = self.begin_with_page(auth={"dmarc": "ignore"})
        got, event = self.one(s, sink, content, sender)
        for part in downstream:
            self.assertIn(part, got)
        self.assertEqual(event["auth"], event_text)
        self.assertIn(event_text, page(f"/messages/{event['id']}"))
        self.counted(page, *counters)

    def test_spf_pass(self):
        self.see(mail("open.test"), "alice@open.test", ["spf=pass smtp.mailfrom=open.test", "dkim=none", "dmarc=none"],
                 "spf=pass (open.test) dkim=none arc=none dmarc=none (open.test)", ["spf_pass"])

    def test_spf_fail_and_dmarc_fail(self):
        self.see(mail("strict.test"), "alice@strict.test", ["spf=fail smtp.mailfrom=strict.test", "dmarc=fail (p=reject dis=reject)"],
                 "spf=fail (strict.test) dkim=none arc=none dmarc=fail (strict.test, reject)", ["spf_fail", "dmarc_fail"])

    def test_dkim_pass_where_spf_fails(self):
        self.see(signed(mail("strict.test"), "strict.test"), "alice@strict.test",
                 ["spf=fail", "dkim=pass (256-bit key) header.d=strict.test header.s=sel", "dmarc=pass"],
                 "spf=fail (strict.test) dkim=pass (strict.test) arc=none dmarc=pass (strict.test)", ["spf_fail", "dkim_pass", "dmarc_pass"])

    def test_dkim_fail_where_spf_passes(self):
        self.see(signed(mail("good.test"), "good.test").replace(b"at nine", b"at noon"), "alice@good.test",
                 ["spf=pass", 'dkim=fail (256-bit key) reason="body hash did not verify" header.d=good.test', "dmarc=pass"],
                 "spf=pass (good.test) dkim=fail (good.test) arc=none dmarc=pass (good.test)", ["spf_pass", "dkim_fail", "dmarc_pass"])

    def test_dmarc_reject_is_in_the_reply_the_log_and_on_the_page(self):
        s, sink, page = self.begin_with_page(auth={"dmarc": "honour"})
        reply = self.send(s, mail("strict.test"), "alice@strict.test", 550)
        event = s.wait_event("message")
        self.assertReply(reply, 550, "5.7.1", event["id"])
        self.assertEqual((event["verdict"], event["outcome"]), ("reject", "rejected"), event)
        self.assertIn("dmarc=fail (strict.test, reject)", event["auth"])
        shown = page(f"/messages/{event['id']}")
        self.assertIn(event["id"], shown)
        self.assertIn("dmarc=fail (strict.test, reject)", shown)
        self.assertIn("dmarc-fail", shown)
        self.counted(page, "spf_fail", "dmarc_fail")
        self.assertEqual(sink.accepted, [])

    def test_arc_through_a_forwarder(self):
        seal, record = self.seal()
        unbound = Unbound(ZONES.replace("{key}", public()) + f"""local-data: 'sel._domainkey.seal.test. 300 IN TXT "{record[:200]}" "{record[200:]}"'\n""")
        self.addCleanup(unbound.stop)
        forwarder, behind = self.start(unbound.address, {**seal, "list": [{"zone": "dnsbl.test", "points": 60}]})
        self.one(forwarder, behind, signed(mail("strict.test"), "strict.test"), "bounce@open.test")
        sealed = behind.accepted[-1].data
        for content, result, counters in ((sealed, "pass", ["spf_pass", "dkim_pass", "arc_pass", "dmarc_pass"]),
                                          (sealed.replace(b"at nine", b"at noon"), "fail", ["spf_pass", "dkim_fail", "arc_fail", "dmarc_fail"])):
            with self.subTest(result):
                s, sink, page = self.begin_with_page(unbound.address, {"trusted_sealers": ["seal.test"]})
                got, event = self.one(s, sink, content, "bounce@open.test")
                self.assertIn(f"arc={result} (i=1)", got)
                self.assertIn(f"arc={result}", event["auth"])
                self.assertIn(event["auth"], page(f"/messages/{event['id']}"))
                self.counted(page, *counters)

    def test_held_mail_is_released_with_the_results_of_its_reception_and_its_signature_intact(self):
        s, sink, _ = self.begin_with_page(auth={"dmarc": "ignore"})
        content = signed(mails.sample("entra_tenant_name_scam.eml"), "good.test")
        self.send(s, content, "bounce@microsoftonline.com")
        event = s.wait_event("message")
        self.assertEqual(event["verdict"], "quarantine", event)
        released = s.cli("quarantine", "release", event["id"], "--config", s.config_file)
        self.assertEqual(released.returncode, 0, released.stdout + released.stderr)
        transaction = sink.wait_accepted(1)[0]
        got = results(transaction)
        for part in ("mx.example.net; spf=pass smtp.mailfrom=microsoftonline.com", "dkim=pass (256-bit key) header.d=good.test",
                     "dmarc=pass (p=none dis=none)"):
            self.assertIn(part, got)
        self.assertTrue(transaction.data.endswith(content))
        record = f"v=DKIM1; k=ed25519; p={public()}".encode()
        self.assertTrue(dkim.verify(transaction.data, dnsfunc=lambda name, timeout=5: record))
