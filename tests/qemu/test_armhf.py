"""The 32-bit image: boots under the same checks."""
from rig import images
from rig.case import Qemu

BOARD = "qemu-armhf"


class Armhf(Qemu):
    def test_it_boots_from_its_signed_kernel_and_verified_root(self):
        folder = images.variant("shell", board=BOARD, disk=True)
        m = self.machine(folder / "sluice.img", board=BOARD)
        slot, _, data = m.wait_up()
        self.assertEqual((slot, data), ("A", "ok"))
        self.assertIn("sha256,rsa2048:fit-current+ OK", m.text)
        self.assertIn(" / squashfs ro", m.run("grep ' / ' /proc/self/mounts")[1])
        self.assertIn("armv7l", m.run("uname -m 2>/dev/null || cat /proc/sys/kernel/arch")[1])
        self.assertIn("BOOT_A_LEFT", m.run("fw_printenv")[1])
