#!/usr/bin/env python3
"""Boots images in QEMU: run.py [test_x.py...] [words...]; all files without a name, words select tests by substring.

SLUICE_IMAGE is the image (default build/image/qemu-aarch64/sluice.img, made by firmware/image/build). The last line is
"cases: N passed, N failed, N skipped"; each skipped test prints SKIPPED with its reason.
"""
import importlib.util
import os
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]  # rig: ours; harness: the end-to-end tests'
sys.dont_write_bytecode = True


class Result(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        self.began, self.used = time.monotonic(), self.processor()

    def stopTest(self, test):
        super().stopTest(test)
        print(f"    {time.monotonic() - self.began:6.1f} s, {self.processor() - self.used:6.1f} of a processor  {test.id().split('.')[-1]}", flush=True)

    @staticmethod
    def processor():
        """Seconds that ended children took (QEMU, builds of variants): the same on a busy machine."""
        t = os.times()
        return t.children_user + t.children_system

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f"SKIPPED {test.id().split('.')[-1]}: {reason.removeprefix('SKIPPED: ')}", flush=True)


def tests_of(suite):
    for t in suite:
        if isinstance(t, unittest.TestSuite):
            yield from tests_of(t)
        else:
            yield t


def main():
    given = [a for a in sys.argv[1:] if not a.startswith("-")]
    names = [a for a in given if a.endswith(".py")] or sorted(p.name for p in HERE.glob("test_*.py"))
    words = [a for a in given if not a.endswith(".py")]
    suite = unittest.TestSuite()
    for name in names:
        spec = importlib.util.spec_from_file_location(pathlib.Path(name).stem, HERE / name)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        suite.addTests(t for t in tests_of(unittest.defaultTestLoader.loadTestsFromModule(module)) if not words or any(w in t.id() for w in words))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=0, resultclass=Result).run(suite)
    bad = len({str(t) for t, _ in result.failures + result.errors}) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    print(f"cases: {max(result.testsRun - bad - skipped, 0)} passed, {bad} failed, {skipped} skipped")
    return 1 if bad or result.testsRun == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
