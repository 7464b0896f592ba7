"""A program that stands still resets the machine by its hardware watchdog, and the reason is told afterwards. On an
image with a shell, since only there something can be stopped from inside."""
from rig import images
from rig.box import new_box
from rig.case import Qemu
from rig.machine import PATIENCE


class Watchdog(Qemu):
    def box(self):
        box = new_box(self, image=images.variant("shell", disk=True) / "sluice.img")
        box.wait_up()
        box.set_up()
        return box

    def stopped(self, program):
        box = self.box()
        since = box.position()
        box.run(f"kill -STOP $(pidof {program})")
        box.wait_for("U-Boot 20", timeout=2 * PATIENCE, since=since)
        box.wait_up(since=since, timeout=PATIENCE)
        box.wait_page()
        return box.run("sluice-supervisor --ask status")[1]

    def test_the_service_stands_still(self):
        self.assertIn("reset_reason=stuck", self.stopped("sluice").replace("%3A", ":"))

    def test_the_supervisor_stands_still(self):
        self.assertRegex(self.stopped("sluice-supervisor"), "reset_reason=(watchdog|power)")
