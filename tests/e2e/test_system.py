"""The box itself: what it tells, updates taken in and installed by the supervisor, restart and reset, the trial of a new slot, a box
without a configuration. The supervisor is a scripted one; the real one has tests of its own."""
import json
import os
import pathlib
import shutil
import socket
import ssl
import threading
import time
import unittest

from harness import mails, net, toml
from harness.case import E2E
from harness.process import SANITIZED
from harness.supervisor import CLOSE, Supervisor
from harness.web import Web

BUNDLE = b"RAUC bundle \0" + bytes(range(256)) * 4096 + b"\r\n--end"


class Box(E2E):
    def supervisor(self, **facts):
        box = Supervisor(**facts).start()
        self.addCleanup(box.stop)
        return box

    def box(self, config=None, supervisor=True, downstream=None, script=None, **facts):
        self.web = Web()
        self.sup = self.supervisor(**facts) if supervisor else None
        if script:
            self.sup.script.update(script)
        (self.folder / "update").mkdir()
        table = self.web.config({"update": {"directory": str(self.folder / "update"), "memory_minimum": "0B"}, **(config or {})})
        env = self.sup.env if supervisor else {"SLUICE_SUPERVISOR": str(self.folder / "nobody")}
        self.sink_ = downstream or self.sink()
        self.s = self.sluice(self.sink_, table, env=env)
        self.web.of(self.s)
        self.token = self.web.make_token("admin", "admin")["token"]
        return self.s

    def ask(self, method, path, body=None, headers=None):
        return self.web.ask(method, path, body, headers, token=self.token)

    def update_state(self):
        return self.ask("GET", "/api/v1/system/update").json()

    def wait_update(self, *states):
        def there():
            u = self.update_state()
            return u if u["state"] in states else None
        return net.wait_until(there, 30, f"update {states}")

    def audit(self):
        return [(e["who"], e["what"], e["result"]) for e in self.web.local("GET", "/api/v1/audit").json()["entries"]]


class System(Box):
    def test_what_the_box_is(self):
        self.box(reset_reason="watchdog", reset_detail="stuck:storage")
        r = self.ask("GET", "/api/v1/system").json()
        self.assertTrue(r["appliance"])
        self.assertEqual((r["box"]["slot"], r["box"]["other_version"], r["box"]["rollback_index"], r["box"]["reset_detail"]), ("A", "0.9", "7", "stuck:storage"))
        self.assertEqual((r["trial"]["state"], r["update"]["state"], r["data_format"]), ("none", "idle", 1))
        self.assertGreater(r["device"]["data_total_bytes"], 0)
        admin = self.web.set_up()
        page = self.web.get("/system", session=admin).text
        for words in ("Test board", "watchdog", "stuck:storage", "Install", "Factory reset", "checked at the start: yes"):
            self.assertIn(words, page)
        self.web.add_user("anna", "viewer")
        page = self.web.get("/system", session=self.web.login("anna")).text
        self.assertIn("Test board", page)
        for words in ("Install</button>", "Factory reset", "/system/reboot"):
            self.assertNotIn(words, page)
        out = self.s.cli("system", "status", "--config", self.s.config_file)
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertIn("slot A, version 1.0, good", out.stdout)
        self.assertEqual(json.loads(self.s.cli("system", "status", "--json", "--config", self.s.config_file).stdout)["box"]["board"], "Test board")
        self.sup.script["status"] = ["nonsense"]
        time.sleep(1.2)
        self.assertIn("makes no sense", self.ask("GET", "/api/v1/system").json()["problem"])
        self.sup.script["status"] = [CLOSE]
        time.sleep(1.2)
        self.assertIn("does not answer", self.web.get("/system", session=admin).text)

    def test_elsewhere_it_says_that_it_is_no_appliance(self):
        self.box(supervisor=False)
        self.assertFalse(self.ask("GET", "/api/v1/system").json()["appliance"])
        for path in ("/api/v1/system/update", "/api/v1/system/reboot", "/api/v1/system/mark-good"):
            r = self.ask("POST", path, BUNDLE if path.endswith("update") else None)
            self.assertEqual((r.status, r.json()["title"]), (409, "Not an appliance"), path)
        self.assertEqual(self.ask("POST", "/api/v1/system/factory-reset", {"confirm": "mx.example.net"}).status, 409)
        self.assertIn("no appliance", self.web.get("/system", session=self.web.set_up()).text)
        out = self.s.cli("system", "reboot", "--config", self.s.config_file)
        self.assertEqual(out.returncode, 4)
        self.assertIn("no supervisor", out.stderr)
        text = toml.dumps(toml.merged(self.s.table, {"network": {"hostname": "other"}}))
        r = self.ask("PUT", "/api/v1/config", text.encode(), {"If-Match": "*"})
        self.assertEqual(r.status, 422)
        self.assertEqual([p["key"] for p in r.json()["problems"] if "appliance" in p["what"]], ["network"])

    def test_restart_reset_and_marks_are_asked_of_the_supervisor_and_audited(self):
        self.box()
        self.assertEqual(self.ask("POST", "/api/v1/system/mark-good").status, 204)
        self.assertEqual(self.ask("POST", "/api/v1/system/reboot").status, 202)
        self.assertEqual(self.sup.asked, [("mark-good", {}), ("reboot", {"reason": "request"})])
        self.assertIn("reached=1", (self.web.data / "system/uplink").read_text(), "for the slot that comes up")
        for body in ({}, {"confirm": ""}, {"confirm": "another"}):
            self.assertEqual(self.ask("POST", "/api/v1/system/factory-reset", body).status, 422)
        self.assertEqual(len(self.sup.asked), 2)
        self.assertEqual(self.ask("POST", "/api/v1/system/factory-reset", {"confirm": "mx.example.net"}).status, 202)
        self.sup.script["reboot"] = ["error busy something else is at work"]
        r = self.ask("POST", "/api/v1/system/reboot")
        self.assertEqual((r.status, r.json()["detail"]), (409, "something else is at work"))
        admin = self.web.set_up()
        self.assertIn("not typed", self.web.form("/system/factory-reset", {"confirm": "x", "csrf": admin.csrf}, session=admin).text)
        self.assertEqual(self.web.form("/system/reboot", {}, session=admin, csrf=False).status, 403)
        told = self.audit()
        self.assertIn(("admin", "restart the box", 202), told)
        self.assertIn(("admin", "factory reset", 422), told)
        self.assertIn(("admin", "factory reset", 202), told)
        self.assertIn(("admin", "mark the running slot good", 204), told)


