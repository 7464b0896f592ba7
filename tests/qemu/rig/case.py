"""Base of the tests: a folder per test, machines that end with it, the console where it failed."""
import pathlib
import re
import shutil
import tempfile
import unittest

from . import images
from .machine import Disk, Machine

images.FOLDER.mkdir(parents=True, exist_ok=True)


class Qemu(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        name = re.sub(r"\W+", "_", self.id().split(".", 1)[-1])[-60:]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=name + ".", dir=images.FOLDER))
        self.machines = []
        self.addCleanup(self._clean)

    def _clean(self):
        for m in self.machines:
            if m.running:
                m.cut_power()
        result = self._outcome.result
        failed = any(getattr(t, "test_case", t) is self for t, _ in result.failures + result.errors)
        if failed:
            for m in self.machines:
                print(f"---- end of the console of {self.id()} ({m.log})\n{m.text[-3000:]}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def machine(self, image=None, disk=None, board="qemu-aarch64", start=True, control_dtb=None, **options):
        image = image or images.image(board)
        folder = self.folder / f"machine{len(self.machines)}"
        folder.mkdir()
        disk = disk or Disk(folder / "disk.img", image)
        m = Machine(folder, disk, board, control_dtb=control_dtb or image.parent / "control.dtb", **options)
        self.machines.append(m)
        return m.start() if start else m
