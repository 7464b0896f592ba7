"""What the scripts of the disk image refuse, without an image: an update's last check on the box, the network file, test keys for a
release, flash."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness.process import PROGRAM, ROOT, SCRATCH

IMAGE = ROOT / "firmware/image"
SCRIPTS = IMAGE / "rootfs/usr/lib/sluice"
RELEASE = {"ROLLBACK_INDEX": "4", "COMPATIBLE": "sluice-board", "KEYS": "release", "DATA_FORMAT": "2", "DATA_FORMAT_WRITTEN": "1"}


class Scripts(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="scripts.", dir=SCRATCH))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_script(self, *words, **environment):
        return subprocess.run([str(w) for w in words], capture_output=True, text=True, env={**os.environ, **{k: str(v) for k, v in environment.items()}})

    def tool(self, name, text):
        """A program of that name in front of the real one."""
        place = self.folder / "tools" / name
        place.parent.mkdir(exist_ok=True)
        place.write_text("#!/bin/sh\n" + text)
        place.chmod(0o755)


class PreInstall(Scripts):
    def check(self, bundle=None, box=None, kept=None, memory=50000):
        """The handler, on a box and for a bundle that differ from RELEASE by these; None for a line leaves it out."""
        for name, changes in (("bundle", bundle), ("box", box)):
            (self.folder / name).mkdir(exist_ok=True)
            facts = {**RELEASE, **(changes or {})}
            (self.folder / name / "release").write_text("".join(f"{k}={v}\n" for k, v in facts.items() if v is not None))
        state = self.folder / "state/rollback-index"
        state.parent.mkdir(exist_ok=True)
        state.unlink(missing_ok=True)
        if kept is not None:
            state.write_text(kept)
        (self.folder / "meminfo").write_text(f"MemTotal:  126000 kB\nMemAvailable:   {memory} kB\n")
        return self.run_script(SCRIPTS / "pre-install", SLUICE_PATH=os.environ["PATH"], SLUICE_SCRIPTS=SCRIPTS, SLUICE_STATE=state.parent,
                               SLUICE_RELEASE=self.folder / "box/release", SLUICE_MEMINFO=self.folder / "meminfo", RAUC_BUNDLE_MOUNT_POINT=self.folder / "bundle")

    def assertTaken(self, **facts):
        done = self.check(**facts)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def assertRefused(self, code, **facts):
        done = self.check(**facts)
        self.assertEqual(done.returncode, 1, facts)
        self.assertRegex(done.stderr, f"^sluice-refuses: {code} .")

    def test_the_same_a_higher_index_and_an_older_format_are_taken(self):
        self.assertTaken()
        self.assertTaken(bundle={"ROLLBACK_INDEX": "9"}, kept="7\n")
        self.assertTaken(bundle={"DATA_FORMAT_WRITTEN": "2"})
        self.assertTaken(bundle={"DATA_FORMAT_WRITTEN": None})
        self.assertTaken(bundle={"KEYS": "test"}, box={"KEYS": "test"})
        self.assertTaken(memory=8192)

    def test_without_a_release_file_or_an_index_it_is_not_ours(self):
        self.assertRefused("not-ours", bundle={k: None for k in RELEASE})
        self.assertRefused("not-ours", bundle={"ROLLBACK_INDEX": None})
        self.assertRefused("not-ours", bundle={"ROLLBACK_INDEX": "4; reboot"})

    def test_what_goes_back_behind_the_index_is_older(self):
        self.assertRefused("older", bundle={"ROLLBACK_INDEX": "3"})
        self.assertRefused("older", bundle={"ROLLBACK_INDEX": "6"}, kept="7\n")
        self.assertRefused("older", bundle={"ROLLBACK_INDEX": "3"}, kept="damaged\n")  # then the release file's counts

    def test_test_keys_on_a_release_image(self):
        self.assertRefused("test-key", bundle={"KEYS": "test"})
        self.assertRefused("test-key", bundle={"KEYS": None})

    def test_another_board(self):
        self.assertRefused("other-board", bundle={"COMPATIBLE": "sluice-other"})

    def test_data_that_the_running_system_could_not_read_back(self):
        self.assertRefused("data-format", bundle={"DATA_FORMAT_WRITTEN": "3"})
        self.assertRefused("data-format", bundle={"DATA_FORMAT_WRITTEN": "1"}, box={"DATA_FORMAT": None})

    def test_too_little_memory(self):
        self.assertRefused("memory", memory=8191)


class ApplyNetwork(Scripts):
    """In a network namespace of its own, with iproute2's ip; DHCP client, clock and host name are stand-ins."""

    KEEP = "interface eth0 static none6\naddress eth0 10.0.2.15/24\n"

    def setUp(self):
        super().setUp()
        if subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode:
            self.skipTest("SKIPPED: a network namespace needs root")
        if not shutil.which("ip", path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            self.skipTest("SKIPPED: no ip: iproute2")
        for name in ("apply-network", "dhcp-event", "sync-clock", "box.sh"):
            text = (SCRIPTS / name).read_text()
            for place, ours in (("/usr/lib/sluice", "scripts"), ("/run/", "run/"), ("/dev/console", "console"), ("/dev/kmsg", "console")):
                text = text.replace(place, f"{self.folder}/{ours}")
            (self.folder / "scripts").mkdir(exist_ok=True)
            (self.folder / "scripts" / name).write_text(text)
            (self.folder / "scripts" / name).chmod(0o755)
        (self.folder / "run/sluice").mkdir(parents=True)
        for name in ("udhcpc", "ntpd", "usleep", "hostname"):
            self.tool(name, "exit 0\n")

    def apply(self, text, then="true"):
        """(exit status, last line of stderr, what `then` prints) on a machine with eth0 alone."""
        (self.folder / "network").write_text(text)
        begin = "ip link add eth0 type veth peer name peer0 && ip link set peer0 up && ip link set lo up || exit 9"
        done = self.run_script("unshare", "-n", "sh", "-c", f"{begin}; {self.folder}/scripts/apply-network {self.folder}/network; code=$?; {then}; exit $code",
                               SLUICE_PATH=f"{self.folder}/tools:{os.environ['PATH']}:/usr/sbin:/sbin", PATH=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        return done.returncode, (done.stderr.splitlines() or [""])[-1], done.stdout

    def test_what_can_be_made_is(self):
        code, _, out = self.apply(self.KEEP + "gateway 10.0.2.2\nroute 198.51.100.0/24 via 10.0.2.7 dev eth0\n", "ip address; ip route")
        self.assertEqual(code, 0)
        for words in ("inet 10.0.2.15/24", "default via 10.0.2.2", "198.51.100.0/24 via 10.0.2.7"):
            self.assertIn(words, out)

    def test_what_the_kernel_refuses_is_told_and_the_rest_is_made(self):
        for line, why in (("interface eth7 none none6", "there is no interface eth7"), ("vlan eth7 5", "VLAN eth7.5 was refused"),
                          ("address eth0 256.0.0.1/24", "address 256.0.0.1/24 on eth0 was refused"), ("gateway 203.0.113.1", "gateway 203.0.113.1 was refused"),
                          ("route 198.51.100.0/24 via 203.0.113.9 dev eth0", "route 198.51.100.0/24 via 203.0.113.9 was refused")):
            code, said, out = self.apply(self.KEEP + line + "\n", "ip address")
            self.assertEqual((code, said), (1, "apply-network: " + why))
            self.assertIn("inet 10.0.2.15/24", out)
        self.assertEqual(self.apply("interface eth0 static none6\nvlan eth7 5\ngateway 203.0.113.1\n")[1],
                         "apply-network: VLAN eth7.5 was refused; gateway 203.0.113.1 was refused")

    def test_a_way_behind_a_router_of_dhcp_is_made_when_the_address_is_there(self):
        bound = f"ip route; interface=eth0 ip=10.0.2.15 mask=24 router=10.0.2.2 {self.folder}/scripts/dhcp-event bound; echo bound; ip route"
        code, _, out = self.apply("interface eth0 dhcp none6\nroute 198.51.100.0/24 via 10.0.2.77 dev eth0\n", bound)
        self.assertEqual(code, 0)
        before, after = out.split("bound\n")
        self.assertNotIn("10.0.2.77", before)
        self.assertIn("198.51.100.0/24 via 10.0.2.77", after)
        self.assertIn("default via 10.0.2.2", after)

    def test_a_way_behind_a_router_of_slaac_is_made_before_the_address_is_there(self):
        if not pathlib.Path("/proc/net/if_inet6").exists():
            self.skipTest("SKIPPED: the kernel has no IPv6")
        way = "route 2001:db8:9::/48 via 2001:db8:1::9 dev eth0"
        code, _, out = self.apply(f"interface eth0 none slaac\n{way}\n", "ip -6 route")
        self.assertEqual(code, 0)
        self.assertIn("2001:db8:9::/48 via 2001:db8:1::9 dev eth0", out)
        code, said, _ = self.apply(f"interface eth0 none static6\n{way}\n")
        self.assertEqual((code, said), (1, "apply-network: route 2001:db8:9::/48 via 2001:db8:1::9 was refused"))

    def test_an_empty_file_is_as_none_and_a_line_that_is_not_understood_changes_nothing(self):
        for text in ("", "# nothing\n\n"):
            code, _, out = self.apply(text, f"cat {self.folder}/run/sluice/network/plan")
            self.assertEqual(code, 0)
            self.assertIn("interface eth0 dhcp slaac\n", out)
        code, said, out = self.apply(self.KEEP + "gateway $(reboot)\n", "ip address")
        self.assertEqual(code, 1)
        self.assertIn("line 3 is not understood", said)
        self.assertNotIn("10.0.2.15", out)


class Keys(Scripts):
    def keys(self, kind, organization):
        """A folder as make_test_keys leaves it, but for what its certificates and `kind` say."""
        folder = self.folder / "keys"
        folder.mkdir()
        for name in ("current.cert.pem", "next.cert.pem", "fit-current.crt", "fit-next.crt"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/O={organization}/CN={name}",
                            "-keyout", "/dev/null", "-out", folder / name], check=True, capture_output=True)
        (folder / "kind").write_text(kind + "\n")
        return folder

    def use(self, folder):
        parts = f'log=/dev/null root={ROOT}; . {ROOT}/toolchains/scripts/progress.sh; . {IMAGE}/lib/keys.sh; use_keys {folder}; echo "$keys_kind"'
        return self.run_script("sh", "-euc", parts)

    def test_a_release_never_takes_a_test_certificate(self):
        folder = self.keys("release", "Sluice TEST")
        done = self.use(folder)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("is a test certificate: not in a release image", done.stdout + done.stderr)
        (folder / "kind").write_text("test\n")
        self.assertEqual(self.use(folder).stdout, "test\n")
        (folder / "kind").write_text("whatever\n")
        self.assertIn("must say test or release", self.use(folder).stderr)

    def test_one_test_certificate_among_others_is_enough(self):
        folder = self.keys("release", "Maker of boards")
        self.assertEqual(self.use(folder).stdout, "release\n")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=Sluice TEST/CN=next", "-keyout", "/dev/null",
                        "-out", folder / "fit-next.crt"], check=True, capture_output=True)
        self.assertIn("fit-next.crt is a test certificate", self.use(folder).stderr)

    def test_the_build_of_an_image_refuses_them_before_anything_else(self):
        if not all(shutil.which(t) for t in ("aarch64-linux-gnu-gcc", "mkimage", "mksquashfs", "veritysetup", "meson", "dtc")):
            self.skipTest("SKIPPED: toolchains/setup --image was not run here")
        done = self.run_script(IMAGE / "build", "--keys", self.keys("release", "Sluice TEST"), "--sluice", pathlib.Path(PROGRAM).parents[1],
                               "--output", self.folder / "out/sluice.img", SLUICE_IMAGE_DEPS=self.folder / "deps")
        self.assertEqual(done.returncode, 1)
        self.assertIn("is a test certificate", done.stderr)
        self.assertFalse((self.folder / "out/sluice.img").exists())


