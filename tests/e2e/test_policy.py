"""What the policy does with a verdict, on each way a message can take, and what the client is told."""
import json
import signal
import subprocess

from harness import mails, net
from harness.case import E2E
from harness.process import PROGRAM

SCAM, SENDER = "entra_tenant_name_scam.eml", "bounce@microsoftonline.com"


def many_parts(n):
    """More parts than are looked at: broken MIME."""
    parts = b"".join(b"--cut\r\nContent-Type: text/plain\r\n\r\npart %d\r\n" % i for i in range(n))
    return (b"From: Alice <alice@example.org>\r\nTo: Bob <bob@example.net>\r\nSubject: Parts\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: multipart/mixed; boundary=cut\r\n\r\n" + parts + b"--cut--\r\n")


class Policy(E2E):
    def answer(self, config, content, sender="alice@example.org"):
        s, sink = self.pair(config)
        with s.client() as c:
            c.ehlo()
            reply = c.mail(content, sender=sender)
            # The session goes on whatever was decided.
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
            c.quit()
        return reply, s.events("message")[0], [t for t in sink.accepted if mails.simple() not in t.data]

    def test_a_score_above_reject_is_refused_with_rule_ids_and_no_word_of_the_attacker(self):
        reply, event, accepted = self.answer({"policy": {"reject_score": 150}}, mails.sample(SCAM), SENDER)
        self.assertReply(reply, 550, "5.7.1", "Rejected by policy")
        self.assertIn(event["id"], reply.text)
        self.assertIn("slot-phone", reply.text)
        self.assertNotIn("555-0142", reply.text)
        self.assertEqual(event["outcome"], "rejected")
        self.assertEqual(accepted, [])

    def test_a_score_above_tag_is_forwarded_with_header_fields_that_say_so(self):
        config = {"policy": {"tag_score": 50, "quarantine_score": 0}}
        reply, event, accepted = self.answer(config, mails.sample(SCAM), SENDER)
        self.assertReply(reply, 250, "2.0.0")
        self.assertEqual(event["verdict"], "tag")
        self.assertSame(accepted[0], mails.sample(SCAM))
        head = accepted[0].data[:-len(mails.sample(SCAM))]
        self.assertIn(b"X-Sluice-Verdict: tag", head)
        self.assertIn(event["id"].encode(), head)
        self.assertNotIn(b"555-0142", head)

    def test_observe_forwards_everything_and_tells_what_it_would_have_done(self):
        reply, event, accepted = self.answer({"policy": {"observe": True}}, mails.sample(SCAM), SENDER)
        self.assertReply(reply, 250, "2.0.0")
        self.assertSame(accepted[0], mails.sample(SCAM))
        self.assertEqual(event["verdict"], "forward")
        self.assertIn("slot-phone", json.dumps(event["findings"]))

    def test_profiles_of_the_site_replace_and_join_the_ones_built_in(self):
        s, sink = self.pair()
        s.stop()
        folder = s.folder / "profiles"
        folder.mkdir()
        (folder / "bank.toml").write_text('id = "bank"\nname = "Bank"\nsource = "written for this test"\n[identity]\nfrom = ["notice@bank.example"]\n'
                                          'link_domains = ["bank.example"]\n[[subject]]\ntemplate = "Message from {sender:name}"\n')
        s.write_config({"inspect": {"profiles_directory": str(folder)}})
        s.start()
        lure = mails.simple("Message from Your account is locked, call +1 (888) 555-0142 now", sender="notice@bank.example")
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(lure, sender="notice@bank.example"), 250, "2.0.0")
        event = s.wait_event("message")
        self.assertEqual((event["profile"], event["verdict"]), ("bank", "quarantine"), event)
        # A profile that cannot be read is an error with its place, and the generation in force stays.
        (folder / "bank.toml").write_text('id = "bank"\nnmae = "Bank"\n')
        s.send_signal(signal.SIGHUP)
        refused = s.wait_event("reload-refused")
        self.assertIn("bank.toml:2", refused["why"])
        self.assertIn("nmae", refused["why"])

    def replays(self, entries):
        """The events of one signature, sent to five readers."""
        s, sink = self.pair({"policy": {"quarantine_score": 0}, "memory": {"signature_entries": entries}})
        signed = b"DKIM-Signature: v=1; a=rsa-sha256; d=microsoftonline.com; s=x; h=from;\r\n bh=AA==; b=Qm\r\n 9i\r\n" + mails.sample(SCAM)
        with s.client() as c:
            c.ehlo()
            for n in range(5):
                self.assertReply(c.mail(signed, sender=SENDER, recipients=(f"reader{n}@example.net",)), 250, "2.0.0")
        s.wait_event("message", since=4)
        return s.events("message")

    def test_without_memory_for_signatures_none_is_seen_again(self):
        last = self.replays(0)[4]
        self.assertNotIn("replayed", [f["rule"] for f in last["findings"]])
        self.assertNotIn("signature_messages", last)

    def test_one_signature_for_many_readers_multiplies_what_was_found(self):
        events = self.replays(64)
        rules = [[f["rule"] for f in e["findings"]] for e in events]
        self.assertNotIn("replayed", rules[1])
        self.assertIn("replayed", rules[4])
        self.assertEqual(events[4]["signature_messages"], 5)
        self.assertIn(events[4]["signature_recipients"], (4, 5))  # counted in a sketch
        self.assertGreater(events[4]["score"], events[0]["score"])
        self.assertIn("relayed", rules[0])

    def test_a_profile_pack_is_verified_kept_and_never_replaced_by_a_bad_or_older_one(self):
        s, sink = self.pair()
        s.stop()
        def program(*arguments):
            return subprocess.run([PROGRAM, "profile", "pack", *map(str, arguments)], capture_output=True, text=True, check=False)
        profile = 'id = "bank"\nname = "Bank"\nsource = "written for this test"\n[identity]\nfrom = ["notice@bank.example"]\n[[subject]]\ntemplate = "Message from {sender:name}"\n'
        for serial in (3, 2, 4):
            folder = s.folder / f"pack{serial}"
            folder.mkdir()
            (folder / "bank.toml").write_text(profile.replace('"Bank"', f'"Bank {serial}"'))
        key, public = s.folder / "key", s.folder / "key.pub"
        self.assertEqual(program("keys", key).returncode, 0)
        for serial in (3, 2, 4):
            done = program("build", "--key", key, "--serial", serial, "-o", s.folder / f"{serial}.pack", s.folder / f"pack{serial}")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(program("verify", "--trust", public, s.folder / "3.pack").returncode, 0)
        self.assertIn("bank", program("show", "--trust", public, s.folder / "3.pack").stdout)
        pack = s.folder / "profiles.pack"
        pack.write_bytes((s.folder / "3.pack").read_bytes())
        s.write_config({"inspect": {"pack": str(pack), "pack_key": str(public)}})
        s.start()
        self.assertEqual(s.wait_event("pack")["serial"], 3)
        lure = mails.simple("Message from Your account is locked, call +1 (888) 555-0142 now", sender="notice@bank.example")
        def verdict():
            before = len(s.events("message"))
            with s.client() as c:
                c.ehlo()
                self.assertReply(c.mail(lure, sender="notice@bank.example"), 250, "2.0.0")
            event = s.wait_event("message", since=before)
            return event["profile"], event["verdict"]
        self.assertEqual(verdict(), ("bank", "quarantine"))
        whole = (s.folder / "4.pack").read_bytes()
        for number, (content, why) in enumerate((((s.folder / "2.pack").read_bytes(), "is older than 3"), (whole[:-1], "signature"), (b"", "no profile pack"),
                                                 (whole + b"x" * (256 * 1024), "256 KiB"))):
            pack.write_bytes(content)
            s.send_signal(signal.SIGHUP)
            refused = s.wait_event("pack-refused", since=number)
            self.assertIn(why, refused["why"])
            self.assertEqual(refused["serial_in_force"], 3)
            self.assertEqual(verdict(), ("bank", "quarantine"))
        s.stop()  # over a restart as well
        s.start()
        self.assertEqual(s.wait_event("pack-refused", since=4)["serial_in_force"], 3)
        self.assertEqual(verdict(), ("bank", "quarantine"))
        pack.write_bytes(whole)
        s.write_config({"inspect": {"pack": str(pack), "pack_key": str(public), "pack_observe": True}})
        reloads = len(s.events("reloaded"))
        s.send_signal(signal.SIGHUP)
        self.assertEqual(s.wait_event("pack", serial=4)["mode"], "observe")
        s.wait_event("reloaded", since=reloads)
        self.assertEqual(verdict(), ("bank", "forward"))

    def test_a_new_pack_is_tried_on_the_history_and_observed_when_it_would_hold_too_much(self):
        s, sink = self.pair()
        s.stop()
        key, public, pack, folder = s.folder / "key", s.folder / "key.pub", s.folder / "profiles.pack", s.folder / "profiles"
        def program(*arguments):
            done = subprocess.run([PROGRAM, "profile", "pack", *map(str, arguments)], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
        def build(serial, identity):
            folder.mkdir(exist_ok=True)
            (folder / "bank.toml").write_text('id = "bank"\nname = "Bank"\nsource = "written for this test"\n[identity]\n' + identity +
                                              '[[subject]]\ntemplate = "Message from {sender:name}"\n')
            program("build", "--key", key, "--serial", serial, "-o", s.folder / f"{serial}.pack", folder)
            pack.write_bytes((s.folder / f"{serial}.pack").read_bytes())
        program("keys", key)
        build(1, 'from = ["notice@other.example"]\n')
        settings = {"inspect": {"pack": str(pack), "pack_key": str(public), "pack_new_holds": 1}}
        s.write_config(settings)
        s.start()
        self.assertEqual(s.wait_event("pack")["mode"], "act")
        def verdict():
            before = len(s.events("message"))
            with s.client() as c:
                c.ehlo()
                self.assertReply(c.mail(mails.simple("Message from Your account is locked, call +1 (888) 555-0142 now", sender="notice@bank.example"),
                                        sender="notice@bank.example"), 250, "2.0.0")
            return s.wait_event("message", since=before)
        def reload(serial):
            known = len(s.events())
            s.send_signal(signal.SIGHUP)
            def after_the_trial():  # the start's own generation may be applied only now
                names = [e["event"] for e in s.events()[known:]]
                return "pack-tried" in names and "reloaded" in names[names.index("pack-tried"):]
            net.wait_until(after_the_trial, 20, "the pack to be tried and applied")
            event = next(e for e in s.events()[known:] if e["event"] == "pack-tried")
            self.assertEqual(event["serial"], serial)
            return event
        passed = [verdict() for _ in range(2)]
        self.assertEqual({m["outcome"] for m in passed}, {"forwarded"})
        build(2, 'from = ["notice@bank.example"]\n')
        event = reload(2)
        self.assertEqual((event["messages"], event["newly_held"], event["limit"], event["mode"], event["first"]), (2, 2, 1, "observe", passed[1]["id"]))
        m = verdict()
        self.assertEqual((m["profile"], m["verdict"]), ("bank", "forward"))
        def restart():
            known = len(s.events("pack"))
            s.stop()
            s.start()
            return s.wait_event("pack", since=known)["mode"]
        packs = len(s.events("pack"))
        s.write_config(settings | {"policy": {"tag_score": 45}})  # nor by another change
        s.send_signal(signal.SIGHUP)
        self.assertEqual(s.wait_event("pack", since=packs)["mode"], "observe")
        self.assertEqual(restart(), "observe")  # it does not act after a restart either, when there is no history to try it on
        self.assertEqual(verdict()["verdict"], "forward")
        s.write_config({"inspect": settings["inspect"] | {"pack_new_holds": 100}})  # the administrator wants it
        self.assertEqual(reload(2)["mode"], "act")
        self.assertEqual(verdict()["verdict"], "quarantine")
        self.assertEqual(restart(), "act")

    def test_what_could_not_be_inspected_gets_the_action_of_its_cause(self):
        content = many_parts(1100)
        for action, code, status, text in (("reject", 550, "5.7.1", "could not be inspected"), ("defer", 451, "4.7.1", "could not be inspected"),
                                           ("quarantine", 250, "2.0.0", "verdict"), ("forward", 250, "2.0.0", "")):
            with self.subTest(action):
                reply, event, accepted = self.answer({"policy": {"unscanned": {"broken_mime": action}}}, content)
                self.assertReply(reply, code, status, text)
                self.assertEqual(event["verdict"], action)
                self.assertEqual(len(accepted), 1 if action == "forward" else 0)

    def test_encrypted_mail_gets_its_own_action(self):
        head = "From: Alice <alice@example.org>\r\nTo: Bob <bob@example.net>\r\nSubject: Minutes\r\nMIME-Version: 1.0\r\n"
        pgp = (head + "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=cut\r\n\r\n--cut\r\n"
               "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--cut\r\nContent-Type: application/octet-stream\r\n\r\n"
               "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n--cut--\r\n").encode()
        smime = (head + "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
                 "Content-Transfer-Encoding: base64\r\n\r\nMIIBXwYJKoZIhvcNAQcDoIIBUDCCAUwCAQA=\r\n").encode()
        signed = smime.replace(b"enveloped-data", b"signed-data").replace(b"BwOg", b"BwKg").replace(b"cDoIIB", b"cCoIIB")
        for content, action, code, status in ((pgp, "reject", 550, "5.7.1"), (smime, "reject", 550, "5.7.1"), (smime, "quarantine", 250, "2.0.0"),
                                              (smime, "forward", 250, "2.0.0"), (signed, "reject", 250, "2.0.0")):
            with self.subTest(action=action, content=content[150:200]):
                reply, event, accepted = self.answer({"policy": {"unscanned": {"encrypted": action}}}, content)
                self.assertReply(reply, code, status, "could not be inspected" if code == 550 else "")
                self.assertEqual(event["verdict"], "forward" if content == signed else action)
                self.assertEqual(event.get("unscanned"), None if content == signed else "encrypted")
                self.assertEqual(len(accepted), 1 if event["verdict"] == "forward" else 0)

    def test_a_streamed_message_that_turns_out_bad_is_refused_and_never_complete_downstream(self):
        text = "Minutes of the meeting follow, they are long.\r\n" * 40
        head = (f"From: Alice <alice@example.org>\r\nTo: Bob <bob@example.net>\r\nSubject: Minutes\r\nMIME-Version: 1.0\r\n"
                f"Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\nContent-Type: text/plain\r\n\r\n{text}").encode()
        blob = mails.sized(400_000).split(b"--cut\r\n", 2)[2].rsplit(b"--cut--", 1)[0]
        lure = (b"--cut\r\nContent-Type: text/plain\r\n\r\nYour PayPal account was charged $499.99 for Bitcoin. If you did not "
                b"authorize this payment, call +1 (888) 555-0142 within 24 hours to cancel and get your refund.\r\n")
        parts = b"".join(b"--cut\r\n\r\nx\r\n" for _ in range(1100))
        for name, end, unscanned in (("lure", lure, False), ("parts", parts, True)):
            content = head + b"--cut\r\n" + blob + end + b"--cut--\r\n"
            for refusal, code, status, words in (("reject", 550, "5.7.1", "Rejected by policy"), ("defer", 451, "4.7.1", "Deferred by policy")):
                with self.subTest(end=name, refusal=refusal):
                    config = {"policy": {"stream_refusal": refusal, "tag_score": 0, "quarantine_score": 30, "unscanned": {"broken_mime": "quarantine"}}}
                    reply, event, accepted = self.answer(config, content)
                    self.assertReply(reply, code, status, "could not be inspected" if unscanned else words)
                    self.assertEqual((event["way"], event["verdict"]), ("streamed", "quarantine"), event)
                    self.assertEqual(accepted, [])