class Update(Box):
    def test_an_upload_goes_to_the_file_and_is_installed(self):
        self.box()
        self.sup.script["install"] = ["progress 10 checking", "progress 40 Copying image to rootfs.1", 1.5, "ok version=1.1"]
        resident = self.s.resident_bytes()
        bundle = BUNDLE * 20
        r = self.ask("POST", "/api/v1/system/update", bundle)
        self.assertEqual((r.status, r.header("Location")), (202, "/api/v1/system/update"), r.text)
        u = net.wait_until(lambda: (lambda u: u if u["percent"] == 40 else None)(self.update_state()), 10, "progress")
        self.assertEqual((u["state"], u["text"], u["octets"]), ("installing", "Copying image to rootfs.1", len(bundle)))
        again = self.ask("POST", "/api/v1/system/update", BUNDLE)
        self.assertEqual((again.status, again.json()["title"]), (409, "Busy"))
        u = self.wait_update("installed", "failed")
        self.assertEqual((u["state"], u["version"]), ("installed", "1.1"))
        self.assertEqual(self.sup.seen["install"], [bundle])
        self.assertEqual(os.listdir(self.folder / "update"), [], "the file is gone")
        if not SANITIZED:
            self.assertLess(self.s.resident_bytes() - resident, 6 << 20, "never in memory")
        told = self.audit()
        self.assertIn(("admin", f"upload an update of {len(bundle)} octets", 202), told)
        self.assertIn(("admin", "install version 1.1", 200), told)
        self.assertEqual(self.ask("POST", "/api/v1/system/reboot").status, 202)
        self.assertEqual(self.sup.asked[-1], ("reboot", {"reason": "update"}))

    def test_what_the_supervisor_refuses_is_told_in_its_words(self):
        self.box()
        self.sup.script["install"] = ["progress 0 checking the bundle", "error rollback the bundle has rollback index 3, this box takes 7 and above"]
        self.assertEqual(self.ask("POST", "/api/v1/system/update", BUNDLE).status, 202)
        u = self.wait_update("failed")
        self.assertEqual((u["code"], u["text"]), ("rollback", "the bundle has rollback index 3, this box takes 7 and above"))
        self.assertEqual(os.listdir(self.folder / "update"), [])
        self.assertIn("this box takes 7 and above", self.web.get("/system", session=self.web.set_up()).text)
        self.sup.script["install"] = [CLOSE]
        self.assertEqual(self.ask("POST", "/api/v1/system/update", BUNDLE).status, 202)
        net.wait_until(lambda: self.update_state()["code"] == "no-answer", 10, "the end")
        self.sup.script["install"] = ["ok version=2"]
        self.assertEqual(self.ask("POST", "/api/v1/system/update?reboot=true", BUNDLE).status, 202)
        net.wait_until(lambda: "reboot" in self.sup.verbs(), 10, "the restart")

    def test_what_cannot_be_is_refused_before_anything_is_taken(self):
        self.box({"update": {"directory": str(self.folder / "update"), "memory_minimum": "0B", "max_size": "1MiB"}})
        head = f"POST /api/v1/system/update HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\nContent-Length: {2 << 20}\r\n\r\n"
        self.assertIn(b"413 ", self.web.raw(head.encode())[:20])
        self.sup.facts["slot_state"] = "trying"
        r = self.ask("POST", "/api/v1/system/update", b"x" * 900000)  # the reason comes through although the body was still on its way
        self.assertEqual((r.status, r.json()["title"]), (409, "On trial"))
        self.sup.facts.update(slot_state="good", install="running 40")
        self.assertEqual(self.ask("POST", "/api/v1/system/update", BUNDLE[:1000]).status, 409)
        self.sup.facts.update(install="idle")
        self.assertEqual(self.ask("POST", "/api/v1/system/update", b"").status, 400)
        self.assertEqual(self.update_state()["state"], "idle")
        self.s.write_config({"update": {"memory_minimum": "64GiB"}})
        self.s.send_signal(1)
        self.s.wait_event("reloaded")
        r = self.ask("POST", "/api/v1/system/update", BUNDLE[:1000])
        self.assertEqual((r.status, r.json()["title"]), (507, "Too little memory"))
        self.s.write_config({"update": {"memory_minimum": "0B", "directory": str(self.folder / "missing")}})
        self.s.send_signal(1)
        self.s.wait_event("reload-refused")
        self.s.write_config({"update": {"memory_minimum": "0B", "directory": str(self.folder / "update")}})
        self.s.send_signal(1)
        self.s.wait_event("reloaded", since=1)
        shutil.rmtree(self.folder / "update")
        r = self.ask("POST", "/api/v1/system/update", BUNDLE[:1000])
        self.assertEqual((r.status, r.json()["title"]), (507, "No place"))
        self.assertEqual(self.sup.asked, [])

    def test_an_upload_that_is_cut_off_leaves_nothing(self):
        self.box()
        with socket.create_connection((self.web.host, self.web.port)) as plain, ssl._create_unverified_context().wrap_socket(plain) as c:
            c.sendall((f"POST /api/v1/system/update HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\nContent-Length: 5000000\r\n\r\n").encode() + b"x" * 300000)
            net.wait_until(lambda: self.update_state()["octets"] > 0, 10, "the first octets")
            self.assertEqual(os.listdir(self.folder / "update"), ["upload.raucb"])
            self.assertEqual(self.ask("POST", "/api/v1/system/update", BUNDLE).status, 409)
        self.assertEqual(self.wait_update("failed")["code"], "upload")
        self.assertEqual(os.listdir(self.folder / "update"), [])
        self.assertEqual(self.sup.asked, [])
        self.assertEqual(self.ask("POST", "/api/v1/system/update", BUNDLE).status, 202, "the next one is taken")
        self.wait_update("installed")
        # A cut of the power: what is left over goes at the next start.
        self.s.kill()
        (self.folder / "update/upload.raucb").write_bytes(b"half")
        self.s.spawn()
        self.s.wait_event("started", since=1)
        self.assertEqual(os.listdir(self.folder / "update"), [])

    def test_by_a_plain_form_and_only_from_our_own_page(self):
        self.box()
        admin = self.web.set_up()
        content = BUNDLE[:70000]

        def form(csrf, reboot=False):
            parts = [f'--BB\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{csrf}\r\n'.encode()]
            if reboot:
                parts.append(b'--BB\r\nContent-Disposition: form-data; name="reboot"\r\n\r\n1\r\n')
            parts.append(b'--BB\r\nContent-Disposition: form-data; name="file"; filename="a.raucb"\r\nContent-Type: application/octet-stream\r\n\r\n' + content + b"\r\n--BB--\r\n")
            headers = {"Content-Type": "multipart/form-data; boundary=BB"}
            return self.web.ask("POST", "/system/update", b"".join(parts), headers, session=admin, csrf=False)

        self.assertEqual(form("0" * 32).status, 403)
        self.assertEqual(self.sup.asked, [])
        self.assertEqual(self.web.ask("POST", "/system/update", content, {"Content-Type": "application/octet-stream"}, session=admin, csrf=False).status, 403)
        r = form(admin.csrf, reboot=True)
        self.assertEqual((r.status, r.header("Location")), (303, "/system#update"), r.text)
        net.wait_until(lambda: self.sup.verbs() == ["install", "reboot"], 10, "the installation")
        self.assertEqual(self.sup.seen["install"], [content])
        self.sup.facts["slot_state"] = "trying"
        r = form(admin.csrf)
        self.assertEqual(r.status, 409)
        self.assertIn("itself on trial", r.text)

    def test_by_the_shell_with_progress(self):
        self.box()
        file = self.folder / "new.raucb"
        file.write_bytes(BUNDLE)
        self.sup.script["install"] = ["progress 50 Copying", 1.0, "ok version=1.5"]
        out = self.s.cli("system", "update", file, "--config", self.s.config_file)
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertIn("Version 1.5 is installed", out.stdout)
        self.assertIn("installing: Copying", out.stderr)
        self.assertEqual(self.sup.seen["install"], [BUNDLE])
        self.sup.script["install"] = ["error bundle signature verification failed"]
        out = self.s.cli("system", "update", file, "--config", self.s.config_file)
        self.assertEqual(out.returncode, 4)
        self.assertIn("signature verification failed", out.stderr)

    def test_a_stop_does_not_wait_for_the_installation(self):
        self.box()
        self.sup.script["install"] = ["progress 1 long", 15, "ok version=9"]
        self.assertEqual(self.ask("POST", "/api/v1/system/update", BUNDLE).status, 202)
        self.wait_update("installing")
        began = time.monotonic()
        self.assertEqual(self.s.stop(), 0)
        self.assertLess(time.monotonic() - began, 8)


