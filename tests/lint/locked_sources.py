"""What toolchains/scripts/sources.sh does with a mirror that is right, has moved on, or lies: `fetch` against an apt-get of straw.

A locked file is taken when its checksum fits and is never fetched twice; a newer one of the same series is taken and told; another
content under the locked name, and another series, end the run.
"""
import hashlib
import pathlib
import subprocess
import tempfile

from common import ROOT, Report

SCRIPTS, NAME = "toolchains/scripts", "toolchains/scripts/sources.sh"
GOOD = b"the octets of release 1.2.3\n"
APT = """#!/bin/sh
echo "$*" >> "$STRAW/calls"
case " $* " in
  *" indextargets "*) echo "stable main mirror:/debian" ;;
  *" download "* | *" source "*) [ ! -e "$STRAW/broken" ] || exit 100; cp "$STRAW/mirror"/* . ;;
esac
"""
CALL = """set -eu
deps=$STRAW/deps prefix=$STRAW/prefix lock=$STRAW/lock user_config=/dev/null hot_files=/dev/null jobs=1 series_suite=trixie log=$STRAW/log
mkdir -p "$deps/dl"
. "$SCRIPTS/progress.sh"; . "$SCRIPTS/foreign.sh"; . "$SCRIPTS/sources.sh"
fetch liba 1.2 "$KIND" liba
echo "took $file"
"""
report, checked = Report(), 0


def fetch(folder, kind="source"):
    """(exit status, what it said, calls of apt-get that fetch)"""
    calls = folder / "calls"
    calls.unlink(missing_ok=True)
    with open(folder / "said", "w+", encoding="utf-8") as out:  # no pipe: the sign of life of a step holds it for a second
        run = subprocess.run(["sh", "-c", CALL, "setup"], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                             env={"PATH": f"{folder}/bin:/usr/bin:/bin", "STRAW": str(folder), "SCRIPTS": str(ROOT / SCRIPTS), "KIND": kind})
        out.seek(0)
        said = out.read()
    fetched = sum(" download " in c or " source " in c for c in calls.read_text().splitlines()) if calls.exists() else 0
    return run.returncode, said, fetched


def straw(folder, offered, content):
    """A mirror that has one file."""
    for name in ("bin", "mirror", "deps/dl"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for old in (folder / "mirror").iterdir():
        old.unlink()
    (folder / "bin/apt-get").write_text(APT)
    (folder / "bin/apt-get").chmod(0o755)
    (folder / "lock").write_text(f"{hashlib.sha256(GOOD).hexdigest()}  liba_1.2.3.orig.tar.xz\n{'0' * 64}  libb_1.2.3.orig.tar.xz\n")
    (folder / "mirror" / offered).write_bytes(content)


def expect(what, holds, said):
    global checked
    checked += 1
    if not holds:
        report.add(NAME, 1, f"{what}: {said.strip()[-300:]!r}")


LOCKED, NEWER, SERIES = "liba_1.2.3.orig.tar.xz", "liba_1.2.9.orig.tar.xz", "liba_1.3.0.orig.tar.xz"
if (ROOT / NAME).is_file():
    for kind in ("source", "binary"):
        with tempfile.TemporaryDirectory() as name:
            f = pathlib.Path(name)
            note = f / "deps/moved-on.liba"
            straw(f, LOCKED, GOOD)
            code, said, fetched = fetch(f, kind)
            expect("the locked file is not taken from the mirror", code == 0 and f"took {LOCKED}" in said and fetched == 1, said)
            code, said, fetched = fetch(f, kind)
            expect("a file that is there and fits is fetched again", code == 0 and f"took {LOCKED}" in said and fetched == 0, said)
            (f / "deps/dl" / LOCKED).write_bytes(b"damaged on the disk")
            code, said, fetched = fetch(f, kind)
            expect("a damaged file is not fetched anew", code == 0 and fetched == 1 and (f / "deps/dl" / LOCKED).read_bytes() == GOOD, said)
            straw(f, NEWER, b"a later release of the series")
            (f / "deps/dl" / LOCKED).unlink()
            code, said, _ = fetch(f, kind)
            expect("a mirror that has moved on within the series is not taken", code == 0 and f"took {NEWER}" in said, said)
            expect("a mirror that has moved on is not told", note.exists() and f"NOTE: {NEWER} instead of the locked {LOCKED}" in note.read_text(), said)
            straw(f, LOCKED, GOOD)
            code, said, _ = fetch(f, kind)
            expect("the note stays when the locked file is back", code == 0 and f"took {LOCKED}" in said and not note.exists(), said)
            for offered, content, words in ((LOCKED, b"tampered with", f"checksum of {LOCKED} differs"), (SERIES, b"x", f"the mirror offers {SERIES}, wanted series 1.2")):
                straw(f, offered, content)
                (f / "deps/dl" / LOCKED).unlink(missing_ok=True)
                code, said, _ = fetch(f, kind)
                expect(f"not refused: {words}", code != 0 and words in said and "took" not in said, said)
            straw(f, LOCKED, GOOD)
            (f / "broken").touch()
            code, said, _ = fetch(f, kind)
            expect("a fetch that fails does not end the run", code != 0 and "FAILED" in said and "took" not in said, said)
report.finish(checked, "answers of a mirror")
