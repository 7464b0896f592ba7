"""ValiMail's ARC sealing tests: the three fields byte for byte, apart from folding. The suite expects a cv=fail set for
chains that failed; Sluice itself never writes one, so the batch line asks for it."""
import re

import yaml

from common import Suite, crlf, txt_records

suite = Suite("arc-valimail", 11)
path = suite.folder / "arc-draft-sign-tests.slice.yml"


def merged_results(message, authserv_id):
    """The suite's convention: all results of our own fields, in their order, behind one authserv-id."""
    unfolded = re.sub(r"\n(?=[ \t])", "", message)
    parts = []
    for line in unfolded.split("\n\n")[0].split("\n"):
        name, _, value = line.partition(":")
        id, _, results = value.strip().partition(";")
        if name.lower() == "authentication-results" and id.strip() == authserv_id:
            parts += [" ".join(p.split()) for p in results.split(";") if p.strip()]
    return f"{authserv_id}; " + ";\r\n ".join(parts)


def fields_of(seal):
    unfolded = re.sub(r"\r\n(?=[ \t])", "", seal)
    return {name: value for name, _, value in (line.partition(":") for line in unfolded.split("\r\n") if line)}


def tags(value):
    """Tags without white space; the suite's own b= values are folded at will."""
    return sorted("".join(part.split()) for part in value.split(";") if part.strip())


def check_of(test):
    def check(answer):
        fields = fields_of(answer["seal"])
        for name, key in (("ARC-Authentication-Results", "AAR"), ("ARC-Message-Signature", "AMS"), ("ARC-Seal", "AS")):
            if name not in fields:
                return f"no {name}"
            if tags(fields[name]) != tags(test[key]):
                return f"{name}: {tags(fields[name])} instead of {tags(test[key])}"
        return None

    return check


for scenario in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader):
    if not scenario:
        continue
    for name, test in scenario["tests"].items():
        seconds = int(test["t"])
        time = f"1970-01-01T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"
        seal = {"domain": scenario["domain"], "selector": scenario["sel"], "key": scenario["privatekey"],
                "fields": test["sig-headers"], "results": merged_results(test["message"], test["srv-id"]),
                "failed_chains": True}
        suite.case(name, check_of(test), txt_records(scenario["txt-records"]), crlf(test["message"].encode()), time=time, seal=seal)
suite.run()
