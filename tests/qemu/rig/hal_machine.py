"""A machine for the back ends of hal/: the kernel of the 64-bit image, started directly, with an initramfs of busybox, hal_check
and the drivers under test, and devices that a device tree names: a lamp, a key, a thermal zone. No disk is started from."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

from .images import FOLDER
from .machine import ROOT, Machine

FOREIGN = ROOT / "build/deps/foreign/arm64"
MODULES = "virtio_pci virtio_net i6300esb softdog leds-gpio ledtrig-timer gpio_keys evdev uinput nvme sdhci-pci vfat nls_cp437 nls_iso8859-1 nls_ascii".split()
PL061 = "/pl061@9030000"
LAMP_LINE, KEY_LINE = 5, 3  # of the GPIO chip; the key is where QEMU's system_powerdown arrives
INIT = """#!/bin/busybox sh
export PATH=/bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
for m in $(cat /modules); do modprobe $m; done
echo hal-machine-up
while :; do setsid cttyhack sh -i < /dev/console > /dev/console 2>&1; done
"""
TREE = """
/ {
  sluice-lamp { compatible = "gpio-leds"; lamp { label = "sluice:status"; gpios = <%(gpio)s %(lamp)d 0>; }; };
  thermal-zones { drive { polling-delay = <1000>; polling-delay-passive = <1000>; thermal-sensors = <&drive 0>;
    trips { hot { temperature = <95000>; hysteresis = <2000>; type = "hot"; }; }; }; };
};
&{%(pcie)s} { drive: nvme@4,0 { reg = <0x2000 0 0 0 0>; #thermal-sensor-cells = <1>; }; };
"""


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, **options)
    if done.returncode:
        raise AssertionError(f"{command[0]}: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout


def kernel():
    found = sorted((FOREIGN / "box/boot").glob("vmlinuz-*"))
    if not found:
        raise AssertionError(f"no kernel below {FOREIGN}: firmware/image/build --arch aarch64 fetches it")
    return found[-1], found[-1].name.removeprefix("vmlinuz-")


def check_program():
    out = FOLDER / "hal/hal_check"
    sources = [ROOT / "tests/qemu/hal/hal_check.cpp", *sorted((ROOT / "hal/linux").glob("*.cpp"))]
    inputs = [*sources, *(ROOT / "hal").rglob("*.hpp")]
    if out.exists() and out.stat().st_mtime > max(p.stat().st_mtime for p in inputs):
        return out
    out.parent.mkdir(parents=True, exist_ok=True)
    run("aarch64-linux-gnu-g++", "-std=c++20", "-Os", "-static", "-DSLUICE_BUILD_TIME=1764288000", f"-I{ROOT}", f"-I{ROOT / 'proxy'}", *sources, "-o", out, "-s")
    return out


def initramfs(folder):
    _, version = kernel()
    tree = folder / "initramfs"
    for d in ("bin", "dev", "proc", "sys", "mnt", f"lib/modules/{version}"):
        (tree / d).mkdir(parents=True)
    shutil.copy(FOREIGN / "busybox-static", tree / "bin/busybox")
    os.chmod(tree / "bin/busybox", 0o755)
    for a in "sh cat cttyhack date echo grep head ls mkdir modprobe mount od poweroff reboot rmmod sed seq setsid sleep tail umount".split():
        (tree / "bin" / a).symlink_to("busybox")
    shutil.copy(check_program(), tree / "bin/hal_check")
    box = FOREIGN / "box"
    inside = box / f"usr/lib/modules/{version}"
    for m in MODULES:
        shown = run("/sbin/modprobe", "-d", box, "-S", version, "--show-depends", m).decode()
        for path in re.findall(r"(?m)^insmod (\S+)", shown):
            place = tree / f"lib/modules/{version}" / path.split(f"/modules/{version}/", 1)[1]
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                run("aarch64-linux-gnu-strip", "--strip-debug", "-o", place, path)
    for f in ("modules.builtin", "modules.order"):
        shutil.copy(inside / f, tree / f"lib/modules/{version}" / f)
    run("/sbin/depmod", "-b", tree, version)
    (tree / "modules").write_text("virtio_pci virtio_net\n")
    (tree / "init").write_text(INIT)
    os.chmod(tree / "init", 0o755)
    packed = folder / "initramfs.cpio"
    names = run("find", ".", cwd=tree)
    packed.write_bytes(run("cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet", input=names, cwd=tree))
    return packed


class HalMachine(Machine):
    """`extra` are QEMU's words for devices. The monitor is at `qmp()`."""

    def __init__(self, folder, extra=()):
        super().__init__(folder, None, ports=(), extra=extra)
        self.monitor = None
        # A socket's path has at most 107 octets; a test's folder may lie deeper.
        self.short = tempfile.TemporaryDirectory(prefix="hal-")
        self.monitor_path = f"{self.short.name}/qmp"

    def command(self, *more):
        image, _ = kernel()
        devices = ["-device", "virtio-net-pci,netdev=net,romfile=", "-netdev", "user,id=net", *self.extra]
        return ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a53", "-accel", "tcg,tb-size=128", "-m", "192", "-display", "none", "-serial", "stdio",
                "-no-reboot", "-action", "watchdog=reset", "-kernel", str(image), "-append", "console=ttyAMA0 panic=-1 quiet",
                "-qmp", f"unix:{self.monitor_path},server=on,wait=off", *devices, *more]

    def tree(self):
        """The device tree of this very machine, with what TREE adds."""
        plain, source, out = self.folder / "plain.dtb", self.folder / "tree.dts", self.folder / "tree.dtb"
        run(*self.command("-machine", f"dumpdtb={plain}"), stdin=subprocess.DEVNULL)
        gpio = "0x" + run("fdtget", "-t", "x", plain, PL061, "phandle").decode().strip()
        pcie = next("/" + n for n in run("fdtget", "-l", plain, "/").decode().split() if n.startswith("pcie@"))
        text = run("dtc", "-q", "-I", "dtb", "-O", "dts", plain).decode()
        source.write_text(text + TREE % {"gpio": gpio, "lamp": LAMP_LINE, "pcie": pcie})
        run("dtc", "-q", "-I", "dts", "-O", "dtb", "-o", out, source)
        return out

    def start(self):
        packed, tree = initramfs(self.folder), self.tree()
        self.launch(self.command("-initrd", str(packed), "-dtb", str(tree)))
        self.wait_for("hal-machine-up")
        return self

    def qmp(self, name, **arguments):
        if self.monitor is None:
            self.monitor = socket.socket(socket.AF_UNIX)
            self.monitor.connect(self.monitor_path)
            self.monitor_file = self.monitor.makefile("r")
            self.monitor_file.readline()
            self.qmp("qmp_capabilities")
        self.monitor.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = json.loads(self.monitor_file.readline())
            if "event" not in answer:
                return answer

    def press_power_key(self, seconds):
        """QEMU holds the line for 100 ms after each word, so it stays down while they keep coming."""
        end = time.monotonic() + seconds
        while True:
            self.qmp("system_powerdown")
            if time.monotonic() >= end:
                return
            time.sleep(0.02)

    def load(self, *modules):
        for m in modules:
            code, out = self.run(f"modprobe {m}")
            assert code == 0, (m, out)

    def check(self, *words, timeout=60, code=0):
        """What hal_check prints, as a list of (name, value) and the bare text."""
        got, out = self.run("hal_check " + " ".join(str(w) for w in words), timeout)
        assert got == code, (words, got, out)
        return dict(re.findall(r"(\w+)=([^\n]*?)(?= \w+=|\n|$)", out)), out
