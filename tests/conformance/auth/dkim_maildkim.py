"""Mail::DKIM's verifier corpus. Where RFC 8301 forbids what an old message uses (rsa-sha1, keys below 1024 bits), the
expectation is that nothing passes; DomainKeys and draft signatures are not DKIM and must only not pass or crash."""
import json
import re

from common import Suite

suite = Suite("dkim-maildkim", 79)


def records():
    for line in (suite.folder / "FAKE_DNS.dat").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, value = line.partition(" ")
        value = value.strip()
        failure = re.fullmatch(r"~~(.*)~~", value)
        if value == "NXDOMAIN":
            yield {"name": name, "type": "TXT", "error": "nxdomain"}
        elif failure:
            yield {"name": name, "type": "TXT", "error": "timeout" if "time" in failure[1].lower() else "servfail"}
        else:
            yield {"name": name, "type": "TXT", "data": value.strip('"')}


def check_of(case):
    forbidden = case.get("rfc8301") and not any((s["a"] or "").startswith("ed25519") for s in case["signatures"])

    def check(answer):
        results = [d["result"] for d in answer["dkim"]]
        passed = "pass" in results
        if case.get("profile") or forbidden:
            return "passes" if passed else None
        if case["expect"] == "pass":
            return None if passed else f"{results} instead of pass: {[d['reason'] for d in answer['dkim']]}"
        if case["expect"] == "fail":
            return None if "fail" in results and not passed else f"{results} instead of fail"
        invalid = {"permerror", "policy", "neutral", "temperror"}
        return None if not passed and set(results) <= invalid else f"{results} instead of an invalid signature"

    return check


zone = list(records())
for file, case in json.loads((suite.folder / "expectations.json").read_text())["cases"].items():
    suite.case(file, check_of(case), zone, (suite.folder / "corpus" / file).read_bytes(), time="2010-01-01T00:00:00Z")
suite.run()
