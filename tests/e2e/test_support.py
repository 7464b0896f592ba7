"""The support bundle: what is in it, who gets it, and that no secret, address or word of mail is, wherever it was planted."""
import io
import json
import os
import re
import subprocess
import tarfile
import threading

from harness import mails, net
from harness.case import E2E
from harness.web import PASSWORD, Web

FILES = {"README", "version.json", "config.toml", "budget.txt", "metrics.txt", "downstreams.json", "events.jsonl", "audit.jsonl", "quarantine.json",
         "generations.json", "machine.txt"}
SENDER = "bounce@microsoftonline.com"


class Support(E2E):
    def box(self, config=None, downstream=None):
        self.web = Web()
        s = self.web.of(self.sluice(downstream or self.sink(), self.web.config(config))).sluice
        self.web.set_up()
        return s

    def unpacked(self, octets):
        archive = tarfile.open(fileobj=io.BytesIO(octets), mode="r:")
        for m in archive.getmembers():
            self.assertTrue(m.isreg() and m.name.startswith("sluice-support/"), m.name)
            self.assertEqual((m.mode, m.uid), (0o600, 0))
        self.assertTrue(octets.endswith(b"\0" * 1024), "the archive has no end")
        return {m.name.split("/", 1)[1]: archive.extractfile(m).read().decode() for m in archive.getmembers()}

    def test_the_bundle_has_what_helps(self):
        s = self.box()
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250)
        reply = self.web.get("/api/v1/support-bundle", session=self.web.login())
        self.assertEqual((reply.status, reply.header("Content-Type")), (200, "application/x-tar"))
        self.assertIn("attachment", reply.header("Content-Disposition"))
        files = self.unpacked(reply.body)
        self.assertEqual(set(files), FILES)
        self.assertLess(len(reply.body), 600 * 1024)
        self.assertEqual(json.loads(files["version.json"])["generation"], 1)
        self.assertIn("sluice_forwarded_total 1\n", files["metrics.txt"])
        self.assertIn("mail sessions", files["budget.txt"])
        events = [json.loads(line) for line in files["events.jsonl"].splitlines()]
        self.assertEqual([e["outcome"] for e in events if e["event"] == "message"], ["forwarded"])
        self.assertIn("started", [e["event"] for e in events])
        self.assertIn("held", json.loads(files["quarantine.json"])["recipients"])
        self.assertEqual(json.loads(files["downstreams.json"])[0]["state"], "up")
        self.assertIn("MemTotal", files["machine.txt"])
        self.assertIn('domains = ["example.net"', files["config.toml"])
        audit = [json.loads(line) for line in files["audit.jsonl"].splitlines()]
        self.assertTrue(audit)
        newest = self.web.local("GET", "/api/v1/audit").text
        self.assertIn("get a support bundle", newest)

    def test_the_command_writes_the_same_and_says_what_is_wrong(self):
        s = self.box()
        out = s.folder / "support.tar"
        run = s.cli("support-bundle", "--config", s.config_file, "--output", out)
        self.assertEqual((run.returncode, run.stdout), (0, ""), run.stderr)
        self.assertEqual(os.stat(out).st_mode & 0o777, 0o600)
        self.assertEqual(set(self.unpacked(out.read_bytes())), FILES)
        piped = subprocess.run([*s.cli("version").args[:1], "support-bundle", "-c", str(s.config_file)], capture_output=True)
        self.assertEqual(set(self.unpacked(piped.stdout)), FILES)
        full = s.cli("support-bundle", "--config", s.config_file, "--output", "/dev/full")
        self.assertEqual(full.returncode, 4)
        self.assertIn("No space left", full.stderr)
        s.stop()
        away = s.cli("support-bundle", "--config", s.config_file, "--output", out)
        self.assertEqual(away.returncode, 4)
        self.assertIn("no Sluice is running", away.stderr)

    def test_who_is_no_administrator_gets_none(self):
        self.box()
        for role, status in (("viewer", 403), ("operator", 403), ("admin", 200)):
            token = self.web.make_token(role, role)["token"]
            self.assertEqual(self.web.get("/api/v1/support-bundle", token=token).status, status)
        self.assertEqual(self.web.get("/api/v1/support-bundle").status, 401)

    def test_the_page_says_what_is_in_it_before_it_is_taken(self):
        self.box()
        admin = self.web.login()
        self.assertIn('href="/support"', self.web.get("/system", session=admin).text)
        page = self.web.get("/support", session=admin)
        self.assertEqual(page.status, 200)
        self.assertIn("no keys, tokens, passwords", page.text)
        bundle = self.web.get(re.search(r'href="([^"]+)" download', page.text)[1], session=admin)
        files = self.unpacked(bundle.body)
        self.assertEqual({"README", *re.findall(r"<code>(.*?)</code>", page.text)}, set(files))
        for name in FILES - {"README"}:
            self.assertIn(name + ": ", files["README"])
        self.web.add_user("olga", "operator")
        olga = self.web.login("olga")
        self.assertEqual(self.web.get("/support", session=olga).status, 403)
        self.assertNotIn('href="/support"', self.web.get("/system", session=olga).text)

    def test_no_secret_that_was_planted_is_in_it(self):
        sink = self.sink()
        sink.script = {"rcpt": ["550 5.1.1 <planted-reply-user@example.net> planted words of a server"]}
        s = self.box({"log": {"level": "debug"}}, sink)
        web = self.web
        secrets = {"password": PASSWORD, "status token": web.status_token}
        token = web.make_token("planted", "admin")["token"]
        secrets["token"] = token
        session = web.login()
        secrets |= {"cookie": session.cookie, "csrf": session.csrf}
        web.local("POST", "/api/v1/users", {"name": "planted-person", "role": "viewer", "password": "planted password words"})
        secrets["other password"] = "planted password words"
        web.form("/login", {"user": "planted-login@example.org", "password": "planted-wrong-password"})
        secrets |= {"wrong password": "planted-wrong-password", "login": "planted-login"}
        web.get("/messages/planted-path@example.org", token=token)
        web.ask("DELETE", "/api/v1/users/planted-path%40example.org", token=token)
        secrets["path"] = "planted-path"
        with s.client() as c:  # refused by the mail server behind
            c.ehlo("planted-helo.example.org")
            c.cmd("MAIL FROM:<planted-sender@example.org>")
            c.cmd("RCPT TO:<planted-rcpt@example.net>")
        sink.script = {}
        with s.client() as c:
            c.ehlo("planted-helo.example.org")
            lure = mails.sample("entra_tenant_name_scam.eml").replace(b"Subject: ", b"Subject: planted-subject ", 1)
            self.assertReply(c.mail(lure, sender=SENDER, recipients=["planted-rcpt@example.net"]), 250)
        s.wait_event("message")
        secrets |= {"helo": "planted-helo", "sender": "planted-sender", "recipient": "planted-rcpt", "reply": "planted-reply-user", "subject": "planted-subject",
                    "envelope": "bounce@", "words of the lure": "555-0142"}
        data = web.data
        for name in ("access/book", "tls/self-signed.key", "quarantine/key"):
            if (data / name).exists():
                text = (data / name).read_bytes()
                for line in text.split(b"\n"):
                    if len(line) > 20:
                        secrets[f"{name} {len(secrets)}"] = line[:40].decode("latin-1")
        log = s.log_text()
        for planted in ("planted-subject", "planted-rcpt", "planted-helo"):
            self.assertIn(planted, log, "the plant is not where it could leak from")
        reply = web.get("/api/v1/support-bundle", session=session)
        self.assertEqual(reply.status, 200)
        text = "\n".join(self.unpacked(reply.body).values())
        for what, secret in secrets.items():
            self.assertNotIn(secret, text, what)
            self.assertNotIn(secret.encode(), reply.body, what)
        self.assertNotIn("PRIVATE KEY", text)
        self.assertNotRegex(text, r"[\w.]+@(?!32473|N\b)[\w-]+\.[a-z]")

    def test_one_at_a_time_and_a_client_that_leaves_frees_the_place(self):
        self.box()
        token = self.web.make_token("a", "admin")["token"]
        seen = set()
        def get():
            seen.add(self.web.get("/api/v1/support-bundle", token=token).status)
        def three_at_once():
            threads = [threading.Thread(target=get) for _ in range(3)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            return 503 in seen
        net.wait_until(three_at_once, 60, "two of them at a time", 0)
        self.assertEqual(seen, {200, 503})
        c = self.web.connect()
        c.request("GET", "/api/v1/support-bundle", headers={"Authorization": f"Bearer {token}"})
        c.sock.close()
        net.wait_until(lambda: self.web.get("/api/v1/support-bundle", token=token).status == 200, 20, "the place to be free again", 0.2)
