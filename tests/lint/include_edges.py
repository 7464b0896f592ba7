"""Includes and CMake link edges follow tests/lint/edges.py; proxy and config never include each other."""
import re

from common import ROOT, Report, files, line_of, read
from edges import OUTSIDE, PROXY

report, checked = Report(), 0
inside_config = {p.name for p in (ROOT / "config").iterdir() if p.is_dir()}


def allowed(owner, folder):
    if owner in PROXY:
        return folder == owner or folder in PROXY[owner]
    row = OUTSIDE[owner]
    return folder in row or folder.split("/")[0] in (owner, *row) or ("*" in row and (folder in PROXY or folder == "config"))


def owner_of(name):
    parts = name.split("/")
    if parts[0] == "proxy":
        return parts[1] if len(parts) > 2 else None
    return parts[0] if parts[0] in OUTSIDE else None


for name in files(".hpp", ".cpp", ".inc"):
    owner = owner_of(name)
    if owner is None:
        continue
    if owner not in PROXY and owner not in OUTSIDE:
        report.add(name, 1, f"module {owner} has no row in tests/lint/edges.py")
        continue
    checked += 1
    text = read(name)
    for m in re.finditer(r'^\s*#\s*include\s+"([^"]+)"', text, re.M):
        path = m[1]
        folder = path.split("/")[0] if "/" in path else None
        if path.startswith("hal/include/"):
            folder = "hal/include"
        if owner == "tests" or folder is None and owner not in PROXY:
            continue
        if folder is None:
            report.add(name, line_of(text, m.start()), f'write "{owner}/{path}": includes start at the module folder')
        elif (folder in PROXY or folder.split("/")[0] in OUTSIDE) and not allowed(owner, folder):
            report.add(name, line_of(text, m.start()), f'{owner} must not include "{path}" (tests/lint/edges.py)')

for name in files("CMakeLists.txt", folders=["proxy"]):
    text = read(name)
    for m in re.finditer(r"sluice_module\(\s*(\w+)(.*?)\)", text, re.S):
        checked += 1
        for used in re.findall(r"\bsluice_(\w+)", m[2]):
            if used in PROXY and used not in PROXY.get(m[1], []):
                report.add(name, line_of(text, m.start()), f"sluice_{m[1]} must not link sluice_{used} (tests/lint/edges.py)")

report.finish(checked, "sources and link lists")
