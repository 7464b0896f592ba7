"""openspf's RFC 7208 suite: result (one of those the suite allows) and explanation of check_host()."""
import yaml

from common import Suite

suite = Suite("spf-rfc7208", 203)


def records_of(zone):
    """The suite's convention: SPF entries are TXT records too, unless the name has TXT entries of its own; a bare
    TIMEOUT makes every lookup time out for which nothing is listed before it."""
    for name, entries in zone.items():
        own_txt = any(isinstance(e, dict) and "TXT" in e for e in entries)
        listed = set()
        for entry in entries:
            if entry == "TIMEOUT":
                for kind in ("A", "AAAA", "MX", "PTR", "TXT"):
                    if kind not in listed:
                        yield {"name": name, "type": kind, "error": "timeout"}
                continue
            (kind, value), = entry.items()
            if kind == "SPF":
                if own_txt:
                    continue
                kind = "TXT"
            if value == "TIMEOUT":
                yield {"name": name, "type": kind, "error": "timeout"}
                continue
            if kind == "TXT" and value == "NONE":
                continue
            if isinstance(value, list):
                value = " ".join(value) if kind == "MX" else "".join(value)
            listed.add(kind)
            yield {"name": name, "type": kind, "data": value}


def check_of(test):
    allowed = test["result"] if isinstance(test["result"], list) else [test["result"]]
    explanation = test.get("explanation")

    def check(answer):
        got = answer["spf"]
        if got["result"] not in allowed:
            return f"{got['result']} instead of {' or '.join(allowed)} ({got['reason']})"
        told = got.get("explanation", "DEFAULT")
        if explanation is not None and got["result"] == "fail" and told != explanation:
            return f"explanation {told!r} instead of {explanation!r}"
        return None

    return check


for scenario in yaml.load_all((suite.folder / "rfc7208-tests.yml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader):
    records = list(records_of(scenario["zonedata"]))
    for name, test in scenario["tests"].items():
        suite.case(f"{scenario['description']}/{name}", check_of(test), records, ip=test["host"], helo=test["helo"],
                   mail_from=test["mailfrom"], time="2026-11-23T12:00:00Z")
suite.run()
