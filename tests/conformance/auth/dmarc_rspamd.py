"""rspamd's functional DMARC tests, whole messages with their zone."""
import json

from common import Suite, crlf

suite = Suite("dmarc-rspamd", 18)
data = json.loads((suite.folder / "cases.json").read_text())
WANTED = {  # symbol -> result, disposition
    "DMARC_POLICY_ALLOW": ("pass", "none"),
    "DMARC_POLICY_REJECT": ("fail", "reject"),
    "DMARC_POLICY_QUARANTINE": ("fail", "quarantine"),
    "DMARC_POLICY_SOFTFAIL": ("fail", "none"),
    "DMARC_NA": ("none", "none"),
    "DMARC_BAD_POLICY": ("permerror", "none"),
    "DMARC_DNSFAIL": ("temperror", "none"),
}


def records():
    for row in data["zone"]:
        base = {"name": row["name"], "type": row["type"].upper()}
        if row["rcode"] in ("nxdomain", "timeout", "servfail"):
            yield {**base, "error": row["rcode"]}
        elif not row["replies"]:
            yield {**base, "type": "HINFO", "data": ""}  # the name exists, without such a record
        for reply in row["replies"] or []:
            yield {**base, "data": reply}


def check_of(case):
    result, disposition = WANTED[case["expect_symbols"][0]]

    def check(answer):
        got = answer["dmarc"]
        if (got["result"], got["disposition"]) != (result, disposition):
            return f"{got} instead of {result}, {disposition}"
        return None

    return check


zone = list(records())
for case in data["cases"]:
    mail_from = case["mail_from"] or ""
    suite.case(case["name"], check_of(case), zone, crlf((suite.folder / "messages" / case["file"]).read_bytes()),
               ip=case["ip"] or "192.0.2.1", mail_from=mail_from if "@" in mail_from else "")
suite.run()
