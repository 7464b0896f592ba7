"""The data partition read-only while the program runs, and lost before it started: who keeps the mail, what the page says.
Full: test_bad_input.py. With a real disk: tests/qemu/test_data_partition.py."""
import os
import subprocess
import unittest

from harness import mails, net
from harness.case import E2E
from harness.supervisor import Supervisor
from harness.web import Web

SCAM = "entra_tenant_name_scam.eml"


class DataPartition(E2E):
    def box(self, config=None, env=None, **facts):
        self.web = Web()
        sup = Supervisor(**facts).start()
        self.addCleanup(sup.stop)
        self.sink_ = self.sink()
        self.s = self.sluice(self.sink_, self.web.config(config or {}), env={**sup.env, **(env or {})})
        self.web.of(self.s)
        self.token = self.web.make_token("admin", "admin")["token"]
        self.session = self.web.set_up()
        return self.s

    def send_scam(self):
        with self.s.client() as c:
            c.ehlo()
            return c.mail(mails.sample(SCAM), sender="bounce@microsoftonline.com")

    def metric(self, name):
        text = self.web.get("/metrics", token=self.token).text
        return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " ")), None)  # some are not known at once

    def read_only(self, config=None):
        """A read-only mount comes to lie over the data directory: what is opened by its path from now on finds EROFS."""
        if os.geteuid() != 0:
            self.skipTest("mounting needs root")
        s = self.box(config)
        data = s.folder / "data"
        if subprocess.run(["mount", "--bind", str(data), str(data)], capture_output=True).returncode:
            self.skipTest("mounting is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(data)])
        subprocess.run(["mount", "-o", "remount,bind,ro", str(data)], check=True)
        return s

    def test_read_only_defers_what_should_be_held_and_forwards_the_rest(self):
        s = self.read_only()
        self.assertReply(self.send_scam(), 451, "4.3.0")
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertEqual(len(self.sink_.accepted), 1)
        self.assertEqual((s.events("message")[0]["outcome"], s.events("not-held")[0]["then"]), ("deferred", "defer"))
        net.wait_until(lambda: self.metric("sluice_data_read_only") == 1, 20, "the metric")
        self.assertEqual(len(s.events("data-read-only")), 1)
        self.assertIn("The data partition has become read-only", self.web.get("/", session=self.session).text)
        self.assertIn("The data partition has become read-only", self.web.get("/system", session=self.session).text)

    def test_read_only_tags_where_that_is_configured(self):
        s = self.read_only({"quarantine": {"unavailable": "tag"}})
        self.assertReply(self.send_scam(), 250, "2.0.0")
        got = self.sink_.wait_accepted(1)[0]
        self.assertSame(got, mails.sample(SCAM))
        self.assertRegex(got.data.decode(errors="replace"), r"(?m)^[A-Za-z-]*Verdict: tag")
        self.assertEqual((s.events("message")[0]["outcome"], s.events("message")[0]["verdict"]), ("forwarded", "tag"))
        self.assertEqual(self.metric("sluice_not_held_total"), 1)

    def in_memory(self, state="corrupt", **quarantine):
        return self.box({"quarantine": quarantine} if quarantine else {}, {"SLUICE_DATA_STATE": state}, data=state)

    def test_lost_nothing_is_answered_250_because_it_lies_in_memory(self):
        s = self.in_memory()
        self.assertReply(self.send_scam(), 451, "4.3.0")
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertEqual(len(self.sink_.accepted), 1)
        self.assertEqual(s.events("data-in-memory")[0]["then"], "defer")
        self.assertEqual(self.web.ask("GET", "/api/v1/quarantine", token=self.token).json()["messages"], [])
        for page in ("/", "/system"):
            text = self.web.get(page, session=self.session).text
            self.assertIn("The data partition is corrupt: the box runs from memory", text)
            self.assertIn("deferred, so that its senders keep it", text)
        self.assertEqual((self.web.get("/health/mail-path").status, self.web.get("/health/ready").status), (503, 200))
        self.assertEqual(self.web.ask("GET", "/api/v1/system", token=self.token).json()["box"]["data"], "corrupt")

    def test_lost_it_is_forwarded_where_that_is_configured(self):
        s = self.in_memory("missing", unavailable="forward")
        self.assertReply(self.send_scam(), 250, "2.0.0")
        got = self.sink_.wait_accepted(1)[0]
        self.assertNotRegex(got.data.decode(errors="replace"), r"(?m)^[A-Za-z-]*Verdict: (tag|quarantine)")
        self.assertEqual((s.events("message")[0]["outcome"], s.events("message")[0]["verdict"]), ("forwarded", "forward"))
        self.assertIn("The data partition is missing", self.web.get("/", session=self.session).text)

    def test_lost_what_must_spill_is_452(self):
        s = self.in_memory(unavailable="forward")
        long = mails.simple(subject="long", body="a line of text that makes it long\r\n" * 20000)
        with s.client() as c:
            c.ehlo()
            reply = c.mail(mails.sample(SCAM) + b"\r\n" + long[long.index(b"\r\n\r\n"):], sender="bounce@microsoftonline.com")
        self.assertReply(reply, 452, "4.3.1")
        self.assertEqual(self.sink_.accepted, [])


if __name__ == "__main__":
    unittest.main()
