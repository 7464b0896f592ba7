"""The same image for other machines: 32 bit, and the one that the porting guide was walked with."""
import subprocess

from harness import mails
from rig import images
from rig.box import SANDBOXED, SCAM, new_box
from rig.case import Qemu


class Boards(Qemu):
    def boots(self, board):
        folder = images.variant("shell", board=board, disk=True)
        m = self.machine(folder / "sluice.img", board=board)
        slot, _, data = m.wait_up()
        self.assertEqual((slot, data), ("A", "ok"))
        self.assertIn("sha256,rsa2048:fit-current+ OK", m.text)
        self.assertIn(" / squashfs ro", m.run("grep ' / ' /proc/self/mounts")[1])
        self.assertIn("BOOT_A_LEFT=2", m.run("fw_printenv")[1])
        self.assertRegex(m.run("sleep 5; ip -4 addr show eth0")[1], r"inet 10\.0\.2\.15")
        self.assertEqual(m.run("ls /dev/watchdog0")[0], 0)
        return m

    def test_32_bit(self):
        m = self.boots("qemu-armhf")
        self.assertIn("armv7", m.run("uname -m; cat /proc/cpuinfo")[1].lower())

    def takes_mail(self, board, image=None):
        box = new_box(self, board=board, image=image)
        box.wait_up()
        box.set_up()
        box.push()
        box.wait_mail()
        self.assertRegex(box.system()["box"]["status"], SANDBOXED)
        self.assertEqual(box.send(f"genuine by {board}"), 250)
        self.assertEqual(box.send(f"held by {board}", mails.sample(SCAM)), 250)
        self.assertIn(f"genuine by {board}", box.arrived())
        held = box.api("GET", "/quarantine").json()["messages"]
        self.assertEqual(len(held), 1, held)

    def test_32_bit_takes_mail(self):
        self.takes_mail("qemu-armhf")

    def test_nvme_takes_mail(self):
        self.takes_mail("qemu-nvme", images.variant("plain", board="qemu-nvme", disk=True) / "sluice.img")

    def test_nvme_another_network_card_and_no_hardware_watchdog(self):
        m = self.boots("qemu-nvme")
        self.assertIn("nvme0n1p2", m.run("readlink /dev/sluice/env")[1])
        self.assertGreater(int(m.run("df -m /data | awk 'END{print $2}'")[1]), 350)

    def test_a_kernel_of_a_stranger_is_refused_there_too(self):
        folder = images.variant("shell", board="qemu-nvme", disk=True)
        m = self.machine(folder / "sluice.img", board="qemu-nvme", start=False)
        other = self.folder / "other"
        other.mkdir()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=stranger", "-keyout", other / "fit-current.key",
                        "-out", other / "fit-current.crt"], check=True, capture_output=True)
        fit = self.folder / "strange.itb"
        fit.write_bytes((folder / "fit.itb").read_bytes())
        subprocess.run(["mkimage", "-F", "-k", other, "-r", fit], check=True, capture_output=True)
        m.disk.write_file("kernel-a", fit)
        m.start()
        m.wait_for("sluice-boot: slot A is refused")
