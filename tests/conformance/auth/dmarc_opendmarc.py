"""OpenDMARC's helper tables, through whole messages: which domain a From claims, what is aligned, which domain is the
organization's. The organizational domains that OpenDMARC takes from a public suffix list publish a record here, as the
tree walk of RFC 9989 needs it."""
import json
import re

from common import Suite

suite = Suite("dmarc-opendmarc", 27)
data = json.loads((suite.folder / "cases.json").read_text())
POLICY = "v=DMARC1; p=reject"


def message_from(value):
    return b"From: " + value + b"\r\n\r\ntext\r\n"


def claims(domain):
    def check(answer):
        dmarc = answer["dmarc"]
        return None if dmarc["result"] == "fail" and dmarc["domain"] == domain else f"{dmarc} instead of {domain}"
    return check


def aligned(wanted):
    def check(answer):
        return None if (answer["dmarc"]["result"] == "pass") == wanted else f"{answer['dmarc']}"
    return check


def octets(text):
    return re.sub(rb"\\0x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())


for row in data["from_header_to_domain"]:
    zone = [{"name": "_dmarc." + row["domain"], "type": "TXT", "data": POLICY}]
    suite.case("from " + row["from"], claims(row["domain"]), zone, message_from(row["from"].encode()))
for row in data["alignment"]:
    organization = ".".join(row["a"].strip(".").split(".")[-2:])
    mode = "; aspf=s" if row["mode"] == "strict" else ""
    zone = [{"name": "_dmarc." + organization, "type": "TXT", "data": POLICY + mode},
            {"name": row["b"].strip("."), "type": "TXT", "data": "v=spf1 +all"}]
    suite.case(f"alignment {row['a']} {row['b']} {row['mode']}", aligned(row["aligned"]), zone,
               message_from(b"<x@" + row["a"].encode() + b">"), mail_from="x@" + row["b"])
for row in data["org_domain"]:
    organization = octets(row["org"]).decode().encode("idna").decode()
    zone = [{"name": "_dmarc." + organization, "type": "TXT", "data": POLICY}]
    suite.case("organization " + row["domain"], claims(organization), zone, message_from(b"<x@" + octets(row["domain"]) + b">"))
suite.run()
