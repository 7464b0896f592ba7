"""What the lints share: the list of committed files, C++ text without comments and literals, and the verdict.

Each lint is a script of its own, run by ctest with the source folder as its argument; it prints one line per offence
(file:line: what is wrong and what to do), and exits 1 if there was any.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
CODE_FOLDERS = ("proxy", "config", "hal", "firmware", "tests")


def files(*suffixes, folders=None):
    """Committed files and new ones that git would not ignore; every file under the root when it is not a git clone."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True)
    if listed.returncode == 0:
        names = sorted(set(listed.stdout.decode().split("\0")) - {""})
    else:
        names = sorted(str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if "build" != p.relative_to(ROOT).parts[0])
    for name in names:
        path = ROOT / name
        if path.is_file() and (not suffixes or name.endswith(suffixes)):
            if folders is None or name.startswith(tuple(f + "/" for f in folders)):
                yield name


def read(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


_LITERALS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^()\\ ]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z_])\'(?:\\.|[^\'\\\n])+\'', re.S)


def code_only(text):
    """C++ with comments and literals blanked out; offsets and line numbers stay as they were."""
    blank = lambda m: m[0][0] + re.sub(r"[^\n]", " ", m[0][1:-1]) + m[0][-1] if m[0][0] in "\"'" else re.sub(
        r"[^\n]", " ", m[0])
    return _LITERALS.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class Report:
    def __init__(self):
        self.offences = 0

    def add(self, name, line, text):
        self.offences += 1
        print(f"{name}:{line}: {text}")

    def finish(self, checked, what):
        print(f"{checked} {what} checked, {self.offences} offences")
        if checked == 0:
            print("nothing was checked: the lint itself is broken")
        sys.exit(1 if self.offences or checked == 0 else 0)
