"""The package's unit: systemd understands every line of it, and its exposure stays where it is.

Skipped, with a word, where there is no systemd-analyze (toolchains/setup --test brings it on Debian).
"""
import pathlib
import re
import shutil
import subprocess
import tempfile

from common import ROOT, Report

UNIT = "firmware/packaging/files/sluice.service"
MOST_EXPOSURE = 20  # tenths, as systemd counts: 0 is best; the rest is the network, and port 25
SYSTEM = pathlib.Path("/usr/lib/systemd/system")
if not SYSTEM.exists():
    SYSTEM = pathlib.Path("/lib/systemd/system")

report = Report()
if not shutil.which("systemd-analyze"):
    print("SKIPPED: no systemd-analyze here")
else:
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for d in ("etc/systemd/system", "usr/lib/systemd/system", "usr/bin", "usr/lib/sluice", "bin"):
            (root / d).mkdir(parents=True)
        for program in ("usr/bin/sluice", "usr/lib/sluice/is-configured", "bin/sh"):
            shutil.copy("/bin/true", root / program)
        for unit in (*SYSTEM.glob("*.target"), *SYSTEM.glob("*.slice")):
            shutil.copy(unit, root / "usr/lib/systemd/system")
        shutil.copy(ROOT / UNIT, root / "etc/systemd/system")
        seen = subprocess.run(["systemd-analyze", "verify", "--man=no", f"--root={root}", "sluice.service"], capture_output=True, text=True)
        for line in (seen.stdout + seen.stderr).splitlines():
            if "sluice.service" in line:
                at = re.search(r"sluice\.service:(\d+):", line)
                report.add(UNIT, int(at[1]) if at else 1, line.split("sluice.service", 1)[1].lstrip(":0123456789 "))
    judged = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={MOST_EXPOSURE}", ROOT / UNIT], capture_output=True, text=True)
    if judged.returncode:
        report.add(UNIT, 1, f"more exposed than {MOST_EXPOSURE / 10}: {judged.stdout.strip().splitlines()[-1] if judged.stdout.strip() else judged.stderr.strip()}")
report.finish(1, "units")
