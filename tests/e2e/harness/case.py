"""Base of the end-to-end tests: starts and stops what a test asks for, and looks at Sluice's end.

Run by tests/e2e/run.py, which prints "cases: N passed, N failed, N skipped" for ./test to count.
"""
import pathlib
import re
import shutil
import tempfile
import unittest

from . import mails
from .dns import Dns
from .process import SANITIZED, SCRATCH, Sluice
from .sink import Sink


class E2E(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        name = re.sub(r"\W+", "_", self.id().split(".", 1)[-1])[-60:]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=name + ".", dir=SCRATCH))
        self.started = []
        self.addCleanup(self._clean)

    def _clean(self):
        problems = []
        for s in self.started:
            if s.running:
                code = s.stop()
                if code != 0:
                    problems.append(f"exit status {code} after SIGTERM")
            if s.complaints():
                problems.append(s.complaints())
        result = self._outcome.result
        failed = any(getattr(t, "test_case", t) is self for t, _ in result.failures + result.errors)
        if failed or problems:
            for s in self.started:
                print(f"---- end of the log of {self.id()} ({s.log_file})\n{s.log_text()[-3000:]}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        if problems:
            self.fail("\n".join(problems))

    # ---- parts ----
    def sink(self, **options):
        sink = Sink(**options).start()
        self.addCleanup(sink.stop)
        return sink

    def dns(self, zone=None):
        dns = Dns(zone).start()
        self.addCleanup(dns.stop)
        return dns

    def sluice(self, downstream=None, config=None, listeners=None, ready=True, start=True, **options):
        s = Sluice(self.folder / f"sluice{len(self.started)}", downstream, config, listeners, **options)
        self.started.append(s)
        return s.start(ready) if start else s

    def pair(self, config=None, listeners=None, **sink_options):
        """(Sluice, its downstream), both running."""
        sink = self.sink(**sink_options)
        return self.sluice(sink, config, listeners), sink

    # ---- assertions ----
    def assertReply(self, reply, code, status=None, text=None):
        self.assertEqual((reply.code, reply.status if status else None), (code, status), repr(reply))
        if text:
            self.assertIn(text, reply.text)

    def assertSame(self, transaction_or_octets, original, prepended=True):
        """What arrived is the original below header fields of ours."""
        data = getattr(transaction_or_octets, "data", transaction_or_octets)
        added, rest = mails.below_added(data, original)
        self.assertIsNotNone(added, f"differs from the original: {_first_difference(data, original)}")
        self.assertEqual(mails.sha256(rest), mails.sha256(original))
        if prepended:
            self.assertRegex(added, rb"(?i)^received: from .*", "no Received field of ours on top")
            self.assertTrue(added.endswith(b"\r\n"))


class Deliver(E2E):
    def deliver(self, s, content=None, **options):
        """One message by a client of its own: the reply that decided it."""
        with s.client() as c:
            c.ehlo()
            reply = c.mail(content or mails.simple(), **options)
            if reply.code != 421:
                c.quit()
            return reply


def _first_difference(data, original):
    tail = data[max(0, len(data) - len(original)):]
    for i, (a, b) in enumerate(zip(tail, original)):
        if a != b:
            return f"at {i}: {tail[max(0, i - 30):i + 30]!r} instead of {original[max(0, i - 30):i + 30]!r}"
    return f"{len(data)} octets, original has {len(original)}"


not_sanitized = unittest.skipIf(SANITIZED, "SKIPPED: measures memory or time, means nothing under a sanitizer")
