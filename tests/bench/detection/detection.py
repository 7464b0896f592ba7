#!/usr/bin/env python3
"""Recall and false positives of the detection, on stored mail and on slot strings.

usage: detection.py [--sluice PATH] [--shared DIR] [--half development|held|both] [--show-held] [--json FILE]

Reads DIR/corpus (manifest.tsv, messages by label) and DIR/slots (positives.jsonl, negatives.jsonl); DIR is $SLUICE_SHARED
or ../shared beside the repository. Runs `sluice scan --json --trust-results '*'` and `sluice slot --batch`: the program as
it is shipped.

Half of the data was put aside before any rule was written: by a hash of the campaign (mail: cluster or file name; slots:
campaign or id). Rules were written looking at the development half only. Figures of the held half are the ones that
count; its wrong cases are counted, and shown only with --show-held.

Each rate stands with its n and the upper end of its 95 % interval (Clopper-Pearson, one-sided) for errors: misses of
recall, hits of false positives. Exit status 0 when everything ran, whatever the figures; 1 when data is missing.
"""
import argparse
import collections
import csv
import hashlib
import json
import math
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
SLOT_TYPE = {"org": "name", "person": "name", "title": "title", "meeting_title": "title", "invoice_line": "memo",
             "memo_contact": "memo", "file_name": "file", "legit_subject": "subject"}


def is_held(key):
    return hashlib.sha256(("sluice:" + key).encode()).digest()[0] & 1


