"""The data partition corrupt, read-only, full; the factory reset. On images with a shell."""
from rig import images
from rig.case import Qemu
from rig.machine import PATIENCE, Disk


class DataPartition(Qemu):
    def shell(self, prepare=None, **options):
        folder = images.variant("shell", disk=True)
        disk = Disk(self.folder / "disk.img", folder / "sluice.img")
        if prepare:
            prepare(disk)
        return self.machine(folder / "sluice.img", disk=disk, **options)

    def test_destroyed_completely_the_box_runs_from_memory_and_a_factory_reset_heals_it(self):
        def destroy(disk):
            first, octets = disk.parts()["data"]
            with open(disk.path, "r+b") as f:
                f.seek(first)
                f.write(b"\xa5" * octets)
        m = self.shell(destroy)
        self.assertEqual(m.wait_up()[2], "corrupt")
        self.assertIn("tmpfs", m.run("grep ' /data ' /proc/self/mounts")[1])
        self.assertIn("unconfigured", m.run("cat /data/config/sluice.toml")[1])
        since = m.position()
        m.run("/usr/lib/sluice/factory-reset --reboot")
        self.assertEqual(m.wait_up(since=since, timeout=2 * PATIENCE)[2], "ok")
        self.assertIn("ext4", m.run("grep ' /data ' /proc/self/mounts")[1])

    def test_a_damaged_file_system_is_repaired_with_what_it_holds(self):
        m = self.shell()
        m.wait_up()
        m.run("echo kept > /data/sluice/witness; sync")
        m.run("poweroff")
        m.wait_off()
        m.disk.write("data", 1024, b"\0" * 1024)  # the superblock
        again = self.machine(images.variant("shell", disk=True) / "sluice.img", disk=m.disk)
        self.assertEqual(again.wait_up()[2], "ok")
        self.assertIn("kept\n", again.run("cat /data/sluice/witness")[1])
        self.assertEqual(again.run("cat /run/sluice/data-repaired")[0], 0)

    def test_read_only(self):
        m = self.shell()
        m.wait_up()
        m.run("sync; poweroff")
        m.wait_off()
        again = self.machine(images.variant("shell", disk=True) / "sluice.img", disk=m.disk, start=False)
        again.read_only = True
        again.start()
        self.assertEqual(again.wait_up()[2], "read-only")
        self.assertIn(" ro,", again.run("grep ' /data ' /proc/self/mounts")[1])

    def test_a_factory_reset_wipes_all_but_the_rollback_index(self):
        m = self.shell()
        m.wait_up()
        m.run("echo 7 > /data/state/rollback-index; echo mine > /data/sluice/secret; echo mine > /data/config/x; sync")
        since = m.position()
        m.run("/usr/lib/sluice/factory-reset --reboot")
        self.assertEqual(m.wait_up(since=since, timeout=2 * PATIENCE)[2], "ok")
        self.assertIn("factory reset: done", m.text[since:])
        self.assertRegex(m.run("cat /data/state/rollback-index")[1], "(?m)^7$")
        self.assertEqual(m.run("ls /data/sluice/secret /data/config/x")[1].count("No such file"), 2)
        self.assertEqual(m.run("ls /boot/factory-reset")[0], 1)

    def test_a_power_cut_in_a_factory_reset_repeats_it(self):
        m = self.shell()
        m.wait_up()
        m.run("echo 7 > /data/state/rollback-index; echo mine > /data/sluice/secret; sync")
        since = m.position()
        m.run("/usr/lib/sluice/factory-reset --reboot")
        m.wait_for("wiping the data partition", since=since)
        m.cut_power()
        again = self.machine(images.variant("shell", disk=True) / "sluice.img", disk=m.disk)
        self.assertEqual(again.wait_up(timeout=2 * PATIENCE)[2], "ok")
        self.assertRegex(again.run("cat /data/state/rollback-index")[1], "(?m)^7$")
        self.assertEqual(again.run("ls /data/sluice/secret")[0], 1)
