#!/usr/bin/env python3
"""Sums up a test run: results.py FOLDER SECONDS. Reads ctest's JUnit files there, prints what failed, what was skipped
and why, the slowest, and as its last line "N passed, N failed, N skipped".

One ctest test holds many cases; they are counted from what it prints: Catch2's own summary, or a line
"cases: N passed, N failed, N skipped" (tests/e2e, conformance). A test that prints neither counts as one. A test that
failed without a failed case (crash, timeout) counts as one failure more.
"""
import os
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

CATCH_ALL = re.compile(r"^All tests passed \(\d+ assertions? in (\d+) test cases?\)", re.M)
CATCH_SUM = re.compile(r"^test cases:(.*)$", re.M)
OWN_SUM = re.compile(r"^cases: (\d+) passed, (\d+) failed, (\d+) skipped", re.M)
NO_TESTS = re.compile(r"^No tests ran", re.M)
REASON = re.compile(r"^.*\bSKIPPED\b.*$", re.M)


def cases(output):
    """(passed, failed, skipped) as the test itself counted, or None."""
    total, found = [0, 0, 0], False
    for m in OWN_SUM.finditer(output):
        total, found = [a + int(b) for a, b in zip(total, m.groups())], True
    for m in CATCH_ALL.finditer(output):
        total[0], found = total[0] + int(m[1]), True
    for m in CATCH_SUM.finditer(output):
        found = True
        for i, word in enumerate(("passed", "failed", "skipped")):
            n = re.search(rf"(\d+) {word}", m[1])
            total[i] += int(n[1]) if n else 0
        as_expected = re.search(r"(\d+) failed as expected", m[1])
        total[0] += int(as_expected[1]) if as_expected else 0
    return total if found else None


def count(test):
    status, output = test.get("status"), test.findtext("system-out") or ""
    if status in ("notrun", "disabled") or test.find("skipped") is not None:
        return [0, 0, 1], output
    counted = cases(output)
    if status == "run":
        return counted or [1, 0, 0], output
    counted = counted or [0, 0, 0]
    return [counted[0], max(counted[1], 1), counted[2]], output


def main(folder, seconds):
    rows, failed, reasons, times = [], [], {}, []
    for path in sorted(folder.glob("*.xml")):
        total = [0, 0, 0]
        for test in xml.parse(path).getroot().iter("testcase"):
            counted, output = count(test)
            total = [a + b for a, b in zip(total, counted)]
            name = f"{path.stem}: {test.get('name')}"
            times.append((float(test.get("time") or 0), name))
            if counted[1]:
                failed.append(name)
            for m in REASON.finditer(output):
                reasons.setdefault(m[0].strip()[:200], []).append(path.stem)
            if counted[2] and not REASON.search(output):
                reasons.setdefault(f"{test.get('name')}: {counted[2]} skipped, no reason given", []).append(path.stem)
        if not any(total):
            total[1], failed = 1, failed + [f"{path.stem}: nothing ran"]
        rows.append((path.stem, total))
    for name, column in (("failed-builds", 1), ("passed-steps", 0)):
        path = folder / name
        for line in path.read_text().splitlines() if path.exists() else []:
            rows.append((line, [int(column == 0), int(column == 1), 0]))
            failed += [line] if column else []

    print(f"\n== summary, {seconds // 60} min {seconds % 60} s")
    for name, total in rows:
        print(f"  {name:<28} {total[0]:>6} passed {total[1]:>4} failed {total[2]:>4} skipped")
    print("  slowest: " + ", ".join(f"{name} {t:.0f} s" for t, name in sorted(times, reverse=True)[:5]))
    for reason, where in sorted(reasons.items()):
        print(f"  {reason} [{', '.join(sorted(set(where)))}]")
    for name in failed:
        print(f"  FAILED {name}")
    if not pathlib.Path(os.environ.get("SLUICE_SHARED", folder.parent.parent.parent / "shared")).is_dir():
        print("  ../shared is not there: the conformance suites in it were skipped")
    passed, bad, skipped = (sum(total[i] for _, total in rows) for i in range(3))
    if passed + bad == 0:
        bad = 1
        print("  nothing ran")
    print(f"{passed} passed, {bad} failed, {skipped} skipped")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])))