class Flash(Scripts):
    def setUp(self):
        super().setUp()
        self.image, self.out = self.folder / "box.img", self.folder / "out.img"
        self.image.write_bytes(b"\0" * 512 + b"EFI PART" + os.urandom(6 << 20))

    def flash(self, *words):
        return self.run_script(IMAGE / "flash", *words, PATH=f"{self.folder}/tools:{os.environ['PATH']}")

    def assertRefused(self, why, *words):
        done = self.flash(*words)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(why, done.stderr)
        self.assertNotIn("done", done.stdout)

    def test_a_file_is_written_verified_and_grown(self):
        done = self.flash(self.image, self.out, "--size", "9M")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("reading back: the same", done.stdout)
        octets = self.out.read_bytes()
        self.assertEqual(octets[:self.image.stat().st_size], self.image.read_bytes())
        self.assertEqual(len(octets), 9 << 20)

    def test_a_size_below_the_image_is_refused_before_anything_is_written(self):
        self.assertRefused("less than the image needs", self.image, self.out, "--size", "5M")
        self.assertFalse(self.out.exists())
        self.assertRefused("--size is octets", self.image, self.out, "--size", "big")

    def test_what_is_read_back_otherwise_fails(self):
        real = shutil.which("dd")
        self.tool("dd", f'{real} "$@" || exit 1\ncase "$*" in *of=*) printf X | {real} of={self.out} bs=1 seek=70000 conv=notrunc status=none ;; esac\n')
        self.assertRefused("what was read back differs", self.image, self.out)

    def test_what_cannot_be_written_fails(self):
        real = shutil.which("dd")
        self.tool("dd", f'case "$*" in *seek=4*) exit 1 ;; esac\nexec {real} "$@"\n')
        self.assertRefused("writing to", self.image, self.out)

    # A block device that there is none behind: the tools that are asked about it are stand-ins.
    def device(self, name, octets):
        node = self.folder / "disk"
        if subprocess.run(["mknod", node, "b", "7", "250"], capture_output=True).returncode:
            self.skipTest("SKIPPED: mknod needs root")
        self.tool("lsblk", f'case "$*" in *TYPE*) echo disk ;; *"-nrpo NAME"*) echo {name} ;; esac\n')
        self.tool("findmnt", "exit 1\n")
        self.tool("blockdev", f"echo {octets}\n")
        return node

    def test_a_mounted_disk_is_refused(self):
        mounted = pathlib.Path("/proc/self/mounts").read_text().split(" ", 1)[0]
        self.assertRefused("is mounted on /", self.image, self.device(mounted, 1 << 30), "--yes")

    def test_a_disk_that_is_too_small_is_refused(self):
        node = self.device("/dev/none", 6 << 20)
        self.assertRefused("has 6 MiB, the image needs 7", self.image, node, "--yes")
        self.assertRefused("--size is for a file", self.image, node, "--yes", "--size", "1G")

    def test_a_disk_is_overwritten_only_on_yes(self):
        self.assertRefused("say --yes", self.image, self.device("/dev/none", 1 << 30))


if __name__ == "__main__":
    unittest.main()
