"""Stalwart mail-auth's DMARC tables, written for RFC 9989 (tree walk, np, psd, t). What passed SPF or DKIM is made real:
an SPF record that lets everybody pass, a signature by python3-dkim."""
import json
import re

from common import Suite, signed, signing_key_record, txt_records

suite = Suite("dmarc-mail-auth", 18)
data = json.loads((suite.folder / "cases.json").read_text())


def message_from(address):
    return f"From: <{address}>\r\nSubject: test\r\n\r\ntext\r\n".encode()


class Row:
    """One row of the suite may need several messages: SPF alone, DKIM alone, neither. It passes when all do."""

    def __init__(self, id):
        self.id, self.wrong, self.left = id, [], 0

    def add(self, check, records, message, mail_from=""):
        self.left += 1

        def judge(answer):
            fault = check(answer)
            if fault:
                self.wrong.append(fault)
            self.left -= 1
            return False if self.left else "; ".join(self.wrong) or None

        part = self.left
        suite.case(f"{self.id}" if part == 1 else f"{self.id}#{part}", judge, records, message, mail_from=mail_from)


def result_is(wanted):
    return lambda a: None if a["dmarc"]["result"] == wanted else f"{a['dmarc']} instead of {wanted}"


def member_is(member, wanted):
    return lambda a: None if a["dmarc"][member] == wanted else f"{member} {a['dmarc']} instead of {wanted}"


def add_verify(case):
    row, expect = Row(case["id"]), case["expect"]
    zone = [{"name": n, "type": "TXT", "data": t} for n, texts in case["txt"].items() for t in texts]
    zone += [{"name": n, "type": "A", "data": "192.0.2.80"} for n in case["existing_names"]]
    plain = message_from(case["header_from"])
    if "record" in expect:
        row.add(result_is("none"), zone, plain)
    if "policy" in expect:
        row.add(member_is("policy", expect["policy"]), zone, plain)
    if "spf" in expect and case["spf_pass_domain"]:
        spf = [{"name": case["spf_pass_domain"], "type": "TXT", "data": "v=spf1 +all"}]
        row.add(result_is(expect["spf"].split()[0]), zone + spf, plain, f"a@{case['spf_pass_domain']}")
    if "dkim" in expect and case["dkim_pass_domain"]:
        domain = case["dkim_pass_domain"]
        row.add(result_is(expect["dkim"].split()[0]), zone + [signing_key_record(domain)], signed(plain, domain))


def add_parse(number, case):
    """The suite's expectation is a Rust literal; its policies, alignment modes and test flag show in results."""
    expect = dict(re.findall(r"(adkim|aspf|np|sp|p|psd|t): (?:\w+::)?(\w+)", case["expect"]))
    zone = [{"name": "_dmarc.example.com", "type": "TXT", "data": case["record"]},
            {"name": "here.example.com", "type": "A", "data": "192.0.2.80"},
            {"name": "spf.example.com", "type": "TXT", "data": "v=spf1 +all"},
            signing_key_record("dkim.example.com")]
    row = Row(f"parse-{number}")
    lower = {"reject": "quarantine", "quarantine": "none", "none": "none"}
    for address, tag in (("a@example.com", "p"), ("a@here.example.com", "sp"), ("a@ghost.example.com", "np")):
        wanted = expect[tag].lower()
        applied = lower[wanted] if expect["t"] == "true" else wanted
        row.add(member_is("policy", wanted), zone, message_from(address))
        row.add(member_is("disposition", applied), zone, message_from(address))
    # Below a public suffix (psd=y) nothing is aligned with the suffix itself, whatever the mode.
    public = expect["psd"] == "Yes"
    for mode, mail_from, message in (("aspf", "a@spf.example.com", message_from("a@example.com")),
                                     ("adkim", "", signed(message_from("a@example.com"), "dkim.example.com"))):
        aligned = expect[mode] == "Relaxed" and not public
        row.add(result_is("pass" if aligned else "fail"), zone, message, mail_from)


for case in data["verify"]:
    add_verify(case)
for number, case in enumerate(data["parse"], 1):
    add_parse(number, case)
suite.run()
