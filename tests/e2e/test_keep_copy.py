"""keep-copy of the image, with a folder for /data and a file for the partition: what is kept, when it is written, power cuts."""
import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "firmware/image/rootfs/usr/lib/sluice/keep-copy"
PLACES = (512 * 512, 1280 * 512)
FILES = {"config/sluice.toml": 'hostname = "box"\n', "config/network.applied": "interface eth0 dhcp slaac\n", "state/rollback-index": "7\n",
         "sluice/config/state": "sluice-generations 1\nnext 5\nconfirmed 3\ncandidate 0\n", "sluice/config/2.toml": "old = 1\n", "sluice/config/3.toml": 'hostname = "three"\n',
         "sluice/access/users": "admin:hash\n", "sluice/tls/own.key": "KEY\n", "sluice/lists": "hits 1\n", "sluice/format": "1\n", "sluice/quarantine/master.key": "SECRET\n", "sluice/quarantine/index.db": "x" * 5000}
KEPT = sorted(set(FILES) - {"sluice/config/2.toml", "sluice/quarantine/master.key", "sluice/quarantine/index.db"})


BUSYBOX = shutil.which("busybox")


class KeepCopy(unittest.TestCase):
    """With the tools of this machine."""
    PATH, SHELL = "/usr/bin:/bin", "/bin/sh"

    def setUp(self):
        self.at = pathlib.Path(tempfile.mkdtemp(prefix="keep-copy."))
        self.addCleanup(shutil.rmtree, self.at)
        self.data, self.device = self.at / "data", self.at / "env"
        for name, text in FILES.items():
            self.write(name, text)
        self.variables = os.urandom(512)
        self.device.write_bytes(self.variables + b"\0" * ((1 << 20) - 512))

    def write(self, name, text):
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_script(self, *words, data=None, code=0):
        env = {"SLUICE_DATA": str(data or self.data), "SLUICE_COPY_DEVICE": str(self.device), "SLUICE_RUN": str(self.at), "PATH": self.PATH, "SLUICE_PATH": self.PATH}
        done = subprocess.run([self.SHELL, str(SCRIPT), *words], env=env, capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(self.device.read_bytes()[:512], self.variables, "the boot variables changed")
        self.assertEqual(self.device.stat().st_size, 1 << 20)
        return done.stdout + done.stderr

    def restored(self, *words, code=0):
        """name -> text of what lies there afterwards"""
        empty = pathlib.Path(tempfile.mkdtemp(prefix="restored.", dir=self.at))
        self.run_script(*(words or ("restore",)), data=empty, code=code)
        return {str(p.relative_to(empty)): p.read_text() for p in empty.rglob("*") if p.is_file()}

    def test_what_makes_the_box_work_comes_back_and_nothing_else(self):
        self.assertIn("generation 3", self.run_script("save"))
        got = self.restored()
        self.assertEqual(sorted(got), KEPT)
        self.assertEqual(got, {name: FILES[name] for name in KEPT})

    def test_nothing_is_written_when_nothing_changed(self):
        self.run_script("save")
        before = self.device.read_bytes()
        self.assertEqual(self.run_script("save"), "")
        os.utime(self.data / "sluice/access/users")  # its time alone is no change
        self.assertEqual(self.run_script("save"), "")
        self.assertEqual(self.device.read_bytes(), before)
        self.write("sluice/lists", "hits 2\n")  # counted for each mail
        self.assertEqual(self.run_script("save"), "")
        self.write("sluice/access/users", "admin:other\n")
        self.assertIn("generation 3", self.run_script("save"))
        self.assertNotEqual(self.device.read_bytes(), before)
        self.assertEqual((self.restored()["sluice/access/users"], self.restored()["sluice/lists"]), ("admin:other\n", "hits 2\n"))

    def test_a_power_cut_at_any_octet_leaves_the_former_copy_or_the_new_one(self):
        for n in range(3):  # both places are in use, the older one is written next
            self.write("sluice/access/users", f"former {n}\n")
            self.run_script("save")
        before = self.device.read_bytes()
        self.write("sluice/access/users", "new\n")
        self.run_script("save")
        after = self.device.read_bytes()
        place = [p for p in PLACES if before[p:p + 512] != after[p:p + 512]]
        self.assertEqual(len(place), 1)
        end = max(i for i in range(len(after)) if after[i] != before[i]) + 1
        rand = random.Random(11)
        header = slice(place[0], place[0] + 512)
        for _ in range(12):  # the content is written first, then the header
            cut = rand.randrange(place[0] + 512, end)
            self.device.write_bytes(before[:place[0] + 512] + after[place[0] + 512:cut] + before[cut:])
            self.assertEqual(self.restored()["sluice/access/users"], "former 2\n", cut)
        for cut in (1, 14, 20, 60, 100):  # a torn header sector, with the content whole
            torn = bytearray(after)
            torn[header] = after[header][:cut] + before[header][cut:]
            self.device.write_bytes(torn)
            self.assertIn(self.restored()["sluice/access/users"], ("former 2\n", "new\n"), cut)
        self.device.write_bytes(after)
        self.assertEqual(self.restored()["sluice/access/users"], "new\n")

    def test_a_changed_octet_is_seen_and_the_older_copy_taken(self):
        self.run_script("save")
        self.write("sluice/access/users", "newer\n")
        self.run_script("save")
        whole = bytearray(self.device.read_bytes())
        whole[PLACES[1] + 512 + 100] ^= 1
        self.device.write_bytes(whole)
        self.assertEqual(self.restored()["sluice/access/users"], FILES["sluice/access/users"])
        whole[PLACES[0] + 512 + 100] ^= 1
        self.device.write_bytes(whole)
        self.assertEqual(self.restored(code=1), {})

    def test_no_copy_of_a_box_that_has_no_configuration_yet(self):
        self.write("sluice/config/3.toml", "unconfigured = true\n")
        self.assertEqual(self.run_script("save"), "")
        self.assertIn("there is no copy", self.run_script("restore", code=1))

    def test_too_much_is_refused_and_the_former_copy_stays(self):
        self.run_script("save")
        for n in range(4):
            (self.data / f"sluice/tls/{n}.pem").write_bytes(os.urandom(150_000))
        self.assertIn("are too many for a copy", self.run_script("save", code=1))
        self.assertEqual(sorted(self.restored()), KEPT)

    def test_the_service_cannot_make_it_read_other_files(self):
        secret = self.at / "secret"
        secret.mkdir()
        (secret / "state").write_text("TOP SECRET\n")
        (secret / "users").write_text("TOP SECRET\n")
        (self.data / "sluice/tls/own.key").unlink()
        (self.data / "sluice/tls/own.key").symlink_to(secret / "users")
        shutil.rmtree(self.data / "sluice/access")
        (self.data / "sluice/access").symlink_to(secret)
        self.run_script("save")
        self.assertNotIn("TOP SECRET\n", self.restored().values())

    def test_a_partition_that_is_read_only_gives_its_own_files(self):
        self.write("sluice/access/users", "the newest\n")
        got = self.restored("adopt", str(self.data))
        self.assertEqual(sorted(got), KEPT)
        self.assertEqual(got["sluice/access/users"], "the newest\n")
        self.assertEqual(self.restored("adopt", str(self.at / "nothing"), code=1), {})

    def test_forgotten_is_overwritten(self):
        for n in range(2):
            self.write("sluice/access/users", f"{n}\n")
            self.run_script("save")
        self.run_script("forget")
        self.assertEqual(self.device.read_bytes()[512:], b"\0" * ((1 << 20) - 512))


@unittest.skipUnless(BUSYBOX, "busybox is not installed: toolchains/setup --test")
class KeepCopyOnTheBox(KeepCopy):
    """The same with what the box has: busybox, and of it only the applets that the image links."""

    @classmethod
    def setUpClass(cls):
        text = (SCRIPT.parents[4] / "lib/rootfs.sh").read_text()
        applets = re.search(r'^applets="([^"]*)"', text, re.M).group(1).split()
        cls.folder = tempfile.mkdtemp(prefix="applets.")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for name in applets:
            os.symlink(BUSYBOX, f"{cls.folder}/{name}")
        cls.PATH, cls.SHELL = cls.folder, f"{cls.folder}/sh"


if __name__ == "__main__":
    unittest.main()