class Trial(Box):
    def trial(self, config=None, note=None, **box):
        data = self.folder / "sluice0" / "data"
        if note is not None:
            (data / "system").mkdir(parents=True)
            (data / "system/uplink").write_text(f"ok reached={note} written=1 last=1\n")
        return self.box({"update": {"directory": str(self.folder / "update"), "trial_time": "30s"}, **(config or {})}, slot_state="trying", **box)

    def marks(self):
        return [v for v in self.sup.verbs() if v.startswith("mark")]

    def wait_mark(self, timeout=60):
        return net.wait_until(self.marks, timeout, "a mark")

    def test_a_slot_whose_test_mails_pass_is_marked_good(self):
        self.trial()
        self.assertEqual(self.wait_mark(20), ["mark-good"])
        net.wait_until(lambda: self.ask("GET", "/api/v1/system").json()["trial"]["state"] == "good", 10, "the view")
        self.s.wait_event("slot-proven")
        self.sup.facts["slot_state"] = "good"
        net.wait_until(lambda: (self.web.data / "system/uplink").exists(), 15, "its own note")

    def test_a_downstream_that_was_away_before_is_not_the_slots_fault(self):
        for note, mark in ((0, "mark-good"), (1, "mark-bad")):
            with self.subTest(note=note):
                self.setUp()
                sink = self.sink()
                sink.script["rcpt"] = "450 4.2.0 later"
                began = time.monotonic()
                self.trial(note=note, downstream=sink)
                self.assertEqual(self.ask("GET", "/api/v1/system").json()["trial"]["state"], "trying")
                self.assertEqual(self.wait_mark(), [mark])
                self.assertGreater(time.monotonic() - began, 25, "it had its time")
                if mark == "mark-bad":
                    self.assertIn("until it went", dict(self.sup.asked)["mark-bad"]["reason"])
                    self.assertIn("reached=1 written=1 ", (self.web.data / "system/uplink").read_text(), "a slot on trial writes no note")
                self.assertEqual(self.s.stop(), 0)

    def test_a_slot_that_judges_wrong_goes(self):
        self.trial({"policy": {"tag_score": 0, "quarantine_score": 90000}}, note=0)
        self.assertIn("A new system is on trial", self.web.get("/", session=self.web.set_up()).text)
        self.assertEqual(self.wait_mark(), ["mark-bad"])
        self.assertIn("although it is a scam", dict(self.sup.asked)["mark-bad"]["reason"])

    def test_a_mark_that_is_not_taken_is_asked_again(self):
        self.box({"update": {"directory": str(self.folder / "update"), "trial_time": "30s"}}, slot_state="trying", script={"mark-good": ["error busy something else is at work"]})
        self.s.wait_event("slot-not-marked")
        self.sup.script["mark-good"] = ["ok rollback_index=8"]
        net.wait_until(lambda: self.ask("GET", "/api/v1/system").json()["trial"]["state"] == "good", 30, "the mark")


