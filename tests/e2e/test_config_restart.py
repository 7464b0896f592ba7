"""A push that only a start can try: refused unless it asks for a restart; with one the program ends in good order, is started again
with the generation on trial, and the former one comes back over everything but a confirm."""
import http.client
import os
import pathlib
import signal
import socket
import ssl
import time
import unittest

from harness import mails, net
from harness.process import PROGRAM
from harness.supervised import Supervised
from test_config_push import ConfigCase
from test_votes import Manager

SUPERVISOR = os.environ.get("SLUICE_SUPERVISOR_BIN") or str(pathlib.Path(PROGRAM).with_name("sluice-supervisor"))
ON_TRIAL, SETTLED = ("applying", "proving", "waiting"), ("idle",)


class RestartCase(ConfigCase):
    def links(self, **more):
        """A text that differs in digest.link_listen, which only a start changes."""
        self.link_port = net.free_port("127.0.0.1")
        return self.text({"digest": {"link_listen": f"127.0.0.1:{self.link_port}", "link_url": f"https://mail.example.net:{self.link_port}"}, **more})

    def links_answer(self):
        try:
            with socket.create_connection(("127.0.0.1", self.link_port), timeout=5) as plain:
                with ssl._create_unverified_context().wrap_socket(plain) as c:
                    c.sendall(b"GET /nothing HTTP/1.1\r\nHost: mail.example.net\r\nConnection: close\r\n\r\n")
                    return c.recv(64).startswith(b"HTTP/1.1 4")
        except ConnectionRefusedError:
            return False

    def reached(self, *names, timeout=90):
        """The state, across a restart: meanwhile nobody answers."""
        def there():
            try:
                s = self.state()
            except (OSError, http.client.HTTPException):
                return None
            return s if s["state"] in names else None
        return net.wait_until(there, timeout, f"state {names}")

    def offer(self, text=None, query="?restart=true&confirm=600"):
        r = self.push(text or self.links(), query)
        self.assertEqual(r.status, 202, r.text)
        self.assertIn("restart", r.json()["detail"])
        return r.json()["generation"]

    def assertBack(self, number, result):
        """Generation 1 runs and is settled, mail flows, and that became of the other one."""
        s = self.reached(*SETTLED)
        self.assertEqual((s["running"], s["confirmed"], s["candidate"]), (1, 1, None))
        e = self.entry(number)
        self.assertEqual(e["result"], result)
        self.assertIsNotNone(e["ended"])
        self.assertFalse(self.links_answer())
        self.s.wait_ready()
        self.assertMailFlows()
        return e


