"""The real program and its supervisor: votes, hangs, safe mode; and the sandbox that the program closes around itself."""
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from harness import certs, mails, net
from harness.case import E2E
from harness.process import PROGRAM
from test_config_push import ConfigCase

HOOKS = str(pathlib.Path(PROGRAM).parents[1] / "test-hooks/bin/sluice")


class Manager:
    """A service manager of straw: what the program says to NOTIFY_SOCKET."""

    def __init__(self, test, abstract=False):
        self.heard, self.folder = [], tempfile.mkdtemp(prefix="notify.")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        name = f"\0sluice-test-{os.getpid()}-{id(self)}" if abstract else self.folder + "/notify"
        self.socket.bind(name)
        self.environment = {"NOTIFY_SOCKET": name.replace("\0", "@"), "WATCHDOG_USEC": "1000000"}
        self.socket.settimeout(0.2)
        self.end = False
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()
        test.addCleanup(self.close)

    def listen(self):
        while not self.end:
            try:
                self.heard.append((time.monotonic(), self.socket.recv(4096).decode()))
            except TimeoutError:
                pass

    def lines(self):
        return [l for _, text in list(self.heard) for l in text.split("\n")]

    def until(self, what, patience=30):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if what():
                return
            time.sleep(0.05)
        raise AssertionError(f"never heard; {self.lines()[-5:]}")

    def close(self):
        self.end = True
        self.thread.join()
        self.socket.close()
        shutil.rmtree(self.folder)


def status_of(pid):
    return dict(l.split(":\t", 1) for l in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in l)


class Votes(E2E):
    def box(self, manager, config=None, **more):
        return self.sluice(self.sink(), config, env=manager.environment, **more)

    def test_it_says_when_it_is_ready_that_it_lives_and_when_it_stops(self):
        for abstract in (False, True):
            m = Manager(self, abstract)
            s = self.box(m)
            m.until(lambda: "READY=1" in m.lines())
            m.until(lambda: m.lines().count("WATCHDOG=1") >= 4)
            self.assertTrue(any(l.startswith("STATUS=serving; ") for l in m.lines()))
            memory = next(int(l.split("=")[1]) for l in m.lines() if l.startswith("X_SLUICE_MEMORY="))
            self.assertGreater(memory, 20 << 20)
            with s.client() as c:
                c.ehlo()
                self.assertReply(c.mail(mails.simple()), 250)
            s.stop()
            self.assertIn("STOPPING=1", m.lines())
            self.assertFalse([l for l in m.lines() if l.startswith("X_SLUICE_STUCK")])

    def test_the_budget_tells_the_limit_for_the_kernel(self):
        s = self.sluice(self.sink())
        told = json.loads(subprocess.run([PROGRAM, "budget", "--json", "--config", str(s.config_file)], capture_output=True, check=True).stdout)
        self.assertEqual(told["cgroup_bytes"], told["limit_bytes"] + told["kernel_bytes"])

    def test_a_flood_of_connections_is_no_hang(self):
        m = Manager(self)
        s = self.box(m, {"memory": {"sessions": 4}})
        m.until(lambda: "READY=1" in m.lines())
        end = time.monotonic() + 4
        held = []
        while time.monotonic() < end:
            c = socket.create_connection((s.host, s.port))
            held.append(c)
            if len(held) > 50:
                held.pop(0).close()
        for c in held:
            c.close()
        self.assertFalse([l for l in m.lines() if l.startswith("X_SLUICE_STUCK")])

    def test_safe_mode_defers_mail_and_answers(self):
        s = self.sluice(self.sink(), arguments=["--safe-mode"])
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.cmd("MAIL FROM:<a@example.org>"), 451, "4.3.2")
        self.assertTrue(s.events("safe-mode-start"))

    def test_safe_mode_forwards_uninspected_where_it_shall(self):
        sink = self.sink()
        s = self.sluice(sink, {"safe_mode": {"mail": "forward"}}, arguments=["--safe-mode"])
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250)
            self.assertReply(c.mail(mails.sized(400_000)), 250)  # outgrows the window
        self.assertEqual(len(sink.accepted), 2)
        told = s.events("message")
        self.assertEqual([(e["outcome"], e.get("unscanned")) for e in told], [("forwarded", "safe-mode")] * 2)


class StandsStill(E2E):
    """The program of which a part stands still on SIGUSR2: firmware/gateway/health/test_hooks.hpp."""

    def names(self, part, hook):
        m = Manager(self)
        s = self.sluice(self.sink(), {"memory": {"loops": 1}}, env=m.environment, program=HOOKS)
        m.until(lambda: m.lines().count("WATCHDOG=1") >= 2)
        self.assertFalse([l for l in m.lines() if l.startswith("X_SLUICE_STUCK")])
        if hook:
            pathlib.Path(s.table["data_directory"], "test-hook").write_text(hook + "\n")
        s.send_signal(signal.SIGUSR2)
        m.until(lambda: f"X_SLUICE_STUCK={part}" in m.lines())
        heard = len(m.lines())
        time.sleep(1.5)
        self.assertNotIn("WATCHDOG=1", m.lines()[heard:], "it asks to be fed although a part stands still")
        self.assertEqual({l for l in m.lines() if l.startswith("X_SLUICE_STUCK")}, {f"X_SLUICE_STUCK={part}"})
        s.process.kill()  # it cannot stop any more
        s.process.wait()

    def test_an_event_loop_that_blocks_is_named(self):
        self.names("loop-0", "")

    def test_a_storage_thread_that_blocks_is_named(self):
        self.names("storage", "storage")

    def test_the_released_program_has_no_such_hook(self):
        s = self.sluice(self.sink())
        s.send_signal(signal.SIGUSR2)
        self.assertEqual(s.process.wait(30), -signal.SIGUSR2)


