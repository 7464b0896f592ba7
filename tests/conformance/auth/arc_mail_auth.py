"""Stalwart mail-auth's ARC messages: the chain and at least one DKIM signature pass."""
from common import Suite, dkim_pass, dns_lines_and_message

suite = Suite("arc-mail-auth", 2)


def check(answer):
    if answer["arc"]["result"] != "pass":
        return f"ARC {answer['arc']}"
    return None if dkim_pass(answer) else f"DKIM {answer['dkim']}"


for number in (1, 2):
    records, message = dns_lines_and_message(suite.folder / f"{number:03}.txt")
    suite.case(f"{number:03}", check, records, message, time="2022-11-07T17:54:24Z")
suite.run()