class Asked(RestartCase):
    def test_without_asking_it_is_refused_with_the_key_and_the_remedy(self):
        self.box()
        before, text = self.etag(), self.links()
        for query in ("", "?confirm=600", "?restart=false", "?restart=1"):
            r = self.push(text, query)
            self.assertEqual(r.status, 422, query)
            problems = {p["key"]: p for p in r.json()["problems"] if not p["note"]}
            self.assertEqual(list(problems), ["digest.link_listen"])
            self.assertGreater(problems["digest.link_listen"]["line"], 0)
            self.assertIn("changes only with a restart", problems["digest.link_listen"]["what"])
            self.assertIn("?restart=true", problems["digest.link_listen"]["remedy"])
        check = self.admin("POST", "/api/v1/config/check", text)
        self.assertEqual(check.status, 422)
        check = self.admin("POST", "/api/v1/config/check?restart=true", text)
        self.assertEqual((check.status, check.json()["detail"]), (200, "It could be taken, with a restart."))
        (self.folder / "elsewhere").mkdir()
        moved = self.push(self.text({"data_directory": str(self.folder / "elsewhere")}), "?restart=true")
        self.assertEqual((moved.status, [p["key"] for p in moved.json()["problems"] if not p["note"]]), (422, ["data_directory"]))
        broken = self.push(self.text({"digest": {"link_listen": "nowhere"}}), "?restart=true")
        self.assertEqual(broken.status, 422)
        large = self.push(self.text({"memory": {"total": "16MiB", "sessions": 10000}}), "?restart=true")
        self.assertEqual(large.status, 422)
        self.assertIn("memory.window_pool", [p["key"] for p in large.json()["problems"]])
        self.assertEqual((self.etag(), self.state()["state"], self.state()["candidate"]), (before, "idle", None))
        self.assertFalse(self.links_answer())
        self.assertMailFlows()
        self.assertEqual(len(self.s.events("started")), 1)

    def test_it_restarts_runs_on_trial_and_rules_after_its_confirm(self):
        self.box({"deadline": {"stop_grace": "20s"}})
        busy, idle = self.s.client(), self.s.client()
        idle.ehlo()
        busy.ehlo()
        busy.envelope()
        self.assertReply(busy.cmd("DATA"), 354)
        n = self.offer()
        self.assertEqual(self.state()["state"], "restarting")
        self.assertEqual(self.push(self.text({"domains": ["third.example"]})).status, 409)
        self.assertEqual(self.admin("POST", "/api/v1/config/confirm").status, 409)
        self.assertReply(idle.reply(), 421, "4.3.2")
        busy.send(mails.simple() + b".\r\n")
        self.assertReply(busy.reply(), 250, "2.0.0")
        s = self.reached("waiting")
        self.assertEqual((s["running"], s["confirmed"], s["candidate"]), (n, 1, n))
        self.assertTrue(300 < s["seconds_left"] <= 600)
        self.assertTrue(self.links_answer())
        self.s.wait_ready()
        self.assertMailFlows()
        self.assertEqual([e["key"] for e in self.entry(n)["changes"]], ["digest.link_listen", "digest.link_url"])
        self.assertEqual(self.admin("POST", "/api/v1/config/confirm").status, 200)
        self.assertEqual(self.state()["state"], "idle")
        self.s.stop()
        self.s.start()
        self.assertEqual((self.state()["running"], self.state()["candidate"]), (n, None))
        self.assertTrue(self.links_answer())

    def test_what_needs_no_restart_gets_none(self):
        self.box()
        r = self.push(self.text({"domains": ["example.net", "new.example"]}), "?restart=true")
        self.assertEqual(r.status, 202, r.text)
        self.wait_state("waiting")
        self.assertEqual(len(self.s.events("started")), 1)
        self.assertTrue(self.takes("new.example"))

    def test_the_shell_and_the_page_ask_for_it(self):
        self.box()
        new = self.folder / "new.toml"
        new.write_text(self.links())
        config = ("--config", self.s.config_file)
        refused = self.s.cli("config", "push", *config, new)
        self.assertEqual(refused.returncode, 3)
        self.assertIn("sluice config push --restart", refused.stderr)
        self.assertEqual(self.s.cli("config", "diff", *config, new, "--restart").returncode, 0)
        p = self.s.cli("config", "push", *config, new, "--restart", "--within", 600)
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertIn("restarting", p.stderr)
        self.assertTrue(self.links_answer())
        back = self.s.cli("config", "rollback", *config)
        self.assertEqual(back.returncode, 0, back.stderr)
        self.assertBack(2, "taken-back")
        admin = self.web.set_up()
        form = {"csrf": admin.csrf, "etag": self.etag(), "text": new.read_text(), "confirm": "600", "do": "push"}
        self.assertEqual(self.web.form("/config", form, session=admin, csrf=False).status, 422)
        self.assertEqual(self.web.form("/config", {**form, "restart": "true"}, session=admin, csrf=False).status, 303)
        self.assertEqual(self.reached("waiting")["running"], 3)


