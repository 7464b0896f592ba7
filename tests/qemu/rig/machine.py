"""A box in QEMU: disk, console, network, power. A power cut is kill -9 of QEMU; the disk is opened with
cache=writethrough, so that what the guest flushed is there and what it did not may be missing.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/e2e"))
from harness import net  # noqa: E402  the end-to-end tests' own

VIRTIO = dict(disk="virtio-blk-pci,drive=disk", network="virtio-net-pci,netdev=net,romfile=", watchdog=["-device", "i6300esb"])
BOARDS = {
    "qemu-aarch64": dict(VIRTIO, qemu="qemu-system-aarch64", machine="virt", cpu="cortex-a53", uboot="/usr/lib/u-boot/qemu_arm64/u-boot.bin"),
    "qemu-armhf": dict(VIRTIO, qemu="qemu-system-arm", machine="virt", cpu="cortex-a15", uboot="/usr/lib/u-boot/qemu_arm/u-boot.bin", watchdog=[]),
    "qemu-nvme": dict(qemu="qemu-system-aarch64", machine="virt,gic-version=3", cpu="cortex-a72", uboot="/usr/lib/u-boot/qemu_arm64/u-boot.bin",
                      disk="nvme,drive=disk,serial=sluice", network="e1000e,netdev=net,romfile=", watchdog=[]),
}
# Of the supervisor, the scripts and the kernel, which share the console with a shell.
LOG_LINES = re.compile(r"(?m)^(\d{4}-\d\d-\d\dT[\d:.]+Z (debug|info|warning|error) |sluice-box: |\[ *\d+\.\d+\] ).*\n")
BOOTS = r"sluice-boot: slot {} \(order [^)]*\)"  # to the end of what it says: the console arrives in pieces
PATIENCE = float(os.environ.get("SLUICE_QEMU_PATIENCE", "180"))  # seconds for any one thing that a box does


class Disk:
    """A raw disk file of its own, as large as asked for; the image lies at its beginning."""

    def __init__(self, path, image=None, size="512M"):
        self.path = pathlib.Path(path)
        if image is not None:
            subprocess.run(["cp", "--sparse=always", str(image), str(self.path)], check=True)
            subprocess.run(["truncate", "-s", f">{size}", str(self.path)], check=True)

    def copy(self, path):
        subprocess.run(["cp", "--sparse=always", str(self.path), str(path)], check=True)
        return Disk(path)

    def parts(self):
        """name -> (first octet, octets)"""
        out = subprocess.run(["sfdisk", "-d", str(self.path)], capture_output=True, text=True, check=True, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}).stdout
        rows = re.findall(r'start=\s*(\d+), size=\s*(\d+).*name="([^"]+)"', out)
        return {name: (int(start) * 512, int(size) * 512) for start, size, name in rows}

    def write(self, part, offset, octets):
        with open(self.path, "r+b") as f:
            f.seek(self.parts()[part][0] + offset)
            f.write(octets)

    def read(self, part, offset, count):
        with open(self.path, "rb") as f:
            f.seek(self.parts()[part][0] + offset)
            return f.read(count)

    def write_file(self, part, source):
        self.write(part, 0, pathlib.Path(source).read_bytes())

    def variables(self):
        """The boot variables as the boot loader and fw_setenv leave them; {} if their checksum is wrong."""
        sector = self.read("env", 0, 512)
        if zlib.crc32(sector[4:]) != int.from_bytes(sector[:4], "little"):
            return {}
        return dict(v.split("=", 1) for v in sector[4:].split(b"\0\0")[0].decode().split("\0") if "=" in v)

    def set_variables(self, **values):
        body = b"".join(f"{k}={v}".encode() + b"\0" for k, v in sorted(values.items())) + b"\0"
        body = body.ljust(508, b"\0")
        self.write("env", 0, zlib.crc32(body).to_bytes(4, "little") + body)

    def debugfs(self, command):
        """What debugfs says of the data partition, read only."""
        start = self.parts()["data"][0]
        return subprocess.run(["/usr/sbin/debugfs", "-R", command, f"{self.path}?offset={start}"], capture_output=True, text=True).stdout


class Machine:
    def __init__(self, folder, disk, board="qemu-aarch64", memory=128, control_dtb=None, ports=(25, 443), extra=(), sink=None):
        self.folder, self.disk, self.board = pathlib.Path(folder), disk, board
        self.memory, self.extra, self.sink = memory, list(extra), sink
        self.control_dtb = control_dtb
        self.host = net.own_address()
        self.ports = {p: net.free_port(self.host) for p in ports}
        self.log = self.folder / "console.log"
        self.read_only = False
        self.process, self.text, self.lock = None, "", threading.Condition()

    # ---- power ----
    def start(self):
        facts = BOARDS[self.board]
        forwards = ",".join(f"hostfwd=tcp:{self.host}:{h}-:{g}" for g, h in self.ports.items())
        relay = ""
        if self.sink is not None:  # the mail server behind: an address of its own, so that a test can cut it off
            relay = f",guestfwd=tcp:10.0.2.100:25-cmd:{sys.executable} {ROOT / 'tests/qemu/rig/relay.py'} {self.sink}"
        access = ",readonly=on" if self.read_only else ""
        command = [facts["qemu"], "-M", facts["machine"], "-cpu", facts["cpu"], "-accel", "tcg,tb-size=128", "-m", str(self.memory), "-display", "none",
                   "-monitor", "none", "-serial", "stdio", "-bios", facts["uboot"], "-dtb", str(self.control_dtb),
                   "-drive", f"file={self.disk.path},format=raw,if=none,id=disk,cache=writethrough{access}", "-device", facts["disk"],
                   "-netdev", f"user,id=net,{forwards}{relay}", "-device", facts["network"],
                   *facts["watchdog"], "-action", "watchdog=reset", "-device", "virtio-rng-pci", *self.extra]
        return self.launch(command)

    def launch(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        return self

    def _listen(self, process):
        with open(self.log, "ab") as log:
            while piece := os.read(process.stdout.fileno(), 65536):
                log.write(piece)
                log.flush()
                with self.lock:
                    self.text += piece.decode(errors="replace").replace("\r", "")
                    self.lock.notify_all()

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def cut_power(self):
        if self.running:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def wait_off(self, timeout=60):
        self.process.wait(timeout)

    # ---- console ----
    def wait_for(self, pattern, timeout=None, since=0):
        """Waits until the console matches, and returns the match; `since` is a position of an earlier call."""
        end, wanted = time.monotonic() + (timeout or PATIENCE), re.compile(pattern)
        with self.lock:
            while True:
                if m := wanted.search(self.text, since):
                    return m
                left = end - time.monotonic()
                if left <= 0 or not (self.running or left > 0):
                    raise AssertionError(f"waited {timeout or PATIENCE:g} s in vain for {pattern!r}; the console ends with:\n{self.text[-2500:]}")
                self.lock.wait(min(left, 1))
                if not self.running and not wanted.search(self.text, since):
                    raise AssertionError(f"QEMU ended ({self.process.returncode}) while {pattern!r} was waited for:\n{self.text[-2500:]}")

    def position(self):
        with self.lock:
            return len(self.text)

    def boots(self):
        """Slots in the order in which the boot loader started them."""
        return re.findall(BOOTS.format("([AB])"), self.text)

    def wait_boots(self, slot, timeout=None, since=0):
        """The boot loader starts the slot; the position after what it says, all of which has come."""
        return self.wait_for(BOOTS.format(slot), timeout, since).end()

    def wait_up(self, timeout=None, since=0):
        """The boot scripts are through; (slot, version, state of the data partition)"""
        return self.wait_for(r"sluice-box: slot (\w*), version (\S+), data (\S+), up", timeout, since).groups()

    def run(self, command, timeout=60):
        """A command on the console shell, which only images built with the overlay `shell` have; (status, output)."""
        mark = f"{time.monotonic_ns()}"
        start = self.position()
        self.process.stdin.write(f"echo '<''{mark}'; {command}; echo '>''{mark}' $?\n".encode())
        self.process.stdin.flush()
        m = self.wait_for(rf"(?s)<{mark}\n(.*)>{mark} (\d+)\n", timeout, start)
        return int(m[2]), LOG_LINES.sub("", m[1])
