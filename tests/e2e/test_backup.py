"""A box is backed up while mail flows and is restored on another one: held mail, logins and certificate are the same there. Damaged, truncated and newer files change nothing."""
import hashlib
import json
import os
import shutil
import ssl
import threading
import time

from harness import certs, mails, net
from harness.case import E2E
from harness.process import PROGRAM
from harness.web import PASSWORD, Web

SCAM, SENDER = "entra_tenant_name_scam.eml", "bounce@microsoftonline.com"
PHRASE = "a long enough passphrase"


class Backup(E2E):
    def box(self, start=True, config=None):
        web = Web()
        sink = self.sink()
        s = self.sluice(sink, web.config(config), [{"tls": "starttls"}], start=start)
        return web.of(s), sink

    def hold(self, s, n=1, recipient="bob@example.net"):
        for _ in range(n):
            with s.client() as c:
                c.ehlo()
                self.assertReply(c.mail(mails.sample(SCAM), SENDER, (recipient,)), 250)

    def held(self, s, *words):
        answer = s.cli("quarantine", "list", "--config", s.config_file, "--json", *words)
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def phrase(self, text=PHRASE):
        path = self.folder / f"phrase{abs(hash(text))}"
        path.write_text(text + "\n")
        return path

    def backup(self, s, name="a.backup", **how):
        out = self.folder / name
        done = s.cli("backup", "--config", s.config_file, "--output", out, "--passphrase-file", self.phrase(), **how)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("read back and whole", done.stdout)
        return out

    def restore(self, s, file, *words, phrase=PHRASE):
        return s.cli("restore", file, "--data-directory", s.folder / "data", "--passphrase-file", self.phrase(phrase), *words)

    def served(self, web):
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", web.port)))).hexdigest()

    def tree(self, folder):
        return sorted((str(p.relative_to(folder)), p.read_bytes() if p.is_file() else b"") for p in folder.rglob("*") if not p.is_socket())

    def test_a_box_comes_back_on_another_one(self):
        a, sink_a = self.box(start=False)
        day = int(time.time() // 86400)
        known = {"domain": "known.example", "first_day": day - 30, "last_day": day - 1, "messages": 40, "days": 20, "surprising": 0, "links": ["0000000b:9"], "names": [], "text": []}
        learned = a.sluice.cli("baseline", "import", "-", "--config", a.sluice.config_file, stdin=json.dumps(known) + "\n")
        self.assertEqual(learned.returncode, 0, learned.stderr)
        a.sluice.start()
        a.set_up()
        token = a.make_token("t", "operator")["token"]
        crt, key = certs.leaf("mx.example.net", folder=self.folder)
        self.assertEqual(a.local("POST", "/api/v1/certificates", {"certificate": crt.read_text(), "key": key.read_text()}).status, 201)
        self.hold(a.sluice, 3)
        block = a.local("POST", "/api/v1/lists", {"kind": "block", "subject": "domain", "what": "evil.example", "days": 9, "note": "lures"}).json()
        pushed = self.folder / "pushed.toml"
        pushed.write_text(a.sluice.config_file.read_text().replace('"example.net"', '"example.net", "pushed.example"', 1))
        self.assertEqual(a.sluice.cli("config", "push", pushed, "--confirm", "--config", a.sluice.config_file).returncode, 0)
        odd = a.data / "notes of Ünal"
        odd.mkdir()
        (odd / "für später.txt").write_text("kept")
        (a.data / "a-link").symlink_to(odd / "für später.txt")
        (a.data / "two\nlines").write_text("not kept")
        # Load: mail that is forwarded, held and released all the time while the backup is made
        stop, sent, errors = threading.Event(), [0], []
        def load():
            try:
                while not stop.is_set():
                    with a.sluice.client() as c:
                        c.ehlo()
                        assert c.mail(mails.simple()).code == 250
                        assert c.mail(mails.sample(SCAM), SENDER, ("eve@example.net",)).code == 250
                        sent[0] += 2
                    last = next(iter(self.held(a.sluice, "--recipient", "eve@example.net")), None)
                    if last:
                        a.sluice.cli("quarantine", "delete", last["id"], "--all", "--config", a.sluice.config_file)
            except Exception as e:
                errors.append(e)
        t = threading.Thread(target=load)
        t.start()
        try:
            net.wait_until(lambda: sent[0] > 2 or errors, 30, "the load")
            file = self.backup(a.sluice)
        finally:
            stop.set()
            t.join()
        self.assertEqual(errors, [])
        self.assertFalse((a.data / "backup.tmp").exists())
        self.assertEqual(a.sluice.events("backup-made")[-1]["skipped"], 2)
        self.assertEqual(sorted(e["file"] for e in a.sluice.events("backup-skipped"))[0], "a-link: it is no plain file")
        content = file.read_bytes()
        for secret in (b"PRIVATE KEY", PASSWORD.encode(), b"microsoftonline", b"SQLite format", a.status_token.encode()):
            self.assertNotIn(secret, content)
        bobs = [m["id"] for m in self.held(a.sluice, "--recipient", "bob@example.net")]
        fingerprint = self.served(a)
        history = a.local("GET", "/api/v1/config/history").json()["entries"]
        a.sluice.stop()

        b, sink_b = self.box(start=False)
        done = self.restore(b.sluice, file, "--config", self.folder / "new.toml")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("of mx.example.net", done.stdout)
        self.assertEqual((self.folder / "new.toml").read_text(), a.sluice.config_file.read_text())
        self.assertEqual((b.data / "notes of Ünal" / "für später.txt").read_text(), "kept")
        self.assertFalse((b.data / "a-link").exists())
        b.sluice.start()
        self.assertEqual(self.served(b), fingerprint)
        self.assertEqual(b.login().web, b)
        self.assertEqual(b.get("/api/v1/status", token=token).status, 200)
        self.assertEqual(b.status_token, a.status_token)
        entry = b.local("GET", "/api/v1/lists").json()["entries"][0]
        self.assertEqual((entry["id"], entry["expires"], entry["note"]), (block["id"], block["expires"], "lures"))
        shown = b.sluice.cli("baseline", "show", "known.example", "--config", b.sluice.config_file)
        self.assertIn("40 messages", shown.stdout, shown.stderr)
        again = b.local("GET", "/api/v1/config/history").json()["entries"]
        facts = lambda e: (e["generation"], e["sha256"], e["taken"], e["who"], e["by"])
        self.assertEqual([facts(e) for e in again[-len(history):]], [facts(e) for e in history])
        self.assertEqual(b.local("GET", "/api/v1/config/history/2/text").text, pushed.read_text())
        self.assertEqual([m["id"] for m in self.held(b.sluice, "--recipient", "bob@example.net")], bobs)
        recovered = b.sluice.events("quarantine-recovered")
        self.assertFalse([e for e in recovered if e["lost"]], recovered)
        for one in bobs:
            self.assertEqual(b.sluice.cli("quarantine", "release", one, "--all", "--wait", "--config", b.sluice.config_file).returncode, 0)
        for t in sink_b.wait_accepted(3):
            self.assertSame(t, mails.sample(SCAM))

    def test_a_file_that_is_not_whole_changes_nothing(self):
        a, _ = self.box()
        self.hold(a.sluice)
        file = self.backup(a.sluice)
        whole = file.read_bytes()
        running = self.restore(a.sluice, file)
        self.assertEqual(running.returncode, 4)
        self.assertIn("stop it first", running.stderr)
        a.sluice.stop()
        before = self.tree(a.data)
        bad = self.folder / "bad"
        first = whole.index(b"\n", 20) + 1
        newer = whole.replace(b"SLUICE-BACKUP 1", b"SLUICE-BACKUP 2", 1)
        for what, content, phrase, why in (
                ("cut within", whole[:len(whole) // 2], PHRASE, "too early"), ("the last frame missing", whole[:-40], PHRASE, "too early|damaged"), ("one more octet", whole + b"x", PHRASE, "damaged"),
                ("one bit", whole[:first + 500] + bytes([whole[first + 500] ^ 1]) + whole[first + 501:], PHRASE, "damaged"),
                ("the salt's line", whole.replace(b'"passes":5', b'"passes":6', 1), PHRASE, "damaged"), ("wrong passphrase", whole, PHRASE + "x", "passphrase"), ("newer", newer, PHRASE, "newer"),
                ("none", b"hello\n", PHRASE, "no backup"), ("empty", b"", PHRASE, "no backup"), ("hostile kdf", whole.replace(b'"memory":7340032', b'"memory":99999999999', 1), PHRASE, "damaged")):
            with self.subTest(what):
                bad.write_bytes(content)
                done = self.restore(a.sluice, bad, phrase=phrase)
                self.assertEqual(done.returncode, 4, done.stdout)
                self.assertRegex(done.stderr, why)
                self.assertEqual(self.tree(a.data), before)
        self.assertEqual(a.sluice.cli("restore", file, "--verify", "--passphrase-file", self.phrase()).returncode, 0)
        self.assertEqual(self.tree(a.data), before)

    def test_parts_only_and_a_restore_that_was_cut_off(self):
        a, _ = self.box()
        a.set_up()
        self.hold(a.sluice, 2)
        file = self.backup(a.sluice)
        a.sluice.stop()
        b, _ = self.box()
        b.set_up("other")
        self.hold(b.sluice, 1)
        b.sluice.stop()
        self.assertEqual(self.restore(b.sluice, file, "--only", "quarantine").returncode, 0)
        b.sluice.start()
        self.assertEqual(len(self.held(b.sluice)), 2)
        self.assertEqual(b.login("other").web, b)
        b.sluice.stop()
        # As a power cut leaves it: everything staged, the journal there, nothing or half of it in place
        self.assertEqual(self.restore(b.sluice, file, "--only", "nonsense").returncode, 2)
        full = self.folder / "full"
        done = b.sluice.cli("restore", file, "--data-directory", full, "--passphrase-file", self.phrase())
        self.assertEqual(done.returncode, 0, done.stderr)
        units = sorted(p.name for p in full.iterdir())
        for in_place in (0, 1, len(units)):
            with self.subTest(in_place=in_place):
                c, _ = self.box(start=False)
                shutil.copytree(full, c.data / "restore.staged")
                (c.data / "restore.journal").write_text("".join(u + "\n" for u in units))
                for u in units[:in_place]:
                    (c.data / "restore.staged" / u).rename(c.data / u)
                c.sluice.start()
                self.assertEqual(len(self.held(c.sluice)), 2)
                self.assertEqual(c.login().web, c)
                self.assertFalse((c.data / "restore.journal").exists() or (c.data / "restore.staged").exists())
                c.sluice.stop()

    def test_who_may_have_it_and_to_which_key(self):
        a, _ = self.box(start=False)
        made = a.sluice.cli("backup", "--make-key", self.folder / "secret.key")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertEqual(os.stat(self.folder / "secret.key").st_mode & 0o777, 0o600)
        (self.folder / "public.key").write_text(made.stdout)
        a.sluice.write_config({"backup": {"recipient_key": str(self.folder / "public.key")}})
        a.sluice.start()
        a.set_up()
        a.add_user("olga", "operator")
        self.assertEqual(a.get("/api/v1/backup", session=a.login("olga")).status, 403)
        self.assertEqual(a.ask("POST", "/api/v1/backup", {"passphrase": "short"}, session=a.login()).status, 422)
        self.assertEqual(a.get("/api/v1/backup").status, 401)
        admin = a.login()
        reply = a.get("/api/v1/backup", session=admin)
        self.assertEqual(reply.status, 200)
        self.assertIn("mx.example.net-", reply.header("Content-Disposition"))
        (self.folder / "r.backup").write_bytes(reply.body)
        show = a.sluice.cli("restore", self.folder / "r.backup", "--verify", "--key-file", self.folder / "secret.key")
        self.assertEqual(show.returncode, 0, show.stderr)
        a.sluice.cli("backup", "--make-key", self.folder / "wrong.key")
        self.assertIn("not the key", a.sluice.cli("restore", self.folder / "r.backup", "--verify", "--key-file", self.folder / "wrong.key").stderr)
        self.assertEqual(a.get("/backup", session=admin).status, 200)
        form = a.form("/backup", {"csrf": admin.csrf, "passphrase": PHRASE}, session=admin, csrf=False)
        self.assertTrue(form.body.startswith(b"SLUICE-BACKUP 1\n"))
        self.assertIn("fetch a backup with a passphrase", a.local("GET", "/api/v1/audit").text)
        self.assertNotIn(PHRASE, a.sluice.log_text() + a.local("GET", "/api/v1/audit").text)
        # A client that leaves in the middle gives the place back
        import socket
        plain = socket.create_connection(("127.0.0.1", a.port))
        with ssl._create_unverified_context().wrap_socket(plain) as c:
            c.sendall(f"GET /api/v1/backup HTTP/1.1\r\nHost: x\r\nCookie: __Host-sluice={admin.cookie}\r\n\r\n".encode())
            c.recv(100)
        net.wait_until(lambda: a.get("/api/v1/backup", session=admin).status == 200, 20, "the place")