class Back(RestartCase):
    def test_without_a_confirm(self):
        self.box()
        n = self.offer(query="?restart=true&confirm=60")
        self.reached("waiting")
        self.assertTrue(self.links_answer())
        began = time.monotonic()
        self.assertEqual(len(self.s.events("started")), 2)
        self.s.wait_event("started", since=2, timeout=120)
        self.assertGreater(time.monotonic() - began, 40)
        self.assertBack(n, "no-confirm")

    def test_when_a_test_mail_fails(self):
        self.box()
        n = self.offer(self.links(policy={"quarantine_score": 90000}))
        self.assertIn("although it is a scam", self.assertBack(n, "not-proven")["why"])

    def test_when_it_cannot_be_started_with(self):
        self.box()
        text = self.links()
        with socket.create_server(("127.0.0.1", self.link_port)):
            n = self.offer(text)
            self.s.wait_event("generation-not-applied")
            self.s.wait_event("started", since=1)
            self.assertEqual(self.reached(*SETTLED)["running"], 1)
        self.assertBack(n, "not-applied")

    def test_after_a_kill_before_the_confirm(self):
        self.box()
        for step in (("waiting",), ON_TRIAL):
            with self.subTest(step):
                n = self.offer()
                self.s.wait_event("generation-starts", generation=n)
                self.reached(*step)
                self.s.kill()
                self.s.start()
                self.assertBack(n, "interrupted")

    def test_a_kill_before_the_restart_leaves_it_to_the_next_start_and_no_further_one(self):
        self.box()
        n = self.offer()
        self.s.kill()
        self.s.start()
        self.assertEqual(self.reached("waiting")["running"], n)
        self.s.stop()
        self.s.start()
        self.assertBack(n, "interrupted")

    def test_a_changed_file_waits_for_the_trial(self):
        self.box()
        n = self.offer()
        self.s.write_config({"domains": ["example.net", "file.example"]})
        self.reached("waiting")
        self.s.wait_event("reload-waits")
        self.assertEqual(self.admin("POST", "/api/v1/config/confirm").status, 200)
        # The file knows nothing of link_listen: as a reload it is refused, and it counts at the next start.
        self.s.wait_event("reload-refused")
        self.assertEqual(self.state()["confirmed"], n)

    def test_a_file_with_a_value_of_a_start_goes_back_by_a_restart_too(self):
        self.box()
        self.s.stop()
        self.s.config_file.write_text(self.links(policy={"quarantine_score": 90000}))
        self.s.start(ready=False)
        self.s.wait_event("started", since=2)
        self.assertBack(2, "not-proven")


class Managed(RestartCase):
    def test_under_a_service_manager_the_exit_code_asks_for_the_start(self):
        m = Manager(self)
        self.box()
        self.s.env = {**os.environ, **m.environment}
        self.s.stop()
        self.s.start()
        n = self.offer()
        self.assertEqual(self.s.process.wait(60), 5)
        self.s.log_handle.close()
        self.assertIn("STOPPING=1", m.lines())
        self.s.start()
        self.assertEqual(self.reached("waiting")["running"], n)
        self.assertEqual(self.admin("POST", "/api/v1/config/rollback").status, 202)
        self.assertEqual(self.s.process.wait(60), 5)
        self.s.log_handle.close()
        self.s.start()
        self.assertBack(n, "taken-back")

    def test_somebody_who_stops_it_meanwhile_is_obeyed(self):
        self.box({"deadline": {"stop_grace": "30s"}})
        busy = self.s.client()
        busy.ehlo()
        busy.envelope()
        self.assertReply(busy.cmd("DATA"), 354)
        self.offer()
        self.s.wait_event("stopping")
        self.assertEqual(self.s.stop(), 0)
        self.assertEqual(len(self.s.events("started")), 1)

    def supervised(self):
        """The box under the real supervisor, which starts it."""
        self.box()
        self.s.stop()
        b = Supervised(SUPERVISOR, slot="")
        self.addCleanup(b.close)
        b.boot("--service", PROGRAM, "--config", str(self.s.config_file), "--vote-period", "10", "--user", "root" if os.getuid() == 0 else b.user)
        b.ready()
        return b

    def test_the_supervisor_starts_it_at_once_and_counts_no_crash(self):
        b = self.supervised()
        n = self.offer()
        b.ready(2)
        self.assertEqual(self.reached("waiting")["running"], n)
        self.assertTrue(self.links_answer())
        self.assertEqual(len(b.events("service-ended")), 1)
        self.assertIn('how="exit code 5, to be started again"', b.events("service-ended")[0])
        self.assertEqual(len(b.events("service-started")), 2)
        self.assertEqual((b.status()["restarts"], b.status()["safe_mode"]), ("0", "0"))
        os.kill(b.child(), signal.SIGKILL)  # now it is a crash, and the former one comes back
        b.ready(3)
        self.assertEqual(b.status()["restarts"], "1")
        s = self.reached(*SETTLED)
        self.assertEqual((s["running"], s["candidate"], self.entry(n)["result"]), (1, None, "interrupted"))
        n = self.offer()
        b.ready(4)
        self.reached("waiting")
        self.assertEqual(self.admin("POST", "/api/v1/config/confirm").status, 200)
        self.assertTrue(self.links_answer())
        self.assertEqual(b.status()["restarts"], "1")


if __name__ == "__main__":
    unittest.main()