def upper_bound(errors, n, confidence=0.95):
    """One-sided Clopper-Pearson: the p at which `errors` or fewer of n have probability 1 - confidence."""
    if n == 0 or errors >= n:
        return 1.0
    def at_most(p):
        return sum(math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + (k * math.log(p) if k else 0)
                            + (n - k) * math.log1p(-p)) for k in range(errors + 1))
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if middle > 0 and at_most(middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def errors_line(name, errors, n, what):
    return f"{name:34} n={n:5}  {what} {errors:4} ({100 * errors / n:6.2f} %)  upper bound {100 * upper_bound(errors, n):6.2f} %" if n else f"{name:34} n=    0"


class Report:
    def __init__(self, show_held):
        self.show_held = show_held
        self.figures = []

    def errors(self, section, half, name, errors, n, what):
        print("  " + errors_line(name, errors, n, what))
        self.figures.append({"section": section, "half": half, "name": name, "what": what, "errors": errors, "n": n,
                             "upper_bound": upper_bound(errors, n)})

    def wrong(self, half, lines):
        if not lines:
            return
        if half == "held" and not self.show_held:
            print(f"    ({len(lines)} wrong cases not shown: held half)")
            return
        for line in lines:
            print("    " + line)


def clean(text, limit=110):
    return "".join(c if c.isprintable() else "?" for c in text)[:limit]


def load_mail(shared):
    rows = list(csv.DictReader(open(shared / "corpus/manifest.tsv", encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        cluster = re.search(r"cluster=(\w+)", row["notes"])
        service = re.search(r"service=([^;]+)", row["notes"])
        row["held"] = is_held(cluster.group(1) if cluster else row["path"])
        row["service"] = service.group(1) if service else row["sender_domain"]
    return rows


def scan_mail(sluice, shared, rows):
    by_file = {str(shared / "corpus" / row["path"]): row for row in rows}
    for begin in range(0, len(rows), 400):
        files = list(by_file)[begin:begin + 400]
        out = subprocess.run([sluice, "scan", "--json", "--trust-results", "*", *files], stdout=subprocess.PIPE, check=False).stdout
        for line in out.decode("utf-8", "replace").splitlines():
            result = json.loads(line)
            by_file[result["file"]]["result"] = result
    missing = [row["path"] for row in rows if "result" not in row or "error" in row["result"]]
    if missing:
        sys.exit(f"not scanned: {missing[:5]} and {len(missing)} in all")


def describe(row):
    result = row["result"]
    findings = " ".join(f"{f['rule']}={f['weight']}" for f in result["findings"])
    return f"{result['verdict']:10} {result['score']:4} {row['path']} | {clean(result['subject'], 60)} | {findings}"


def report_mail(report, half, rows):
    print(f"\nmail, {half} half")
    held = [row for row in rows if row["result"]["verdict"] in ("quarantine", "reject")]
    held_paths = {row["path"] for row in held}
    for label in ("abuse", "ham-notification", "ham-general", "phishing"):
        of_label = [row for row in rows if row["label"] == label]
        stopped = [row for row in of_label if row["path"] in held_paths]
        tagged = sum(row["result"]["verdict"] == "tag" for row in of_label)
        if label == "abuse":
            report.errors("mail", half, "abuse", len(of_label) - len(stopped), len(of_label), "not quarantined")
            services = collections.defaultdict(lambda: [0, 0])
            for row in of_label:
                services[row["service"]][0] += 1
                services[row["service"]][1] += row["path"] in held_paths
            mean = sum(hit / n for n, hit in services.values()) / max(1, len(services))
            print(f"    mean over {len(services)} services {100 * mean:.1f} %; tagged besides {tagged}")
            print("    below all: " + ", ".join(f"{name} {hit}/{n}" for name, (n, hit) in sorted(services.items()) if hit < n))
            report.wrong(half, [describe(row) for row in of_label if row["path"] not in held_paths])
        elif label.startswith("ham"):
            report.errors("mail", half, label, len(stopped), len(of_label), "quarantined")
            print(f"    tagged {tagged}")
            report.wrong(half, [describe(row) for row in stopped])
        else:
            print(f"  phishing (no aim): {len(stopped)} of {len(of_label)} quarantined, {tagged} tagged")


def load_slots(shared):
    read = lambda name: [json.loads(line) for line in open(shared / "slots" / name, encoding="utf-8")]
    positives, negatives = read("positives.jsonl"), read("negatives.jsonl")
    by_id = {row["id"]: row for row in positives}
    for row in positives:
        row["held"] = is_held((by_id.get(row.get("variant_of")) or row)["campaign"])
    for row in negatives:
        row["held"] = is_held(row["id"])
    return positives, negatives


def judge_slots(sluice, positives, negatives):
    rows = [(row, "name") for row in positives] + [(row, SLOT_TYPE[row["cls"]]) for row in negatives]
    text = "".join(json.dumps({"id": i, "type": kind, "text": row["text"]}) + "\n" for i, (row, kind) in enumerate(rows))
    out = subprocess.run([sluice, "slot", "--batch"], input=text.encode(), stdout=subprocess.PIPE, check=True).stdout
    for line in out.decode("utf-8", "replace").splitlines():
        result = json.loads(line)
        rows[result["id"]][0]["result"] = result


def slot_line(row):
    result = row["result"]
    return f"{result['verdict']:10} {result['score']:4} {row.get('variant') or row.get('cls') or row['slot']} | {clean(row['text'])}"


def report_slots(report, half, positives, negatives):
    print(f"\nslots, {half} half: positives judged as names, negatives as what they are")
    groups = collections.defaultdict(list)
    for row in positives:
        groups[f"tier {row['tier']} {row['strength']}" + (" variants" if row["variant"] else "")].append(row)
    for name, rows in sorted(groups.items()):
        for what, good in (("not abuse", ("abuse",)), ("clean", ("abuse", "suspicious"))):
            missed = [row for row in rows if row["result"]["verdict"] not in good]
            report.errors("slots", half, name, len(missed), len(rows), what)
        if "strong" in name and "A" in name:
            report.wrong(half, [slot_line(row) for row in rows if row["result"]["verdict"] != "abuse"])
    classes = collections.defaultdict(list)
    for row in negatives:
        classes[row["cls"]].append(row)
    for name, rows in sorted(classes.items()) + [("all negatives", negatives)]:
        for what, bad in (("abuse", ("abuse",)), ("suspicious or abuse", ("abuse", "suspicious"))):
            report.errors("slots", half, name, sum(row["result"]["verdict"] in bad for row in rows), len(rows), what)
    report.wrong(half, [slot_line(row) for row in negatives if row["result"]["verdict"] != "clean"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sluice", default=str(ROOT / "build/dev/bin/sluice"))
    parser.add_argument("--shared", default=os.environ.get("SLUICE_SHARED", str(ROOT.parent / "shared")))
    parser.add_argument("--half", choices=("development", "held", "both"), default="both")
    parser.add_argument("--show-held", action="store_true")
    parser.add_argument("--json", help="also write the figures there")
    options = parser.parse_args()
    shared = pathlib.Path(options.shared)
    if not (shared / "corpus/manifest.tsv").exists() or not (shared / "slots/positives.jsonl").exists():
        sys.exit(f"SKIPPED: no corpus under {shared}: 0 messages and 0 slot strings judged")
    report = Report(options.show_held)
    mail = load_mail(shared)
    positives, negatives = load_slots(shared)
    wanted = {"development": [0], "held": [1], "both": [0, 1]}[options.half]
    scan_mail(options.sluice, shared, [row for row in mail if row["held"] in wanted])
    judge_slots(options.sluice, positives, negatives)
    for half in wanted:
        name = ("development", "held")[half]
        report_mail(report, name, [row for row in mail if row["held"] == half])
        report_slots(report, name, [row for row in positives if row["held"] == half], [row for row in negatives if row["held"] == half])
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(report.figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
