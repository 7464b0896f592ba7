"""Shell scripts parse, and shellcheck has nothing to say; python files compile."""
import shutil
import subprocess

from common import ROOT, Report, files, read

report, checked = Report(), 0
have_shellcheck = shutil.which("shellcheck")
for name in files():
    if name.endswith(".py"):
        checked += 1
        try:
            compile(read(name), name, "exec")
        except SyntaxError as error:
            report.add(name, error.lineno or 1, error.msg)
        continue
    if (ROOT / name).stat().st_size > 200_000 or not read(name).startswith(("#!/bin/sh", "#!/bin/bash", "#!/usr/bin/env bash")):
        continue
    checked += 1
    shell = "bash" if "bash" in read(name).split("\n")[0] else "sh"
    parsed = subprocess.run([shell, "-n", ROOT / name], capture_output=True, text=True)
    if parsed.returncode:
        report.add(name, 1, parsed.stderr.strip())
    if have_shellcheck:
        found = subprocess.run(["shellcheck", "-x", "-f", "gcc", name], capture_output=True, text=True, cwd=ROOT)
        for line in found.stdout.splitlines():
            report.add(name, int(line.split(":")[1]), line.split(": ", 1)[1])
if not have_shellcheck:
    print("SKIPPED: shellcheck is not installed (toolchains/setup --test)")
report.finish(checked, "scripts")
