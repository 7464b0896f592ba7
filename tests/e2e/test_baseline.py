"""What is learned about authenticated senders: taken over by import, seen to strengthen findings, kept over restarts and kills."""
import json
import subprocess
import time
import unittest

from harness import auth
from harness.process import PROGRAM
from harness.unbound import UNBOUND, Unbound

LURE = "Call 1-888-555-0142 now to cancel your Bitcoin order of $499.99 or your account is locked.\r\nhttps://elsewhere.com/x\r\n"


def program(s, *arguments, text=None):
    done = subprocess.run([PROGRAM, "baseline", *arguments, "-c", str(s.config_file)], input=text, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def known(domain, messages=40):
    day = int(time.time() // 86400)
    return json.dumps({"domain": domain, "first_day": day - 30, "last_day": day - 1, "messages": messages, "days": 20, "surprising": 0,
                       "links": ["0000000b:9"], "names": ["0000000c:9"], "text": []}) + "\n"


@unittest.skipUnless(UNBOUND and auth.dkim, "unbound, python3-dkim or python3-nacl is not installed")
class Baseline(auth.Auth):
    @classmethod
    def setUpClass(cls):
        cls.unbound = Unbound(auth.ZONES.replace("{key}", auth.public()))
        cls.addClassCleanup(cls.unbound.stop)

    def test_new_things_of_a_known_sender_strengthen_and_survive(self):
        s, sink = self.start(self.unbound.address)
        code, _, error = program(s, "import", "-", text=known("good.test"))
        self.assertEqual(code, 4, error)  # it runs
        self.assertIn("stop it first", error)
        first = self.one(s, sink, auth.signed(auth.mail("good.test", LURE), "good.test"))[1]
        s.stop()
        self.assertEqual(program(s, "import", "-", text=known("good.test") + "{}\n")[0], 3)
        code, out, error = program(s, "import", "-", text=known("good.test"))
        self.assertEqual((code, out), (0, "1 senders taken, 0 had no room\n"), error)
        s.start()
        second = self.one(s, sink, auth.signed(auth.mail("good.test", LURE), "good.test"))[1]
        self.assertIn("link", second["new_to_sender"])
        self.assertNotIn("new_to_sender", first)
        if first["score"] >= 30:
            self.assertIn("new-to-sender", [f["rule"] for f in second["findings"]])
            self.assertGreater(second["score"], first["score"])
        # Harmless mail teaches; what was learned is written when Sluice stops.
        self.one(s, sink, auth.signed(auth.mail("good.test", "See you at nine. https://minutes.com/a\r\n"), "good.test"))
        s.stop()
        code, out, _ = program(s, "show", "good.test")
        self.assertEqual(code, 0)
        self.assertIn("41 messages on   21 days", out)
        # Killed in the middle of its work: the file of before is there.
        s.start()
        self.one(s, sink, auth.signed(auth.mail("good.test", "See you at ten.\r\n"), "good.test"))
        s.kill()
        code, out, _ = program(s, "export")
        self.assertEqual((code, json.loads(out)["messages"]), (0, 41))
        s.start()
        self.one(s, sink, auth.signed(auth.mail("good.test", "See you at eleven.\r\n"), "good.test"))
        s.stop()
        self.assertIn("42 messages", program(s, "show")[1])

    def test_a_damaged_file_is_told_and_mail_goes_on(self):
        s, sink = self.start(self.unbound.address)
        s.stop()
        (s.folder / "data/baseline").write_bytes(b"SLBASE1\n" + b"x" * 100)
        self.assertEqual(program(s, "show")[0], 4)
        s.start()
        self.assertEqual(s.wait_event("baseline-lost")["why"], "damaged")
        self.one(s, sink, auth.signed(auth.mail("good.test"), "good.test"))
        s.stop()
        self.assertIn("good.test", program(s, "show")[1])
