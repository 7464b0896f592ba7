"""Stalwart mail-auth's signed messages: the last signature of each passes; all of them where the suite says so."""
from common import Suite, dns_lines_and_message

suite = Suite("dkim-mail-auth", 6)


def last_passes(answer):
    results = [d["result"] for d in answer["dkim"]]
    return None if results and results[-1] == "pass" else f"{results}: {[d['reason'] for d in answer['dkim']]}"


def all_pass(answer):
    results = [d["result"] for d in answer["dkim"]]
    return None if results == ["pass", "pass"] else f"{results}: {[d['reason'] for d in answer['dkim']]}"


for number in range(1, 7):
    records, message = dns_lines_and_message(suite.folder / f"{number:03}.txt")
    suite.case(f"{number:03}", all_pass if number == 1 else last_passes, records, message, time="2022-11-07T17:54:24Z")
suite.run()
