"""The data partition corrupt, read-only, full, and what mail and page do then; the factory reset. On images with a shell."""
import ssl

from harness import mails, net
from harness.web import PASSWORD, Session
from rig import images
from rig.box import SCAM, new_box
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

    # ---- a box in use ----
    def used_box(self, **quarantine):
        box = new_box(self, image=images.variant("shell", disk=True) / "sluice.img")
        box.wait_up()
        box.set_up()
        box.push({"quarantine": quarantine} if quarantine else {})
        box.wait_mail()
        box.wait_for("copy-kept")
        return box

    def again(self, box, read_only=False):
        """The same disk in a machine that starts; users, tokens and the mail server behind stay the same."""
        more = new_box(self, image=images.variant("shell", disk=True) / "sluice.img", disk=box.disk, sink=box.mail_server, start=False)
        more.token, more.read_only = box.token, read_only
        return more.start()

    def scam(self, box):
        return box.send("scam", mails.sample(SCAM))

    def page(self, box):
        reply = box.web.form("/login", {"user": "admin", "password": PASSWORD})
        return box.web.get("/", session=Session(box.web, reply)).text

    def certificate(self, box):
        return ssl.get_server_certificate((box.host, box.ports[443]))

    def test_destroyed_a_box_in_use_forwards_with_its_copy_and_its_users(self):
        box = self.used_box(unavailable="tag")
        certificate = self.certificate(box)
        box.run("sync")
        box.cut_power()
        first, octets = box.disk.parts()["data"]
        with open(box.disk.path, "r+b") as f:
            f.seek(first)
            f.write(b"\xa5" * octets)
        box = self.again(box)
        self.assertEqual(box.wait_up()[2], "corrupt")
        box.wait_page()
        box.wait_mail()
        self.assertEqual(box.send("genuine"), 250)
        self.assertEqual(self.scam(box), 250)
        net.wait_until(lambda: len(box.mail_server.accepted) == 2, PATIENCE, "both mails at the mail server")
        self.assertIn(b"Verdict: tag", box.mail_server.accepted[1].data)
        self.assertEqual(box.held()["messages"], [])
        self.assertEqual(box.system()["box"]["data"], "corrupt")
        self.assertIn("The data partition is corrupt: the box runs from memory", self.page(box))
        self.assertEqual(self.certificate(box), certificate)
        self.assertEqual(box.web.get("/health/mail-path").status, 503)

    def test_full_what_should_be_held_is_452_and_the_rest_goes_on(self):
        box = self.used_box(unavailable="forward")
        self.assertEqual(self.scam(box), 250)
        box.run("dd if=/dev/zero of=/data/filler bs=1M 2>/dev/null; dd if=/dev/zero of=/data/filler2 bs=4k 2>/dev/null; sync", PATIENCE)
        self.assertEqual(self.scam(box), 452)
        self.assertEqual(box.send("genuine"), 250)
        self.assertEqual(box.web.get("/health/mail-path").status, 503)
        self.assertIn("Free on the data partition", self.page(box))
        self.assertEqual(len(box.held()["messages"]), 1)
        box.run("rm /data/filler /data/filler2")
        net.wait_until(lambda: self.scam(box) == 250, PATIENCE, "room again", 1)

    def test_an_error_of_the_file_system_makes_it_read_only_and_a_restart_repairs_it(self):
        box = self.used_box()
        self.assertEqual(self.scam(box), 250)
        box.run("mount -o remount,abort /data; echo x > /data/x; sync")
        self.assertRegex(box.run("grep ' /data ' /proc/self/mounts")[1], r" ext4 ro,|emergency_ro")
        self.assertEqual(self.scam(box), 451)
        self.assertEqual(box.send("genuine"), 250)
        box.wait_for("data-read-only")
        self.assertIn("The data partition has become read-only", self.page(box))
        since = box.position()
        box.run("kill -9 $(pidof sluice)")  # it cannot start on that: the machine does instead
        self.assertEqual(box.wait_up(since=since)[2], "ok")
        box.wait_page()
        box.wait_mail()
        self.assertEqual(len(box.held()["messages"]), 1)
        self.assertEqual(self.scam(box), 250)

    def test_read_only_from_the_start_it_runs_from_memory_with_the_files_of_the_partition(self):
        box = self.used_box()
        self.assertEqual(self.scam(box), 250)
        box.run("sync; poweroff")
        box.wait_off(PATIENCE)
        box = self.again(box, read_only=True)
        self.assertEqual(box.wait_up()[2], "read-only")
        self.assertIn("tmpfs", box.run("grep ' /data ' /proc/self/mounts")[1])
        box.wait_page()
        box.wait_mail()
        self.assertEqual(box.send("genuine"), 250)
        self.assertEqual(self.scam(box), 451)
        self.assertEqual(box.held()["messages"], [])
        text = self.page(box)
        self.assertIn("The data partition is read-only: the box runs from memory", text)
        self.assertIn("Mail that was held stays there", text)

    def test_a_factory_reset_wipes_all_but_the_rollback_index(self):
        m = self.shell()
        m.wait_up()
        m.run("echo 7 > /data/state/rollback-index; echo mine > /data/sluice/secret; echo mine > /data/config/x; sync")
        since = m.position()
        m.run("/usr/lib/sluice/factory-reset --reboot")
        self.assertEqual(m.wait_up(since=since, timeout=2 * PATIENCE)[2], "ok")
        self.assertIn("factory reset: done", m.text[since:])
        self.assertEqual(m.run("tail -c +513 /dev/sluice/env | tr -d '\\000' | wc -c")[1].strip(), "0")  # no copy is left
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
