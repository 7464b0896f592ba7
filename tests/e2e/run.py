#!/usr/bin/env python3
"""Runs end-to-end tests: run.py test_x.py [names...]; --keep keeps the folders of tests that passed.

Names select by substring. SLUICE_BIN is the program (default: the release build). The last line is
"cases: N passed, N failed, N skipped"; each skipped test prints SKIPPED with its reason.
"""
import importlib.util
import pathlib
import resource
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True


class Result(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        print(f"    {time.monotonic() - self.began:6.1f} s  {test.id().split('.')[-1]}", flush=True)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f"SKIPPED {test.id().split('.')[-1]}: {reason.removeprefix('SKIPPED: ')}", flush=True)


def main():
    path = HERE / sys.argv[1]
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    wanted = [w for w in sys.argv[2:] if not w.startswith("-")]
    if wanted:
        chosen = unittest.TestSuite()
        for group in suite:
            chosen.addTests(t for t in group if any(w in t.id() for w in wanted))
        suite = chosen
    began = time.monotonic()
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=0, resultclass=Result).run(suite)
    bad = len({str(t) for t, _ in result.failures + result.errors}) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    used = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"    {used:.1f} s of processors in {time.monotonic() - began:.1f} s")  # what BUSY in CMakeLists.txt goes by
    print(f"cases: {max(result.testsRun - bad - skipped, 0)} passed, {bad} failed, {skipped} skipped")
    return 1 if bad or result.testsRun == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
