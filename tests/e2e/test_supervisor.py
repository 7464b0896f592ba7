"""sluice-supervisor with real processes that crash, hang, will not stop; its control socket; images, slots and resets.

Service, updater, boot variables and reboot are scripts (harness/supervised.py); what the supervisor does with the real
program is in test_votes.py, with a real watchdog in tests/qemu.
"""
import os
import pathlib
import signal
import socket
import subprocess
import time
import unittest

from harness.supervised import Supervised

PROGRAM = os.environ.get("SLUICE_SUPERVISOR_BIN") or str(pathlib.Path(os.environ.get("SLUICE_BIN", "build/host-release/bin/sluice")).with_name("sluice-supervisor"))


class Supervisor(unittest.TestCase):
    def box(self, *more, **facts):
        b = Supervised(PROGRAM, **facts)
        self.addCleanup(b.close)
        b.boot(*more)
        return b

    def test_the_service_gets_its_user_one_capability_and_a_clean_environment(self):
        b = self.box()
        b.ready()
        s = b.starts()[0]
        self.assertEqual(s["environment"], "LC_CTYPE,NOTIFY_SOCKET,PATH,SLUICE_CLOCK_FLOOR,SLUICE_SUPERVISOR,WATCHDOG_USEC")  # LC_CTYPE is Python's own
        self.assertEqual(s["nnp"], "1")
        self.assertEqual(s["files"], "0,1,2,3")  # 3 is the listing itself
        self.assertEqual(s["words"], f"run --config {b.at}/behaviour")
        if os.getuid() != 0:
            self.skipTest("not root: it runs as we do")
        self.assertNotEqual(s["uid"], "0")
        for name in ("eff", "amb", "bnd"):
            self.assertEqual(int(s[name], 16), 1 << 10, name)  # CAP_NET_BIND_SERVICE

    def copies(self, b, count):
        b.until(lambda: len(b.read("copies").splitlines()) >= count)
        self.assertEqual(set(b.read("copies").splitlines()), {"save"})

    def test_a_copy_of_the_configuration_is_kept_when_it_is_ready_and_after_a_confirm(self):
        b = self.box(behaviour="confirms")
        b.ready()
        self.copies(b, 2)
        b.until(lambda: b.events("copy-kept"))
        self.assertIn("generation 3, 100 octets", b.events("copy-kept")[0])
        self.assertTrue(b.asked("mark-good")[-1].startswith("ok"))
        self.copies(b, 3)

    def test_a_copy_that_cannot_be_kept_is_told(self):
        b = Supervised(PROGRAM)
        self.addCleanup(b.close)
        b.script("keep-copy", "import sys\nprint('keep-copy: no room')\nsys.exit(1)\n")
        b.boot()
        b.ready()
        b.until(lambda: b.events("copy-not-kept"))
        self.assertIn("keep-copy: no room", b.events("copy-not-kept")[0])

    def test_the_service_hears_that_its_data_lie_in_memory(self):
        b = Supervised(PROGRAM)
        self.addCleanup(b.close)
        b.write("run/data-state", "corrupt\n")
        b.boot()
        b.ready()
        self.assertIn("SLUICE_DATA_STATE", b.starts()[0]["environment"].split(","))
        self.assertEqual(b.status()["data"], "corrupt")
        b.write("run/data-state", "ok\n")
        os.kill(b.child(), signal.SIGKILL)
        b.ready(2)
        self.assertNotIn("SLUICE_DATA_STATE", b.starts()[1]["environment"].split(","))

    def test_a_service_that_ends_on_data_that_became_read_only_restarts_the_machine(self):
        if os.getuid() != 0:
            self.skipTest("mounting needs root")
        b = Supervised(PROGRAM, behaviour="brief")
        self.addCleanup(b.close)
        state = b.at / "state"
        if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(state)], capture_output=True).returncode:
            self.skipTest("mounting is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(state)])
        b.write("run/data-state", "ok\n")
        b.boot()
        b.ready()
        subprocess.run(["mount", "-o", "remount,ro", str(state)], check=True)
        b.until(lambda: b.read("rebooted"))
        self.assertIn("the data partition has become read-only", b.events("going-down")[-1])
        self.assertLess(len(b.starts()), 3)

    def test_status_tells_what_the_box_is(self):
        b = self.box()
        b.ready()
        s = b.status()
        expected = {"slot": "A", "other": "B", "slot_state": "trying", "tries_left": "2", "version": "1.0", "other_state": "good", "rollback_index": "0",
                    "reset_reason": "power", "watchdog": "none", "safe_mode": "0", "restarts": "0", "boot_verified": "yes", "rootfs": "plain", "install": "idle",
                    "phase": "running", "status": "serving"}
        self.assertEqual({k: s[k] for k in expected}, expected)

    def test_a_crash_is_named_and_restarted(self):
        b = self.box(behaviour="segv crash votes")
        b.ready()
        how = b.events("service-ended")
        self.assertIn("signal 11, Segmentation fault", how[0])
        self.assertIn("exit code 7", how[1])
        self.assertEqual(b.status()["restarts"], "2")
        self.assertEqual(b.status()["safe_mode"], "0")

    def test_a_killed_service_is_back(self):
        b = self.box()
        b.ready()
        os.kill(b.child(), signal.SIGKILL)
        b.ready(2)
        self.assertIn("signal 9", b.events("service-ended")[0])

    def test_a_service_that_keeps_crashing_ends_in_safe_mode_and_leaves_it_on_request(self):
        b = self.box(behaviour="crash crash crash crash bad-config votes", slot="")
        b.ready()
        self.assertIn("exit code 3, the configuration is wrong", b.events("safe-mode")[0])
        self.assertTrue(b.starts()[-1]["words"].endswith(" --safe-mode"))
        self.assertEqual(b.status()["safe_mode"], "1")
        self.assertEqual(b.asked("safe-mode leave"), ["ok"])
        b.ready(2)
        self.assertFalse(b.starts()[-1]["words"].endswith(" --safe-mode"))
        self.assertEqual(b.status()["safe_mode"], "0")

    def test_a_service_that_asks_to_be_started_again_has_not_crashed(self):
        b = self.box("--first-pause", "30", behaviour="again " * 6 + "votes")
        b.ready(7)
        self.assertEqual((b.status()["restarts"], b.status()["safe_mode"], b.status()["last_failure"]), ("0", "0", ""))
        self.assertEqual(len([e for e in b.events("service-ended") if "exit code 5, to be started again" in e]), 6)

    def test_a_hang_is_named_and_without_a_watchdog_killed(self):
        b = self.box(behaviour="hang stuck votes")
        b.ready(3)
        parts = [e.split('part="')[1].split('"')[0] for e in b.events("service-stuck")]
        self.assertEqual(parts, ["process", "loop-1"])
        self.assertEqual(b.status()["last_failure"], "stuck:loop-1")

    def test_a_stopped_process_is_a_hang_too(self):
        b = self.box()
        b.ready()
        os.kill(b.child(), signal.SIGSTOP)
        b.ready(2)
        self.assertIn("process", b.events("service-stuck")[0])

    def test_a_stop_reaches_a_service_that_does_not_listen(self):
        b = self.box("--stop-limit", "1", behaviour="deaf")
        b.ready()
        child = b.child()
        b.process.send_signal(signal.SIGTERM)
        self.assertEqual(b.process.wait(10), 0)
        with self.assertRaises(ProcessLookupError):
            os.kill(child, 0)

    def test_a_service_dies_with_its_supervisor(self):
        b = self.box()
        b.ready()
        child = b.child()
        b.process.kill()
        b.process.wait()

        def gone():
            try:
                os.kill(child, 0)
            except ProcessLookupError:
                return True
        b.until(gone)

    def test_a_reboot_stops_the_service_first_and_its_reason_is_told_afterwards(self):
        b = self.box()
        b.ready()
        self.assertEqual(b.asked("reboot reason=a%20new%20kernel"), ["ok"])
        b.until(lambda: b.read("rebooted"))
        self.assertIn("error going-down", b.asked("mark-good")[0])
        b.power_off()
        b.boot()
        b.ready(2)
        self.assertEqual((b.status()["reset_reason"], b.status()["reset_detail"]), ("reboot", "a new kernel"))
        b.power_off()
        b.boot()
        b.ready(3)
        self.assertEqual(b.status()["reset_reason"], "power")
        self.assertEqual(len(b.read("state/boot-history").splitlines()), 3)

    def test_an_update_is_installed_with_progress_tried_and_marked_good(self):
        b = self.box(index=5)
        b.ready()
        self.assertEqual(b.asked("mark-good"), ["ok rollback_index=5"])
        self.assertIn("BOOT_A_LEFT=3", b.read("env"))
        b.write("update/new.raucb", "RAUC_MF_COMPATIBLE='straw-1'\nRAUC_MF_VERSION='1.1'\nRAUC_MF_BUILD='rollback-index=6'\n")
        reply = b.asked(f"install path={b.at}/update/new.raucb")
        self.assertEqual([l.split()[1] for l in reply[:-1]], ["0", "0", "20", "60", "100"])
        self.assertEqual(reply[-1], "ok version=1.1")
        self.assertEqual((b.status()["other_version"], b.status()["slot_state"]), ("1.1", "good"))
        b.asked("reboot reason=update")
        b.until(lambda: b.read("rebooted"))
        b.power_off()
        b.write("root/proc/cmdline", "rauc.slot=B\n")
        b.write("release", "VERSION=1.1\nROLLBACK_INDEX=6\nCOMPATIBLE=straw-1\n")
        b.write("env", "BOOT_ORDER=B A\nBOOT_A_LEFT=3\nBOOT_B_LEFT=2\n")
        b.boot()
        b.ready(2)
        s = b.status()
        self.assertEqual((s["slot"], s["slot_state"], s["reset_reason"], s["rollback_index"], s["other_version"]), ("B", "trying", "update", "5", "1.0"))
        self.assertIn("BOOT_B_LEFT=2", b.read("env"), "a system on trial gets its tries back by mark-good only")
        self.assertEqual(b.asked("mark-good"), ["ok rollback_index=6"])
        self.assertEqual(b.status()["slot_state"], "good")
        self.assertIn("BOOT_B_LEFT=3", b.read("env"))

    def test_a_proven_system_gets_its_tries_back_at_each_start(self):
        b = self.box()
        b.ready()
        b.asked("mark-good")
        b.power_off()
        b.write("env", "BOOT_ORDER=A B\nBOOT_A_LEFT=1\nBOOT_B_LEFT=3\n")
        b.boot()
        b.until(lambda: "BOOT_A_LEFT=3" in b.read("env"))

    def test_bundles_that_are_not_taken(self):
        b = self.box(index=5)
        b.ready()
        b.asked("mark-good")
        good = "RAUC_MF_COMPATIBLE='straw-1'\nRAUC_MF_VERSION='1.1'\n"
        (b.at / "elsewhere").write_text(good)
        os.symlink(b.at / "elsewhere", b.at / "update/link")
        b.write("update/forged", "forged")
        b.write("update/older", good + "RAUC_MF_BUILD='rollback-index=4'\n")
        b.write("update/other", good.replace("straw-1", "straw-2"))
        b.write("update/broken", good + "RAUC_MF_BUILD='rollback-index=5'\n# broken\n")
        for name, code in (("../elsewhere", "bad-path"), ("link", "bad-path"), ("missing", "bad-path"), (".hidden", "bad-path"), ("forged", "bundle"),
                           ("older", "rollback"), ("other", "compatible"), ("broken", "install")):
            self.assertTrue(b.asked(f"install path={b.at}/update/{name}")[-1].startswith(f"error {code} "), name)
        self.assertIn("Failed mounting bundle", b.asked(f"install path={b.at}/update/broken")[-1])
        self.assertEqual(b.status()["install"], "idle")

    def test_one_long_request_at_a_time_and_status_meanwhile(self):
        b = self.box()
        b.ready()
        b.write("update/new", "RAUC_MF_COMPATIBLE='straw-1'\nRAUC_MF_VERSION='1.1'\n")
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.connect(str(b.at / "run/supervisor.sock"))
        s.sendall(f"install path={b.at}/update/new\n".encode())
        b.until(lambda: b.status()["install"].startswith("running"))
        self.assertTrue(b.asked("reboot reason=x")[0].startswith("error busy"))
        self.assertTrue(b.asked(f"install path={b.at}/update/new")[-1].startswith("error busy"))
        s.close()  # who asked leaves: the work goes on
        b.until(lambda: b.events("update-installed"))

    def test_a_system_on_trial_that_keeps_crashing_gives_way_to_the_other(self):
        b = self.box(behaviour="crash")
        b.until(lambda: b.read("rebooted"))
        self.assertIn("BOOT_ORDER=B A", b.read("env"))
        self.assertIn("BOOT_A_LEFT=0", b.read("env"))
        self.assertTrue(b.read("state/reset-reason").startswith("crash\n"))
        b.power_off()
        b.write("root/proc/cmdline", "rauc.slot=B\n")
        b.write("behaviour", "votes")
        b.boot()
        b.ready()
        self.assertEqual((b.status()["reset_reason"], b.status()["other_state"]), ("crash", "bad"))

    def test_a_failed_trial_is_taken_back(self):
        b = self.box()
        b.ready()
        self.assertEqual(b.asked("mark-bad reason=no%20mail"), ["ok"])
        b.until(lambda: b.read("rebooted"))
        self.assertIn("BOOT_ORDER=B A", b.read("env"))
        self.assertEqual(b.read("state/reset-reason"), "update\ntaken back: no mail\n")

    def test_there_is_no_way_to_a_system_that_does_not_start(self):
        b = self.box()
        b.write("env", "BOOT_ORDER=A\nBOOT_A_LEFT=3\nBOOT_B_LEFT=0\n")
        b.ready()
        self.assertEqual(b.asked("mark-bad reason=x"), ["error not-left the other system is empty"])
        self.assertFalse(b.read("rebooted"))

    def test_factory_reset_and_network(self):
        b = self.box()
        b.ready()
        b.write("net", "interface eth0 dhcp slaac\n")
        self.assertEqual(b.asked(f"network path={b.at}/net"), ["ok"])
        b.write("net", "interface eth7 dhcp slaac\n")
        self.assertEqual(b.asked(f"network path={b.at}/net"), ["error network eth7: no such interface"])
        self.assertEqual(b.asked("factory-reset"), ["ok"])
        b.until(lambda: b.read("rebooted"))
        self.assertEqual(b.read("wiped"), "yes")
        self.assertTrue(b.read("state/reset-reason").startswith("reboot\nfactory reset"))

    def test_requests_are_bounded_and_only_some_may_ask(self):
        b = self.box()
        b.ready()
        self.assertTrue(b.asked("x" * 5000)[0].startswith("error too-long"))
        self.assertTrue(b.asked("dance")[0].startswith("error unknown-verb"))
        self.assertTrue(b.asked("reboot reason=%")[0].startswith("error bad-request"))
        mute = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(12)]
        for s in mute:
            s.connect(str(b.at / "run/supervisor.sock"))
        time.sleep(6)  # those that say nothing are closed
        self.assertEqual(b.status()["slot"], "A")
        for s in mute:
            s.close()
        if os.getuid() != 0:
            self.skipTest("not root: nobody else to ask as")
        os.chmod(b.at / "run/supervisor.sock", 0o777)  # so that the kernel's answer, not the file's mode, is what refuses
        child = os.fork()
        if child == 0:
            try:
                os.setuid(12345)
                os._exit(0 if b.asked("status")[0].startswith("error denied") else 1)
            finally:
                os._exit(2)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_notices_of_other_processes_count_for_nothing(self):
        b = self.box(behaviour="hang")
        b.ready()
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        end = time.monotonic() + 4
        while time.monotonic() < end:
            s.sendto(b"WATCHDOG=1", str(b.at / "run/notify.sock"))
            time.sleep(0.2)
        self.assertTrue(b.events("service-stuck"))
