"""mox's DMARC record table, written for RFC 7489's grammar. A record it rejects must never lead to more than p=none here
(RFC 9989 4.10.1); where RFC 9989 takes what RFC 7489 refused, out_of_scope.tsv names the row. A record it accepts must
be found."""
import json

from common import Suite

suite = Suite("dmarc-mox", 41)
data = json.loads((suite.folder / "parse.json").read_text())
MESSAGE = b"From: <a@example.com>\r\n\r\ntext\r\n"


def no_policy(answer):
    dmarc = answer["dmarc"]
    return f"{dmarc}" if dmarc["disposition"] != "none" or dmarc["policy"] not in ("", "none") else None


def found(answer):
    dmarc = answer["dmarc"]
    return None if dmarc["result"] == "fail" and dmarc["domain"] == "example.com" else f"{dmarc}"


for kind, check in (("reject", no_policy), ("accept", found)):
    for text in data[kind]:
        suite.case(f"{kind} {text}".replace("\t", "\\t"), check, [{"name": "_dmarc.example.com", "type": "TXT", "data": text}], MESSAGE)
suite.run()
