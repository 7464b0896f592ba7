"""Bad input of every kind gets a clear error or the documented reply, and nothing is lost."""
import json
import os
import pathlib
import random
import socket
import subprocess
import tempfile

from harness import certs, mails, net
from harness.case import E2E
from harness.client import Closed
from harness.process import PROGRAM

SCAM = "entra_tenant_name_scam.eml"
NOBODY = 65534


class StoredMail(E2E):
    def test_a_directory_that_may_not_be_read_is_told_and_the_rest_is_scanned(self):
        with tempfile.TemporaryDirectory(dir="/tmp") as place:
            top = pathlib.Path(place)
            (top / "closed").mkdir()
            for name in ("a.eml", "closed/b.eml", "z.eml"):
                (top / name).write_bytes(mails.simple())
            top.chmod(0o755)
            (top / "closed").chmod(0)
            try:
                p = subprocess.run([PROGRAM, "scan", place], capture_output=True, text=True, user=NOBODY if os.getuid() == 0 else None)
            except PermissionError:
                self.skipTest("SKIPPED: who may not read everything may not run the program here")
            finally:
                (top / "closed").chmod(0o755)
        self.assertEqual(p.returncode, 4, p)
        self.assertEqual([line.split()[-1] for line in p.stdout.splitlines() if ".eml" in line], [f"{place}/a.eml", f"{place}/z.eml"])
        self.assertIn(f"{place}/closed: ", p.stderr)

    def test_output_that_cannot_be_written_is_no_success(self):
        with open("/dev/full", "w") as full:
            p = subprocess.run([PROGRAM, "version"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual((p.returncode, p.stderr), (4, "sluice: standard output could not be written\n"))

    def test_each_line_of_a_batch_is_answered_however_bad(self):
        lines = ["x" * 5_000_000, "{", '{"id":7,"type":"name","text":"Contoso"}']
        p = subprocess.run([PROGRAM, "slot", "--batch"], input="\n".join(lines), capture_output=True, text=True)
        self.assertEqual(p.returncode, 4)
        answers = [json.loads(line) for line in p.stdout.splitlines()]
        self.assertEqual([(a["id"], "error" in a) for a in answers], [(None, True), (None, True), (7, False)])

    def test_lines_of_text_that_begin_like_a_mailbox_separator_separate_nothing(self):
        box = self.folder / "mbox"
        box.write_text("".join(f"From alice@example.org Mon Nov {n:2} 09:00:00 2026\nFrom: alice@example.org\nSubject: {n}\n\n"
                               "Hello,\n\nFrom here on it is text.\n>From the archive\n\n" for n in (2, 23)))
        p = subprocess.run([PROGRAM, "scan", "--tsv", str(box)], capture_output=True, text=True)
        self.assertEqual(p.returncode, 0, p)
        self.assertEqual([name for name in p.stdout.split() if name.startswith(str(box))], [f"{box}#1", f"{box}#2"])
        with open(box, "rb") as piped:
            p = subprocess.run([PROGRAM, "scan", "--tsv", "-"], capture_output=True, text=True, stdin=piped)
        self.assertEqual((p.returncode, [name for name in p.stdout.split() if name.startswith("-#")]), (0, ["-#1", "-#2"]))


class AtTheStart(E2E):
    def start_fails(self, s, code, *words):
        """It does not start, says why in one line that names the thing, and ends with this exit status."""
        s.spawn()
        got = s.process.wait(60)
        s.log_handle.close()
        text = s.log_text()
        self.assertEqual(got, code, text)
        for word in words:
            self.assertIn(word, text)
        self.assertEqual(s.complaints(), "")
        self.assertLess(len(text.splitlines()), 12, text)

    def test_broken_toml_names_line_and_column(self):
        s = self.sluice(self.sink(), start=False)
        good = s.config_file.read_text()
        for text, words in ((good + "\n[limit\n", ["sluice.toml:"]), (good.replace("hostname", "hostnme"), ["hostnme", "hostname"]),
                            ("\xff\xfe", ["sluice.toml:1:"]), (good + '\n[deadline]\ncommand = "5 parsecs"\n', ["command", "5 parsecs"]),
                            (good + "\n[deadline]\ncommand = 300\n", ["command", "300"]), ("", ["domains"]), ("x" * 100_000, ["sluice.toml"]),
                            (good + "\na" + ".a" * 5000 + " = 1\n", ["sluice.toml:"]), (good + "\nx = " + "[" * 3000 + "\n", ["sluice.toml:"])):
            with self.subTest(text=text[-40:]):
                s.config_file.write_bytes(text.encode("latin-1"))
                os.truncate(s.log_file, 0) if s.log_file.exists() else None
                self.start_fails(s, 3, *words)

    def test_without_domains_it_does_not_start(self):
        s = self.sluice(self.sink(), {"domains": []}, start=False)
        self.start_fails(s, 3, "domains")

    def test_a_missing_configuration_is_named(self):
        s = self.sluice(self.sink(), start=False)
        s.config_file.unlink()
        self.start_fails(s, 4, "sluice.toml")

    def test_missing_and_broken_certificates_are_named(self):
        crt, key = certs.leaf(tag="-bad")
        other = certs.leaf(tag="-other", kind="rsa")
        for certificate, private in (("/var/empty/x.crt", key), (crt, "/var/empty/x.key"), (crt, other[1]), (key, key)):
            with self.subTest(certificate=certificate, key=private):
                s = self.sluice(self.sink(), {"tls": {"certificates": [{"certificate": str(certificate), "key": str(private)}]}}, start=False)
                s.spawn()
                self.assertIn(s.process.wait(60), (3, 4))
                s.log_handle.close()
                self.assertRegex(s.log_text(), r"\.(crt|key)")

    def test_a_port_in_use_is_named(self):
        with socket.socket() as taken:
            s = self.sluice(self.sink(), start=False)
            taken.bind((s.host, s.port))
            taken.listen()
            self.start_fails(s, 4, str(s.port))

    def test_an_address_that_is_not_ours_is_named(self):
        s = self.sluice(self.sink(), start=False)
        s.config_file.write_text(s.config_file.read_text().replace(f'"{s.host}:{s.port}"', '"192.0.2.1:2525"'))
        self.start_fails(s, 4, "192.0.2.1")

    def test_an_unwritable_or_missing_data_directory_is_named(self):
        for name in ("absent/deep", "file/data", "readonly"):
            with self.subTest(name):
                (self.folder / "file").write_text("") if name.startswith("file") and not (self.folder / "file").exists() else None
                s = self.sluice(self.sink(), {"data_directory": str(self.folder / name)}, start=False)
                if name == "readonly":
                    s.write_config({"data_directory": "/proc/sluice"})
                s.spawn()
                self.assertIn(s.process.wait(60), (3, 4))
                s.log_handle.close()
                self.assertRegex(s.log_text(), "absent|file|proc")

    def test_two_programs_on_one_data_directory_do_not_fight(self):
        s, sink = self.pair()
        second = self.sluice(sink, {"data_directory": str(s.folder / "data")}, start=False)
        second.spawn()
        self.assertEqual(second.process.wait(60), 4, second.log_text())
        second.log_handle.close()
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")

    def test_a_configuration_that_does_not_fit_in_memory_is_refused_with_the_sum(self):
        s = self.sluice(self.sink(), {"memory": {"total": "8MiB", "sessions": 5000}}, start=False)
        s.spawn()
        self.assertEqual(s.process.wait(60), 3, s.log_text())
        s.log_handle.close()
        self.assertRegex(s.log_text(), r"[0-9.]+ ?[KM]iB")


class WhileRunning(E2E):
    def alive(self, s, sink, n=None):
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple("Alive")), 250, "2.0.0")
        if n is not None:
            self.assertEqual(len(sink.accepted), n)

    def test_octets_of_every_kind_as_commands(self):
        s, sink = self.pair()
        rng = random.Random(11)
        for n in range(60):
            octets = rng.randbytes(rng.choice([1, 10, 100, 3000]))
            if n % 3 == 0:
                octets = octets.replace(b"\n", b"\r\n")
            c = s.client()
            c.send(octets + b"\r\nQUIT\r\n")
            c.sock.settimeout(20)
            try:
                while c.sock.recv(65536):
                    pass
            except OSError:
                pass
            c.close()
        self.alive(s, sink, 1)

    def test_invalid_utf8_and_controls_in_addresses(self):
        s, sink = self.pair()
        with s.client() as c:
            c.ehlo()
            for line in (b"MAIL FROM:<\xff\xfe@example.org> SMTPUTF8", b"MAIL FROM:<a\x01b@example.org>", b"MAIL FROM:<a@ex\xc3\x28mple.org> SMTPUTF8",
                         b"MAIL FROM:<\xed\xa0\x80@example.org> SMTPUTF8"):
                with self.subTest(line=line):
                    c.send(line + b"\r\n")
                    self.assertEqual(c.reply().code // 100, 5)
        self.alive(s, sink, 1)

    def test_mime_ten_thousand_levels_deep_is_judged_and_not_fatal(self):
        s, sink = self.pair()
        open_parts = "".join(f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(10_000))
        content = ("From: a@example.org\r\nTo: bob@example.net\r\nSubject: deep\r\nMIME-Version: 1.0\r\n"
                   "Content-Type: multipart/mixed; boundary=b0\r\n\r\n" + open_parts + "--b10000\r\n\r\nhi\r\n").encode()
        rfc822 = ("From: a@example.org\r\nSubject: x\r\n" + "Content-Type: message/rfc822\r\n\r\n" * 10_000 + "\r\nhi\r\n").encode()
        for octets in (content, rfc822):
            with s.client() as c:
                c.ehlo()
                reply = c.mail(octets)
                self.assertIn(reply.code, (250, 451, 550, 552), repr(reply))
                event = s.events("message")[-1]
                self.assertTrue(event.get("unscanned") or event.get("findings") or event["outcome"] == "violation", event)
        self.alive(s, sink)

    def test_ten_thousand_parts_and_broken_mime_are_judged(self):
        s, sink = self.pair()
        many = "From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n\r\nx\r\n" * 10_000 + "--b--\r\n"
        broken = "From: a@example.org\r\nContent-Type: multipart/mixed\r\nContent-Transfer-Encoding: base64\r\n\r\n=====%%%%\r\n"
        odd = b"From: a@example.org\r\nContent-Type: text/html; charset=utf-7\r\n\r\n\xff\xfe\x00<".replace(b"\x00", b"") + b"<" * 5000 + b"\r\n"
        for octets in (many.encode(), broken.encode(), odd):
            with s.client() as c:
                c.ehlo()
                self.assertIn(c.mail(octets).code, (250, 451, 550))
        self.alive(s, sink)

    def test_a_header_of_garbage(self):
        s, sink = self.pair()
        for head in (b": no name\r\n", b"\xff" * 900 + b"\r\n", b"Subject\r\n", b" starts with a blank\r\n", b"From: " + b"<" * 5000 + b"\r\n",
                     b"Subject: =?utf-8?B?" + b"A" * 3000 + b"?=\r\n", b"DKIM-Signature: v=1; a=rsa-sha256; " * 50 + b"\r\n"):
            with self.subTest(head=head[:20]):
                with s.client() as c:
                    c.ehlo()
                    reply = c.mail(head + mails.simple())
                    self.assertIn(reply.code, (250, 451, 550), repr(reply))
        self.alive(s, sink)

    def test_a_full_disk_is_452_and_loses_nothing(self):
        """The partition of the data directory is full: what must be held is refused for now, the rest goes on."""
        if os.geteuid() != 0:
            self.skipTest("a small file system needs root to mount")
        small = self.folder / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(small)], capture_output=True).returncode:
            self.skipTest("mounting a tmpfs is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(small)])
        sink = self.sink()
        s = self.sluice(sink, {"data_directory": str(small / "data"), "data_free_minimum": "0B", "memory": {"sqlite_heap": "1MiB"}})
        filler = os.open(small / "filler", os.O_WRONLY | os.O_CREAT)
        try:
            while os.write(filler, b"x" * 4096):
                pass
        except OSError:
            pass
        os.close(filler)
        with s.client() as c:
            c.ehlo()
            reply = c.mail(mails.sample(SCAM), sender="bounce@microsoftonline.com")
            self.assertIn((reply.code, reply.status), ((452, "4.3.1"), (451, "4.3.0")), repr(reply))
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        os.unlink(small / "filler")
        with s.client() as c:
            c.ehlo()
            net.wait_until(lambda: c.mail(mails.sample(SCAM), sender="bounce@microsoftonline.com").code == 250, 20, "room again")
        s.stop()

    def test_a_quarantine_that_cannot_be_written_is_451_and_loses_nothing(self):
        """The folder of the message files is gone: nothing is held, nothing is lost, and it goes on when the folder is back."""
        s, sink = self.pair()
        folder = next(p for p in (s.folder / "data").rglob("mail") if p.is_dir())
        away = folder.with_name("mail.away")
        folder.rename(away)
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.sample(SCAM), sender="bounce@microsoftonline.com"), 451, "4.3.0")
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
            away.rename(folder)
            self.assertReply(c.mail(mails.sample(SCAM), sender="bounce@microsoftonline.com"), 250, "2.0.0")
        self.assertEqual(len(sink.accepted), 1)

    def test_half_closed_sockets_do_not_stay(self):
        s, sink = self.pair({"deadline": {"greeting": "2s", "command": "2s", "pressure_greeting": "1s", "pressure_command": "1s",
                                          "pressure_data": "1s", "data": "2s", "pressure_handshake": "1s"}})
        clients = []
        for first in (b"", b"EHLO x.example.org\r\n", b"EHLO x.example.org\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nhalf"):
            c = s.client()
            c.send(first)
            c.half_close()
            clients.append(c)
        for c in clients:
            c.sock.settimeout(30)
            try:
                while c.sock.recv(4096):
                    pass
            except Closed:
                pass
        self.alive(s, sink, 1)
