"""The image boots: slots, verified root, refused kernels, and what is and is not on the box."""
import subprocess
import unittest

from rig import images
from rig.case import Qemu
from rig.machine import ROOT, Disk


class Boot(Qemu):
    def shell_machine(self, **options):
        folder = images.variant("shell", disk=True)
        return self.machine(folder / "sluice.img", **options)

    def test_first_boot_grows_the_data_partition_and_the_second_is_quiet(self):
        m = self.shell_machine()
        slot, _, data = m.wait_up()
        self.assertEqual((slot, data), ("A", "ok"))
        self.assertIn("growing the data partition", m.text)
        self.assertGreater(int(m.run("df -m /data | awk 'END{print $2}'")[1]), 350)
        self.assertIn("sluice.verified=yes", m.run("cat /proc/cmdline")[1])
        self.assertEqual(m.run("touch /usr/x")[0], 1, "the root can be written")
        self.assertIn(" / squashfs ro", m.run("grep ' / ' /proc/self/mounts")[1])
        self.assertRegex(m.run("ip -4 addr show eth0")[1], r"inet 10\.0\.2\.15")
        self.assertRegex(m.run("ip -6 addr show eth0")[1], r"inet6 fec0:")
        since = m.position()
        m.run("reboot", timeout=5)
        m.wait_up(since=since)
        self.assertNotIn("growing", m.text[since:])
        self.assertIn("clean=yes", m.run("cat /run/sluice/boot-facts")[1])

    def test_the_kernel_holds_the_service_to_the_memory_of_its_budget(self):
        m = self.shell_machine()
        m.wait_up()
        group = "/sys/fs/cgroup/sluice"
        first = m.wait_for(r"service-started .*pid=(\d+) .*memory_max=(\d+)")
        budget = m.run("sluice budget --json --config /data/config/sluice.toml")[1]
        self.assertIn(f'"cgroup_bytes":{first[2]}', budget.replace(" ", ""))
        # Notes of the service stand between the answers on the console.
        self.assertRegex(m.run(f"cat {group}/memory.max")[1], rf"(?m)^{int(first[2]) // 4096 * 4096}\b")
        self.assertLess(int(first[2]), 80 << 20)  # 32 MiB and what the kernel counts besides: sockets, program, file cache
        self.assertIn(first[1], m.run(f"cat {group}/cgroup.procs")[1].split())
        self.assertIn("oom_kill 0", m.run(f"cat {group}/memory.events")[1])
        # Beside it in its group: a program that grows for ever. The kernel ends both, the supervisor starts the service again.
        since = m.position()
        m.run(f"sh -c 'echo 0 > {group}/cgroup.procs; exec awk \"BEGIN{{ for (s = 1; ; s = s s) ; }}\"'")
        again = m.wait_for(r"service-started .*pid=(\d+) .*memory_max=(\d+)", since=since)
        self.assertNotEqual(first[1], again[1])
        self.assertEqual(first[2], again[2])
        self.assertNotIn("oom_kill 0", m.run(f"cat {group}/memory.events")[1])

    def test_a_kernel_signed_by_another_key_or_by_none_is_refused(self):
        image = images.image()
        strange = self.folder / "strange"
        strange.mkdir()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=stranger", "-keyout", strange / "fit-current.key",
                        "-out", strange / "fit-current.crt"], check=True, capture_output=True)
        fit = self.folder / "strange.itb"
        subprocess.run(["cp", image.parent / "fit.itb", fit], check=True)
        subprocess.run(["mkimage", "-F", "-k", strange, "-r", fit], check=True, capture_output=True)
        disk = Disk(self.folder / "disk.img", image)
        disk.write_file("kernel-a", fit)
        m = self.machine(disk=disk)
        m.wait_for(r"sluice-boot: slot A is refused")
        self.assertIn("Failed to verify", m.text)
        m.cut_power()

    def test_a_changed_root_is_refused_and_the_other_slot_boots(self):
        folder = images.variant("shell", disk=True)
        disk = Disk(self.folder / "disk.img", folder / "sluice.img")
        disk.write_file("kernel-b", folder / "fit.itb")
        disk.write_file("root-b", folder / "root.img")
        disk.set_variables(BOOT_ORDER="A B", BOOT_A_LEFT=3, BOOT_B_LEFT=3)
        size = (folder / "root.img").stat().st_size
        for at in range(0, size, size // 400):  # everywhere, so that some block of it is read
            disk.write("root-a", at, b"tampered")
        m = self.machine(folder / "sluice.img", disk=disk)
        self.assertEqual(m.wait_up(timeout=400)[0], "B")
        self.assertEqual(m.boots(), ["A", "A", "A", "B"])

    def test_the_next_key_is_trusted_too(self):
        folder = images.variant("shell", version="next-key", options=["--fit-key", "fit-next"])
        image = images.variant("shell", disk=True) / "sluice.img"
        disk = Disk(self.folder / "disk.img", image)
        disk.write_file("kernel-a", folder / "fit.itb")
        disk.write_file("root-a", folder / "root.img")
        m = self.machine(image, disk=disk)
        self.assertEqual(m.wait_up()[1], "next-key")

    def test_there_is_no_login_and_nothing_listens_on_the_console(self):
        m = self.machine()
        m.wait_up()
        since = m.position()
        m.process.stdin.write(b"\n\necho in\"\"side\n\x03\n")
        m.process.stdin.flush()
        with self.assertRaises(AssertionError):
            m.wait_for(r"inside|login:|[#$] $", timeout=8, since=since)

    def test_flash_refuses_what_it_must_and_verifies(self):
        flash = ROOT / "firmware/image/flash"
        image = images.image()
        out = self.folder / "out.img"
        good = subprocess.run([flash, image, out, "--size", "600M"], capture_output=True, text=True)
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertIn("reading back: the same", good.stdout)
        self.assertEqual(out.stat().st_size, 600 << 20)
        junk = self.folder / "junk.img"
        junk.write_bytes(b"\0" * 4096)
        for words, why in (((junk, out), "no disk image"), ((image, "/dev/null"), "neither"), ((image,), "usage"), ((image, image), "the same file")):
            refused = subprocess.run([flash, *words], capture_output=True, text=True)
            self.assertEqual(refused.returncode, 1, why)
            self.assertIn(why, refused.stderr)
        root_disk = subprocess.run("lsblk -nrspo NAME,TYPE $(findmnt -nvo SOURCE /) | awk '$2==\"disk\"{print $1; exit}'", shell=True, capture_output=True, text=True).stdout.strip()
        if not root_disk:
            raise unittest.SkipTest("SKIPPED: this system's root is on no disk that lsblk knows")
        refused = subprocess.run([flash, image, root_disk, "--yes"], capture_output=True, text=True)
        self.assertEqual(refused.returncode, 1)
        self.assertRegex(refused.stderr, "mounted|carries this system|cannot write|is a partition")
