"""Every module folder has a README.md that says something: what it is, where to add X, and for the mail modules one trace."""
import re

from common import ROOT, Report

MUST_HAVE = 400  # characters: less than this says nothing
ADD = re.compile(r"(?i)\bto (?:add|change)\b|\badd an?\b|\ba new\b")
TRACE = re.compile(r"(?i)\btrace\b|^.*->", re.M)
report, checked = Report(), 0
modules = [p for p in (ROOT / "proxy").iterdir() if p.is_dir()]
modules += [p for p in (ROOT / "firmware").iterdir() if p.is_dir() and p.name != "docs"]
modules += [ROOT / n for n in ("config", "hal", "tests", "toolchains", "tests/bench", "tests/e2e", "tests/fuzz", "tests/lint", "tests/qemu")]
for folder in modules:
    if not folder.is_dir() or not any(p.suffix in (".cpp", ".hpp", ".py") or p.is_dir() or p.name == "setup" for p in folder.iterdir()):
        continue
    checked += 1
    readme = folder / "README.md"
    name = str(readme.relative_to(ROOT))
    if not readme.is_file():
        report.add(name, 1, "missing: purpose, may include, where to add X, one trace")
        continue
    text = readme.read_text()
    if len(text) < MUST_HAVE:
        report.add(name, 1, f"shorter than {MUST_HAVE} characters")
    if not ADD.search(text):
        report.add(name, 1, "does not say where to add what (\"to add\", \"add a\", \"a new\")")
    if folder.parent.name == "proxy" and not TRACE.search(text):
        report.add(name, 1, "shows no trace: what goes in, which call follows which (->)")
report.finish(checked, "modules")
