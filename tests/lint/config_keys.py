"""A configuration key that nobody reads is a promise without a keeper: each member bound in the schema is used in firmware/.

Rows look like size<&memory_settings::total_bytes>("total", ...); a use is the member's name behind a dot.
"""
import re
from common import Report, code_only, files, line_of, read

# Members whose reader is still being written; each run names them. Empty this before a release.
NOT_YET = set()

report, checked = Report(), 0
used = set()
for name in files(".cpp", ".hpp", folders=("firmware",)):
    used |= set(re.findall(r"\.\s*(\w+)", code_only(read(name))))
waiting = []
for name in files(".cpp", folders=("config",)):
    if not re.match(r"config/schema_\w+\.cpp$", name):
        continue
    text = read(name)
    for m in re.finditer(r"<&(\w+)::(\w+)[,>]", text):
        checked += 1
        if m[2] in NOT_YET:
            waiting.append(f"{m[1]}::{m[2]}")
        elif m[2] not in used:
            report.add(name, line_of(text, m.start()), f"nobody reads {m[1]}::{m[2]}: wire it in firmware/gateway or remove the key")
if waiting:
    print("NOT READ YET: " + ", ".join(waiting))
report.finish(checked, "keys")
