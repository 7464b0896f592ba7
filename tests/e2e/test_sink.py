"""`sluice sink`, the mail server for trying things out: it files what it takes, refuses what is not its own, loses nothing."""
import shutil
import signal
import subprocess

from harness import mails, net
from harness.case import E2E
from harness.client import Client
from harness.process import PROGRAM


class Sink(E2E):
    def setUp(self):
        super().setUp()
        self.maildir, self.port = self.folder / "mail", net.free_port("127.0.0.1")
        self.process = subprocess.Popen([PROGRAM, "sink", "--listen", f"127.0.0.1:{self.port}", "--maildir", str(self.maildir),
                                         "--domain", "example.net"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end)
        self.assertIn(str(self.port), self.process.stdout.readline())

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(20), 0)
        self.process.stdout.close()

    def test_mail_for_its_domains_is_filed_as_it_came(self):
        with Client("127.0.0.1", self.port) as c:
            c.ehlo()
            self.assertReply(c.mail(mails.tricky()), 250, "2.0.0")
            self.assertReply(c.envelope(recipients=("bob@elsewhere.example",))[1], 550, "5.7.1")
        files = list((self.maildir / "new").iterdir())
        self.assertEqual(len(files), 1)
        self.assertTrue(files[0].read_bytes().endswith(mails.tricky()))

    def test_a_folder_that_cannot_be_written_is_a_452(self):
        with Client("127.0.0.1", self.port) as c:
            c.ehlo()
            shutil.rmtree(self.maildir)
            self.assertReply(c.mail(mails.simple()), 452, "4.3.1", "Insufficient storage, try again later")
