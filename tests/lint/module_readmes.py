"""Every module folder has a README.md: purpose, what it may include, where to add X, and for parsers one trace."""
from common import ROOT, Report

MUST_HAVE = 400  # characters: less than this says nothing
report, checked = Report(), 0
modules = [p for p in (ROOT / "proxy").iterdir() if p.is_dir()]
modules += [p for p in (ROOT / "firmware").iterdir() if p.is_dir() and p.name != "docs"]
modules += [ROOT / n for n in ("config", "hal", "tests", "toolchains", "tests/e2e", "tests/fuzz", "tests/lint")]
for folder in modules:
    if not folder.is_dir() or not any(p.suffix in (".cpp", ".hpp", ".py") or p.is_dir() or p.name == "setup" for p in folder.iterdir()):
        continue
    checked += 1
    readme = folder / "README.md"
    name = str(readme.relative_to(ROOT))
    if not readme.is_file():
        report.add(name, 1, "missing: purpose, may include, where to add X, one trace")
    elif len(readme.read_text()) < MUST_HAVE:
        report.add(name, 1, f"shorter than {MUST_HAVE} characters")
report.finish(checked, "modules")
