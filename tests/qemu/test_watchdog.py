"""A program that stands still resets the machine by its hardware watchdog, and page and API tell the reason afterwards. On an
image with a shell, since only there something can be stopped from inside.

SLUICE_HOOKS_DIR: bin/sluice of the target sluice_test_hooks (default build/aarch64/test-hooks), for a part that stands still.
"""
import os
import pathlib
import shutil

from rig import images
from rig.box import new_box
from rig.case import Qemu
from rig.machine import PATIENCE, ROOT

HOOKS = pathlib.Path(os.environ.get("SLUICE_HOOKS_DIR", ROOT / "build/aarch64/test-hooks"))


class Watchdog(Qemu):
    def box(self, **options):
        box = new_box(self, image=images.variant("shell", disk=True, **options) / "sluice.img")
        box.wait_up()
        box.set_up()
        return box

    def reset_by(self, box, command):
        """Does it, waits for the watchdog; (reason by the API, text of the page)."""
        since = box.position()
        box.run(command)
        box.wait_for("U-Boot 20", timeout=2 * PATIENCE, since=since)
        box.wait_up(since=since, timeout=PATIENCE)
        box.wait_page()
        return box.system()["box"]["reset_reason"], box.page("/system")

    def test_the_service_stands_still(self):
        reason, page = self.reset_by(self.box(), "kill -STOP $(pidof sluice)")
        self.assertEqual(reason, "stuck:process")
        self.assertRegex(page, r"Last restart because of.{0,40}stuck:process")

    def test_the_supervisor_stands_still(self):
        reason, page = self.reset_by(self.box(), "kill -STOP $(pidof sluice-supervisor)")
        self.assertRegex(reason, "^(watchdog|power)$")
        self.assertRegex(page, f"Last restart because of.{{0,40}}{reason}")

    def test_an_event_loop_that_blocks_is_named(self):
        if not (HOOKS / "bin/sluice").exists():
            self.skipTest(f"SKIPPED: no {HOOKS}/bin/sluice: cmake --build build/aarch64 --target sluice_test_hooks")
        programs = images.FOLDER / "hooks"
        (programs / "bin").mkdir(parents=True, exist_ok=True)
        shutil.copy2(HOOKS / "bin/sluice", programs / "bin")
        shutil.copy2(pathlib.Path(images.PARTS["qemu-aarch64"]) / "bin/sluice-supervisor", programs / "bin")
        box = self.box(version="hooks", programs=programs)
        reason, page = self.reset_by(box, "kill -USR2 $(pidof sluice)")
        self.assertRegex(reason, r"^stuck:loop-\d+$")
        self.assertRegex(page, rf"Last restart because of.{{0,40}}{reason}")
