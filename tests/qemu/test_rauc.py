"""Bundles, without Sluice: RAUC on the box with its configuration, its handler, our keys. Test images with a shell."""
import random
import re
import subprocess
import time
import unittest

from rig import images
from rig.case import Qemu
from rig.machine import PATIENCE


class Rauc(Qemu):
    def box(self, **options):
        """A machine with a shell; bundles come on a second disk, not over the network."""
        self.base = images.variant("shell", disk=True)
        return self.machine(self.base / "sluice.img", **options)

    def offer(self, bundle):
        """A FAT disk with the bundle on it, as /dev/vdb of the machine."""
        disk = self.folder / f"offer{len(list(self.folder.glob('offer*')))}.img"
        mib = bundle.stat().st_size // (1 << 20) + 4
        subprocess.run(["mkfs.vfat", "-C", disk, str(mib * 1024)], check=True, capture_output=True, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        subprocess.run(["mcopy", "-i", disk, bundle, "::bundle.raucb"], check=True)
        return ["-drive", f"file={disk},format=raw,if=none,id=offer,readonly=on", "-device", "virtio-blk-pci,drive=offer"]

    def take(self, m):
        self.assertEqual(m.run("mkdir -p /run/offer && mount -t vfat -o ro /dev/vdb /run/offer && cp /run/offer/bundle.raucb /data/update/", timeout=120)[0], 0)
        return "/data/update/bundle.raucb"

    def installed(self, version, name="shell", **how):
        bundle = images.bundle(images.variant(name, version=version, **how))
        m = self.box(extra=self.offer(bundle))
        m.wait_up()
        code, out = m.run(f"/usr/lib/sluice/install-bundle {self.take(m)}", timeout=PATIENCE)
        return m, code, out

    def refused(self, bundle, pattern):
        m = self.box(extra=self.offer(bundle))
        m.wait_up()
        def slots():  # of the running one the tries come back meanwhile; the console has lines of others
            return re.findall(r"[0-9a-f]{64}|BOOT_ORDER=[AB ]+|BOOT_B_LEFT=\d+", m.run("cat /dev/sluice/kernel-b | sha256sum; fw_printenv")[1])
        before = slots()
        self.assertEqual(len(before), 3, before)
        code, out = m.run(f"/usr/lib/sluice/install-bundle {self.take(m)}", timeout=PATIENCE)
        self.assertEqual(code, 1, out)
        self.assertRegex(out, pattern)
        self.assertEqual(slots(), before, "a refused bundle changed something")

    def test_a_bundle_is_installed_tried_and_marked_good(self):
        m, code, out = self.installed("second")
        self.assertEqual(code, 0, out)
        print("    measured:", re.search(r"rauc: code.*", out)[0])
        self.assertIn("BOOT_ORDER=B A", m.run("fw_printenv")[1])
        since = m.position()
        m.run("reboot")
        self.assertEqual(m.wait_up(since=since)[:2], ("B", "second"))
        self.assertIn("BOOT_B_LEFT=2", m.run("fw_printenv")[1])
        self.assertEqual(m.run("rauc status mark-good")[0], 0)
        self.assertIn("BOOT_B_LEFT=3", m.run("fw_printenv")[1])

    def test_the_supervisor_installs_and_marks_good(self):
        bundle = images.bundle(images.variant("shell", version="second", rollback_index=2))
        m = self.box(extra=self.offer(bundle))
        m.wait_up()
        path = self.take(m)
        m.wait_for("service-started")
        code, out = m.run(f"sluice-supervisor --ask install path={path}", timeout=PATIENCE)
        self.assertEqual(code, 0, out)
        self.assertIn("version=second", out)
        since = m.position()
        m.run("sluice-supervisor --ask reboot reason=update", timeout=30)
        self.assertEqual(m.wait_up(since=since)[:2], ("B", "second"))
        m.wait_for("service-started", since=since)
        status = m.run("sleep 3; sluice-supervisor --ask status")[1]
        for fact in ("slot=B", "slot_state=trying", "reset_reason=update", "rootfs=verity", "boot_verified=yes", "rollback_index=1"):
            self.assertIn(fact, status)
        self.assertEqual(m.run("sluice-supervisor --ask mark-good")[0], 0)
        self.assertEqual(m.run("cat /data/state/rollback-index")[1].strip(), "2")
        self.assertIn("slot_state=good", m.run("sluice-supervisor --ask status")[1])

    def test_a_bundle_of_the_next_key_is_trusted(self):
        bundle = images.bundle(images.variant("shell", version="second"), signer="next")
        m = self.box(extra=self.offer(bundle))
        m.wait_up()
        self.assertEqual(m.run(f"/usr/lib/sluice/install-bundle {self.take(m)}", timeout=PATIENCE)[0], 0)

    def test_a_slot_that_crashes_comes_back_to_the_old_one(self):
        m, code, out = self.installed("crashing", "shell+crash")
        self.assertEqual(code, 0, out)
        since = m.position()
        m.run("reboot")
        self.assertEqual(m.wait_up(since=since, timeout=2 * PATIENCE)[:2], ("A", "shell-1"))
        self.assertEqual(m.boots(), ["A", "B", "B", "B", "A"])

    def test_a_slot_that_hangs_is_reset_by_the_watchdog_and_comes_back(self):
        m, code, out = self.installed("hanging", "shell+hang")
        self.assertEqual(code, 0, out)
        since = m.position()
        m.run("reboot")
        self.assertEqual(m.wait_up(since=since, timeout=4 * PATIENCE)[:2], ("A", "shell-1"))
        self.assertEqual(m.boots(), ["A", "B", "B", "B", "A"])

    def test_a_strange_signature_is_refused(self):
        keys = self.folder / "keys"
        subprocess.run(["cp", "-R", images.ROOT / "build/image-keys", keys], check=True)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/O=Sluice TEST/CN=Sluice test update key (current)",
                        "-addext", "keyUsage=critical,digitalSignature,keyCertSign", "-addext", "extendedKeyUsage=emailProtection,codeSigning",
                        "-keyout", keys / "current.key.pem", "-out", keys / "current.cert.pem"], check=True, capture_output=True)
        self.refused(images.bundle(images.variant("shell", version="second"), keys=keys, output=self.folder / "strange.raucb"), "signature verification failed|Verify error")

    def test_a_tampered_bundle_is_refused_or_does_not_get_through(self):
        bundle = self.folder / "tampered.raucb"
        good = bytearray(images.bundle(images.variant("shell", version="second")).read_bytes())
        for at in range(1 << 20, len(good) - (1 << 20), 1 << 20):
            good[at] ^= 0xff
        bundle.write_bytes(good)
        m = self.box(extra=self.offer(bundle))
        m.wait_up()
        code, out = m.run(f"/usr/lib/sluice/install-bundle {self.take(m)}", timeout=PATIENCE)
        self.assertEqual(code, 1, out)
        since = m.position()
        m.run("reboot")
        self.assertEqual(m.wait_up(since=since)[0], "A")

    def test_a_bundle_that_ends_in_the_middle_is_refused(self):
        good = images.bundle(images.variant("shell", version="second")).read_bytes()
        cut = self.folder / "cut.raucb"
        cut.write_bytes(good[:len(good) * 6 // 10])
        self.refused(cut, "(?i)signature|invalid|size")

    def test_an_older_rollback_index_is_refused(self):
        bundle = images.bundle(images.variant("shell", version="older", rollback_index=0))
        self.refused(bundle, "rollback index is 0, this box has reached 1")

    def test_power_cuts_during_the_installation(self):
        bundle = images.bundle(images.variant("shell", version="second"))
        m = self.box(extra=self.offer(bundle))
        m.wait_up()
        self.take(m)
        m.run("sync")
        m.run("poweroff")
        m.wait_off()
        chance = random.Random(2)
        for n in range(3):
            with self.subTest(cut=n):
                t = self.machine(self.base / "sluice.img", disk=m.disk.copy(self.folder / f"cut{n}.img"))
                t.wait_up()
                t.process.stdin.write(b"/usr/lib/sluice/install-bundle /data/update/bundle.raucb; reboot\n")
                t.process.stdin.flush()
                time.sleep(chance.uniform(0.5, 12))
                t.cut_power()
                again = self.machine(self.base / "sluice.img", disk=t.disk)
                slot, version, data = again.wait_up(timeout=3 * PATIENCE)
                self.assertIn((slot, version, data), (("A", "shell-1", "ok"), ("B", "second", "ok")))
                again.cut_power()


if __name__ == "__main__":
    unittest.main()
