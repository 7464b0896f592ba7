"""A program that stands still resets the machine by its hardware watchdog, and the page tells the reason afterwards. On an
image with a shell, since only there something can be stopped from inside."""
from harness import net
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
        return net.wait_until(lambda: box.system()["box"], 60, "the supervisor's status", 1)

    def test_the_service_stands_still(self):
        self.assertEqual(self.stopped("sluice")["reset_reason"], "stuck:process")

    def test_the_supervisor_stands_still(self):
        self.assertEqual(self.stopped("sluice-supervisor")["reset_reason"], "watchdog")
