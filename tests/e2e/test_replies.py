"""Every reply of the table in proxy/smtp/replies.cpp was seen by a client of the end-to-end tests before this one.

The clients of the harness note what they see (SLUICE_REPLIES); ctest runs this after the others of the same build.
"""
import os
import pathlib
import re
import unittest

from harness.process import ROOT

# Replies that no client of this run can cause, each with its reason and the test that causes it instead.
ELSEWHERE = {
    "internal_error": "a bug of ours; no octets are known that cause it, its form is checked in tests/unit/smtp",
    "none": "no reply",
    "recipient_ok": "the downstream's own reply is passed on; ours is that of the protocol module (tests/unit/smtp)",
}


def table():
    text = (ROOT / "proxy/smtp/replies.cpp").read_text()
    return [(name, int(code), words) for name, code, words in
            re.findall(r'\{cause::(\w+),\s*"\w+",\s*(\d+),\s*\{[^}]*\},\s*"([^"]*)"\}', text)]


class Replies(unittest.TestCase):
    def test_the_table_is_read(self):
        self.assertGreater(len(table()), 70)

    @unittest.skipUnless(os.environ.get("SLUICE_REPLIES"), "only together with the other end-to-end tests (ctest)")
    def test_every_documented_reply_was_seen_by_a_client(self):
        folder = pathlib.Path(os.environ["SLUICE_REPLIES"])
        seen = {line for path in folder.glob("*.txt") for line in path.read_text().splitlines()}
        unseen = [f"{code} {words} ({name})" for name, code, words in table()
                  if name not in ELSEWHERE and not any(line.startswith(str(code)) and words in line for line in seen)]
        self.assertEqual(unseen, [])
