"""What is replaced when its time is over, what log lines tell, and what is left of an address that was erased."""
import json
import re

from harness import mails, net
from harness.case import E2E
from harness.web import Web

SCAM, SENDER = "entra_tenant_name_scam.eml", "bounce@microsoftonline.com"
NAME = re.compile(r"^h:[a-z2-7]{13}$")


class Privacy(E2E):
    def box(self, config=None):
        self.web = Web()
        self.sink_ = self.sink()
        s = self.sluice(self.sink_, self.web.config(config))
        self.web.of(s)
        return s

    def find(self, q=""):
        return self.web.local("GET", f"/api/v1/trace?q={q}").json()["entries"]

    def past(self):
        return self.web.local("GET", "/api/v1/status").json()["messages"]

    def erase(self, address, **more):
        return self.web.local("POST", "/api/v1/privacy/erase", {"address": address, **more})

    def disk(self):
        return b"".join(f.read_bytes() for f in (self.web.data / "trace").iterdir())

    def test_log_lines_tell_names_from_the_start(self):
        s = self.box({"log": {"addresses": "hashed", "subjects": "dropped"}})
        with s.client() as c:
            c.ehlo()
            c.mail(mails.simple("Salary"), recipients=("bob@example.net", "carol@example.net"))
            c.mail(mails.simple("Salary"), sender="\"Alice\"@EXAMPLE.org")
            c.mail(mails.sample(SCAM), sender=SENDER)
        s.wait_event("message", since=2)
        first, second, scam = s.events("message")
        self.assertRegex(first["mail_from"], NAME)
        self.assertEqual(first["mail_from"], second["mail_from"])
        self.assertEqual(len(set(first["rcpt"].split(","))), 2)
        self.assertRegex(first["from"], NAME)
        self.assertEqual(first["subject"], "")
        self.assertEqual({f["words"] for f in scam["findings"]}, {""})
        log = s.log_text()
        for secret in ("alice@", "bob@", "carol@", "Salary", "555-0142"):
            self.assertNotIn(secret, log)

    def test_lines_about_own_mail_and_releases_tell_names_too(self):
        s = self.box({"log": {"addresses": "hashed", "subjects": "dropped"}})
        with s.client() as c:
            c.ehlo()
            c.mail(mails.sample(SCAM), sender=SENDER)
        held = f"/api/v1/quarantine/{s.wait_event('message')['id']}"
        desk = "abuse-desk@example.com"
        self.assertEqual(self.web.local("POST", held + "/report", {"to": desk}).status, 202)
        queued = s.wait_event("own-mail-queued")
        self.assertEqual(queued["kind"], "report")
        self.assertRegex(queued["to"], NAME)
        s.wait_event("own-mail")
        self.sink_.script["dot"] = "552 5.2.2 <bob@example.net>: mailbox full"
        released = self.web.local("POST", held + "/release", {"all": True})
        self.assertLess(released.status, 300, released.text)
        self.assertEqual(s.wait_event("release")["reply"], "552")
        log = s.log_text()
        for secret in ("bob@", "bounce@", desk, "555-0142"):
            self.assertNotIn(secret, log)

    def test_addresses_and_subjects_of_history_and_trace_go_when_their_time_is_over(self):
        s = self.box({"privacy": {"addresses_after": "1s", "subjects_after": "1s"}, "trace": {"write_interval": "1s"}})
        with s.client() as c:
            c.ehlo()
            c.mail(mails.simple("Salary"), recipients=("bob@example.net", "carol@example.net"))
        self.assertEqual(self.find("bob@example.net")[0]["subject"], "Salary")
        self.assertIn(b"carol@example.net", self.disk())
        net.wait_until(lambda: b"carol@" not in self.disk() and "h:" in json.dumps(self.past()), 150, "the time is over")
        entry = self.find("carol@example.net")[0]  # the whole address finds it still
        self.assertRegex(entry["mail_from"], NAME)
        self.assertEqual(len(entry["recipients"].split()), 2)
        self.assertNotIn("subject", entry)
        self.assertEqual(self.find("carol"), [])
        self.assertNotIn("Salary", json.dumps(self.past()))
        self.assertNotIn(b"Salary", self.disk())
        s.kill()
        s.start()
        self.assertEqual(self.find("carol@example.net"), [entry])

    def test_dropping_leaves_nothing_and_ages_remove_lines(self):
        s = self.box({"privacy": {"addresses_after": "1s", "method": "drop", "history_age": "1h"}, "trace": {"write_interval": "1s"}})
        with s.client() as c:
            c.ehlo()
            c.mail(mails.simple("Salary"))
        net.wait_until(lambda: self.disk() and b"bob@" not in self.disk(), 150, "the time is over")
        entry = self.find()[0]
        self.assertEqual((entry["mail_from"], entry["subject"]), ("", "Salary"))
        self.assertNotIn("recipients", entry)
        s.write_config({"privacy": {"addresses_after": "1s", "method": "drop", "history_age": "1s", "trace_age": "1s"}})
        s.stop()
        s.start()
        net.wait_until(lambda: self.find() == [], 150, "the age is over")

    def test_an_erased_address_is_nowhere(self):
        s = self.box()
        with s.client() as c:
            c.ehlo()
            c.mail(mails.simple("About Bob"), recipients=("bob@example.net", "carol@example.net"))
            c.mail(mails.sample(SCAM), sender=SENDER, recipients=("bob@example.net",))
        held = self.find("microsoft")[0]["id"]
        self.web.local("POST", "/api/v1/lists", {"kind": "block", "subject": "address", "what": "eve@example.org", "note": "asked for by Bob@example.net"})
        self.assertEqual(self.erase("nobody").status, 422)
        refused = self.erase("Bob@example.net")
        self.assertEqual(refused.status, 409, refused.text)
        self.assertIn("1 messages", refused.json()["detail"])
        self.assertEqual(self.find("bob@example.net")[0]["outcome"], "quarantined", "nothing was changed")
        self.assertEqual(self.erase("bob@example.net", held="keep").status, 422)
        done = self.erase("Bob@example.net", held="delete")
        self.assertEqual(done.status, 200, done.text)
        told = done.json()
        self.assertEqual((told["history"], told["trace"], told["quarantine_recipients"], told["list_notes"]), (2, 2, 1, 1))
        self.assertRegex(told["name"], NAME)
        show = s.cli("quarantine", "show", held, "--json", "--config", str(s.config_file)).stdout
        for where, what in (("trace", json.dumps(self.find())), ("history", json.dumps(self.past())), ("lists", self.web.local("GET", "/api/v1/lists").text),
                            ("quarantine", show.split('"audit"')[0])):
            self.assertNotIn("bob@example.net", what.lower(), where)
        self.assertNotIn(b"bob@example.net", self.disk().lower())
        self.assertIn("carol@example.net", json.dumps(self.find()), "others stay")
        audit = self.web.local("GET", "/api/v1/audit").text
        self.assertIn(told["name"], audit)
        self.assertNotIn("bob@example.net", audit.lower())
        self.assertEqual(self.find("bob@example.net")[0]["recipients"], told["name"])
        code = s.cli("privacy", "erase", "carol@example.net", "--config", str(s.config_file))
        self.assertEqual(code.returncode, 0, code.stderr)
        self.assertEqual(self.find("carol@")[0:1], [])

    def test_the_page_is_for_administrators(self):
        s = self.box()
        admin = self.web.set_up()
        self.web.add_user("oscar", "operator")
        oscar = self.web.login("oscar")
        with s.client() as c:
            c.ehlo()
            c.mail(mails.simple())
        self.assertEqual(self.web.get("/privacy", session=oscar).status, 403)
        self.assertEqual(self.web.get("/privacy", session=admin).status, 200)
        form = {"csrf": admin.csrf, "address": "bob@example.net"}
        self.assertEqual(self.web.form("/privacy", form | {"csrf": oscar.csrf}, session=oscar, csrf=False).status, 403)
        page = self.web.form("/privacy", form, session=admin, csrf=False)
        self.assertEqual(page.status, 200, page.text)
        self.assertIn("1 lines of the trace", page.text)
        self.assertNotIn("bob@", json.dumps(self.find()))