class Format(Box):
    def test_data_of_a_newer_system_is_left_alone(self):
        self.box()
        self.assertEqual((self.web.data / "format").read_text(), "1\n")
        self.s.stop()
        (self.web.data / "format").write_text("2\n")
        self.s.spawn()
        self.assertEqual(self.s.process.wait(20), 4)
        self.assertIn("was written in format 2; this version reads up to 1", self.s.log_text())
        (self.web.data / "format").write_text("1\n")


class Factory(Box):
    def test_a_box_without_a_configuration_is_its_page_alone_and_becomes_a_gateway_by_a_push(self):
        self.web = Web()
        self.sup = self.supervisor()
        sink = self.sink()
        s = self.sluice(sink, self.web.config(), start=False, env=self.sup.env)
        full = dict(s.table)
        keep = {k: full[k] for k in ("data_directory", "log", "memory", "status", "auth")}
        s.config_file.write_text(toml.dumps({"unconfigured": True, **keep}))
        s.spawn()
        s.wait_event("started")
        self.assertFalse(net.connects(s.host, s.port), "nothing listens for mail")
        self.web.of(s)
        self.assertEqual(self.web.get("/").header("Location"), "/setup")
        self.assertEqual(self.web.get("/api/v1/system").status, 401)
        self.assertEqual(len(s.events("not-set-up")), 1)
        admin = self.web.set_up()
        self.assertTrue(self.web.get("/api/v1/system", session=admin).json()["unconfigured"])
        for page in ("/", "/messages", "/quarantine", "/profiles", "/lists", "/config", "/system"):
            self.assertEqual(self.web.get(page, session=admin).status, 200, page)
        self.assertEqual(self.web.local("POST", "/api/v1/test-mail").status in (200, 409), True)
        r = self.web.ask("PUT", "/api/v1/config?confirm=60", toml.dumps(full).encode(), {"If-Match": "*"}, session=admin)
        self.assertEqual(r.status, 202, r.text)
        net.wait_until(lambda: self.web.local("GET", "/api/v1/config/state").json()["state"] == "waiting", 40, "the trial")
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertEqual(len(sink.accepted), 1)
        self.assertEqual(self.web.ask("POST", "/api/v1/config/confirm", session=admin).status, 200)
        # And back: unconfigured by a push is possible, too.
        s.stop()
        s.spawn()
        s.wait_event("started", since=1)
        s.wait_ready()

    def test_a_first_configuration_that_is_not_confirmed_goes_again(self):
        self.web = Web()
        self.sup = self.supervisor()
        sink = self.sink()
        s = self.sluice(sink, self.web.config(), start=False, env=self.sup.env)
        full = dict(s.table)
        s.config_file.write_text(toml.dumps({"unconfigured": True, **{k: full[k] for k in ("data_directory", "log", "memory", "status", "auth")}}))
        s.spawn()
        s.wait_event("started")
        self.web.of(s)
        sink.script["rcpt"] = "450 4.2.0 later"
        r = self.web.local("PUT", "/api/v1/config", toml.dumps(full).encode(), {"If-Match": "*"})
        self.assertEqual(r.status, 202, r.text)
        net.wait_until(lambda: self.web.local("GET", "/api/v1/config/state").json()["state"] == "waiting", 40, "the trial")
        self.assertEqual(self.web.local("POST", "/api/v1/config/rollback").status, 202)
        net.wait_until(lambda: self.web.local("GET", "/api/v1/config/state").json()["state"] == "idle", 20, "the way back")
        self.assertFalse(net.connects(s.host, s.port))


if __name__ == "__main__":
    unittest.main()
