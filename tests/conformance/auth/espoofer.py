"""Composition attacks (Chen et al., "Composition Kills", USENIX Security 2020): attack.com owns its zone and signs
what it likes, legitimate.com asks to reject. Nothing of it may end as a DMARC pass."""
import json

from common import Suite, signed, signing_key_record

suite = Suite("auth-composition-espoofer", 14)
ATTACKER = "192.0.2.66"
ZONE = [
    {"name": "legitimate.com", "type": "TXT", "data": "v=spf1 -all"},
    {"name": "_dmarc.legitimate.com", "type": "TXT", "data": "v=DMARC1; p=reject"},
    {"name": "_dmarc.attack.com", "type": "TXT", "data": "v=DMARC1; p=none"},
    signing_key_record("attack.com", "selector"),
] + [{"name": name, "type": "TXT", "data": f"v=spf1 ip4:{ATTACKER} -all"}
     for name in ("attack.com", "helo.attack.com", "33.attack.com", "mailfrom.attack.com")]


def never_passes(answer):
    if answer["dmarc"]["result"] == "pass":
        return f"DMARC passes: {answer['dmarc']}"
    forged = [d for d in answer["dkim"] if d["result"] == "pass" and "legitimate" in d["domain"]]
    if forged:
        return f"DKIM passes: {forged}"
    if "legitimate.com" in answer["spf"]["domain"] and answer["spf"]["result"] == "pass":
        return f"SPF passes: {answer['spf']}"
    return None


for id, case in json.loads((suite.folder / "cases.json").read_text()).items():
    data = case["data"]
    message = data["from_header"] + data["to_header"] + data["subject_header"] + data["other_headers"] + data["body"]
    message = message.replace("<code:get_date()>", "Mon, 23 Nov 2026 12:00:00 +0000").replace("<code:id_generator()>", "x1")
    message = message.encode("latin-1")
    if "dkim_para" in case:
        p = case["dkim_para"]
        message = signed(message, p["d"], p["s"])
    suite.case(id, never_passes, ZONE, message, ip=ATTACKER, helo=case["helo"], mail_from=case["mailfrom"])
suite.run()
