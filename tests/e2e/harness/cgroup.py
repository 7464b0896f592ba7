"""A cgroup with a hard memory limit, version 1 or 2, for one process; None where this machine does not let us make one."""
import os
import pathlib
import shlex
import time

ROOT = pathlib.Path("/sys/fs/cgroup")


class Cgroup:
    def __init__(self, folder, limit, peak, bytes_):
        self.folder, self.limit_file, self.peak_file = folder, folder / limit, folder / peak
        self.limit_file.write_text(str(bytes_))

    @property
    def wrapper(self):
        """Words in front of a command that make it start inside."""
        return ["sh", "-c", f'echo $$ > {shlex.quote(str(self.folder / "cgroup.procs"))} && exec "$@"', "sh"]

    def peak_bytes(self):
        """Most that was used, file cache and kernel memory that the version counts included; None: the kernel does not tell."""
        return int(self.peak_file.read_text()) if self.peak_file.exists() else None

    def killed(self):
        """How often the kernel killed something in it because the limit was reached."""
        for name in ("memory.oom_control", "memory.events"):
            file = self.folder / name
            if file.exists():
                for line in file.read_text().splitlines():
                    if line.startswith("oom_kill "):
                        return int(line.split()[1])
        return 0

    def remove(self):
        for _ in range(50):
            try:
                return self.folder.rmdir()
            except OSError:
                time.sleep(0.1)


def limited(bytes_):
    """A new cgroup with this limit, or None."""
    name = f"sluice-e2e-{os.getpid()}-{time.monotonic_ns()}"
    for parent, limit, peak in ((ROOT / "memory", "memory.limit_in_bytes", "memory.max_usage_in_bytes"), (ROOT, "memory.max", "memory.peak")):
        if not (parent / "cgroup.procs").exists():
            continue
        folder = parent / name
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            if not (folder / limit).exists():
                (ROOT / "cgroup.subtree_control").write_text("+memory")
            return Cgroup(folder, limit, peak, bytes_)
        except OSError:
            folder.rmdir()
    return None