class Sandbox(E2E):
    def test_what_the_kernel_says_of_the_process(self):
        s = self.sluice(self.sink())
        told = status_of(s.process.pid)
        self.assertEqual((told["NoNewPrivs"], told["Seccomp"]), ("1", "2"))
        for task in os.listdir(f"/proc/{s.process.pid}/task"):
            t = dict(l.split(":\t", 1) for l in pathlib.Path(f"/proc/{s.process.pid}/task/{task}/status").read_text().splitlines() if ":\t" in l)
            self.assertEqual((t["NoNewPrivs"], t["Seccomp"]), ("1", "2"), f"thread {task}")
            # CAP_NET_BIND_SERVICE; as root also what files of others need
            self.assertEqual(int(t["CapEff"], 16) & ~(1 << 10 | 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3), 0, t["CapEff"])
        what = s.events("sandbox")[0]["what"]
        self.assertIn("seccomp", what)
        self.assertIn("capabilities dropped", what)

    def test_files_that_the_configuration_does_not_name_are_refused(self):
        if ctypes.CDLL(None, use_errno=True).syscall(444, 0, 0, 1) < 1:
            self.skipTest("this kernel has no Landlock")
        s = self.sluice(self.sink())
        self.assertIn("landlock", s.events("sandbox")[0]["what"])
        # The one way to make it open something it was not started with: a reload that names a folder of its own.
        elsewhere = tempfile.mkdtemp(prefix="elsewhere.")
        self.addCleanup(shutil.rmtree, elsewhere)
        key = pathlib.Path(elsewhere, "backup.key")
        key.write_text("whatever\n")
        s.write_config({"backup": {"recipient_key": str(key)}})
        s.send_signal(signal.SIGHUP)
        s.wait_event("reload-refused")
        self.assertIn(f'backup.recipient_key: "{key}" is in a folder that the running program gave up when it started', s.log_text())
        s.stop()
        s.start()  # the remedy
        self.assertEqual(s.events("sandbox")[-1]["what"], s.events("sandbox")[0]["what"])
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250)

    def test_without_it_on_request(self):
        s = self.sluice(self.sink(), arguments=["--no-sandbox"])
        self.assertEqual(status_of(s.process.pid)["Seccomp"], "0")
        self.assertIn("off", s.events("sandbox")[0]["what"])


class SandboxPush(ConfigCase):
    def test_a_file_that_the_sandbox_keeps_closed_is_refused_with_its_remedy(self):
        if ctypes.CDLL(None, use_errno=True).syscall(444, 0, 0, 1) < 1:
            self.skipTest("SKIPPED: this kernel has no Landlock")
        (self.folder / "named").mkdir()
        crt, key = certs.leaf("mx.example.net", folder=self.folder / "named")
        self.box({"tls": {"certificates": [{"certificate": str(crt), "key": str(key)}]}})
        closed = pathlib.Path(tempfile.mkdtemp(prefix="closed."))
        self.addCleanup(shutil.rmtree, closed)
        shutil.copy(certs.ca() / "ca.crt", closed / "ca.pem")
        shutil.copy(certs.ca() / "ca.crt", crt.parent / "ca.pem")
        before, route = self.etag(), {**self.s.table["route"][0], "tls": "opportunistic"}
        text = self.text({"route": [{**route, "ca_file": str(closed / "ca.pem")}]})
        for ask in (self.push, lambda body: self.admin("POST", "/api/v1/config/check", body.encode(), {"Content-Type": "application/toml"})):
            r = ask(text)
            self.assertEqual(r.status, 422, r.text)
            p = r.json()["problems"][0]
            self.assertEqual((p["key"], text.splitlines()[p["line"] - 1].split(" ")[0]), ("route[1].ca_file", "ca_file"))
            self.assertIn(f'"{closed}/ca.pem" is in a folder that the running program gave up when it started', p["what"])
            self.assertIn("restart with this configuration, or put it into a folder that was open then, such as /etc/sluice", p["remedy"])
        self.assertEqual(self.etag(), before)
        # Either remedy helps: a folder that was named at the start, and a start that names this one.
        self.assertEqual(self.push(self.text({"route": [{**route, "ca_file": str(crt.parent / "ca.pem")}]})).status, 202)
        self.wait_state("waiting")
        self.assertEqual(self.admin("POST", "/api/v1/config/confirm").status, 200)
        self.s.stop()
        self.s.config_file.write_text(text)
        self.s.start()
        net.wait_until(lambda: str(closed) in self.web.local("GET", "/api/v1/config").text, 20, "the new file to rule")
        self.assertMailFlows()
