"""Every command has a manual page that names all its options and no others; sluice(1) lists every command; groff reads them.

Commands and options are taken from firmware/gateway/commands/cmd_*.cpp: the first add_subcommand of a file is the command, further
ones are its actions, which its page must name.
"""
import re
import shutil
import subprocess
from common import ROOT, Report, files, line_of, read

MAN = "firmware/docs/man/"
SECTIONS = ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES")
report, checked = Report(), 0
pages = [n for n in files(".1", ".5") if n.startswith(MAN)]
plain = {n: read(n).replace("\\-", "-").replace("\\fR", "").replace("\\fB", "").replace("\\fI", "") for n in pages}

for name in files(".cpp", folders=("firmware",)):
    if not re.match(r"firmware/gateway/commands/cmd_\w+\.cpp$", name):
        continue
    text = read(name)
    commands = re.findall(r'add_subcommand\(\s*"([\w-]+)"', text)
    if not commands:
        continue
    checked += 1
    page = f"{MAN}sluice-{commands[0]}.1"
    if page not in plain:
        report.add(name, 1, f"{page} is missing")
        continue
    for action in commands[1:]:
        if not re.search(rf"^\.[BI]+R? (?:[^\n]* )?{action}\b", plain[page], re.M):
            report.add(page, 1, f"does not name the action {action} of {name}")
    known = {"--help"}
    for m in re.finditer(r'add_(?:option|flag)(?:_function)?\(\s*"([^"]+)"', text):
        for option in m[1].split(","):
            known.add(option)
            if option.startswith("--") and not re.search(rf"(?<![\w-]){option}(?![\w-])", plain[page]):
                report.add(name, line_of(text, m.start()), f"{option} is not in {page}")
    for m in re.finditer(r"(?<![\w-])--[a-z][\w-]*", plain[page]):
        if m[0] not in known:
            report.add(page, line_of(plain[page], m.start()), f"{m[0]} is no option of {name}")
    for section in SECTIONS:
        if f"\n.SH {section}\n" not in plain[page]:
            report.add(page, 1, f"has no section {section}")
    if f"sluice-{commands[0]} (1)" not in plain.get(f"{MAN}sluice.1", ""):
        report.add(f"{MAN}sluice.1", 1, f"does not list sluice-{commands[0]} (1)")

if shutil.which("groff"):
    for name in pages:
        run = subprocess.run(["groff", "-man", "-ww", "-z", "-Tascii", "-rLL=100n", ROOT / name], capture_output=True, text=True)
        for line in run.stderr.splitlines():
            if "can't break line" not in line and "cannot adjust line" not in line and "can't adjust" not in line:
                report.add(name, 1, line)
else:
    print("SKIPPED groff is not there: the pages were not rendered")
report.finish(checked, "commands")
