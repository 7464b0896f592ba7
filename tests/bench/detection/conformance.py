#!/usr/bin/env python3
"""Does template learning hold up: is genuine mail ever called foreign, and is a foreign body from the same sender seen?

usage: conformance.py [--sluice PATH] [--shared DIR] [--json FILE]

Reads DIR/corpus. Every sender domain with at least 4 genuine messages (ham-notification, ham-general): each of its
messages is left out once, `sluice profile learn` learns from the others and `sluice scan` judges the one left out. Foreign
bodies: the sender's own From over mail of the corpus that it did not send (phishing, and genuine mail of others), as when
its mail provider's account is taken over. Nothing of this is written into config/profiles, and no rule was chosen by it.

Printed: genuine mail called body-foreign (wanted: none), foreign bodies found, with n and the upper end of the 95 %
interval, and the senders that give no yardstick (their own mail differs too much; such senders are not judged).
"""
import argparse
import collections
import email.utils
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from detection import ROOT, errors_line, load_mail  # noqa: E402

LEAST_LEARNED = 4
FOREIGN_EACH = 20


def sender_of(content):
    header = re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0]
    found = re.search(rb"^From:((?:.*\r?\n)(?:[ \t].*\r?\n)*)", header + b"\n", re.I | re.M)
    return email.utils.parseaddr(found.group(1).decode("latin-1").replace("\n", " "))[1].lower() if found else ""


def split(content):
    parts = re.split(rb"(\r?\n\r?\n)", content, maxsplit=1)
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else (content, b"\n\n", b"")


def transplant(genuine, other):
    """The other message's content with the genuine sender's From: what a taken-over account sends."""
    header, gap, body = split(other)
    ours = split(genuine)[0]
    kept = re.search(rb"^From:(?:.*\r?\n)(?:[ \t].*\r?\n)*", ours + b"\n", re.I | re.M).group(0)
    header = re.sub(rb"^(From|Sender):(?:.*\r?\n)(?:[ \t].*\r?\n)*", b"", header + b"\n", flags=re.I | re.M)
    eol = b"\r\n" if b"\r\n" in gap else b"\n"
    kept = kept.replace(b"\r\n", b"\n").replace(b"\n", eol)
    return kept + header.rstrip(b"\r\n") + gap + body


def scan(sluice, profiles, directory):
    out = subprocess.run([sluice, "scan", "--json", "--profiles", profiles, directory], stdout=subprocess.PIPE, check=False).stdout
    return [json.loads(line) for line in out.decode("utf-8", "replace").splitlines()]


def foreign(results):
    return [r for r in results if any(f["rule"] == "body-foreign" for f in r["findings"])]


PROFILE = 'id = "learned"\nname = "learned"\nsource = "made for a measurement"\n\n[identity]\nfrom_domains = ["{domain}"]\n'


def learn(sluice, base, domain, samples):
    """Learns from samples into base/profiles; the least share of fixed text of any, or None when nothing was learned."""
    shutil.rmtree(base, ignore_errors=True)
    for name in ("learn", "judge", "profiles"):
        (base / name).mkdir(parents=True)
    (base / "profiles/learned.toml").write_text(PROFILE.format(domain=domain))
    for i, content in enumerate(samples):
        (base / "learn" / f"{i}.eml").write_bytes(content)
    done = subprocess.run([sluice, "profile", "learn", base / "learn", "--name", "learned", "--profiles", base / "profiles"],
                          stderr=subprocess.PIPE, check=False)
    floor = [int(n) for n in re.findall(r"at least (\d+) %", done.stderr.decode())]
    return max(floor) if done.returncode == 0 and floor else None


def judge(sluice, base, messages):
    for old in (base / "judge").iterdir():
        old.unlink()
    for i, content in enumerate(messages):
        (base / "judge" / f"{i}.eml").write_bytes(content)
    return scan(sluice, base / "profiles", base / "judge")


def one_sender(sluice, domain, genuine, others, scratch, totals):
    base = pathlib.Path(scratch) / "one"
    floor = learn(sluice, base, domain, genuine)
    if floor is None or floor < 20:
        totals["without yardstick"].append(f"{domain} ({len(genuine)} messages, least {floor})")
    else:
        totals["senders"].append(domain)
        seen = judge(sluice, base, [transplant(genuine[0], content) for content in others])
        judged = [r for r in seen if r.get("template", {}).get("words", 0) >= 25]
        known = [r for r in judged if r["template"]["floor"] > 0]
        found = foreign(judged)
        totals["foreign"] += len(known)
        totals["found"] += len(found)
        totals["not judged"] += len(seen) - len(known)
        print(f"  {domain[:40]:40} {len(genuine):3} messages, floor {floor:3} %: foreign found {len(found)} of {len(known)}, "
              f"{len(judged) - len(known)} in a language that was not learned, {len(seen) - len(judged)} too short")
    wrong = 0
    for i, content in enumerate(genuine):
        rest = [c for c in genuine[:i] + genuine[i + 1:] if c != content]
        learn(sluice, base, domain, rest)
        wrong += len(foreign(judge(sluice, base, [content])))
    totals["genuine"] += len(genuine)
    totals["wrong"] += wrong
    if wrong:
        print(f"  {domain[:40]:40} {wrong} of {len(genuine)} genuine ones called foreign when left out")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sluice", default=str(ROOT / "build/dev/bin/sluice"))
    parser.add_argument("--shared", default=os.environ.get("SLUICE_SHARED", str(ROOT.parent / "shared")))
    parser.add_argument("--json")
    options = parser.parse_args()
    shared = pathlib.Path(options.shared)
    if not (shared / "corpus/manifest.tsv").exists():
        sys.exit(f"SKIPPED: no corpus under {shared}: 0 senders learned")
    groups = collections.defaultdict(list)
    phishing = []
    for row in load_mail(shared):
        content = (shared / "corpus" / row["path"]).read_bytes()
        if row["label"] == "phishing":
            phishing.append(content)
        elif row["label"].startswith("ham"):
            groups[sender_of(content).rpartition("@")[2]].append(content)
    chosen = sorted((s, g) for s, g in groups.items() if "." in s and len(g) >= LEAST_LEARNED)
    totals = {"senders": [], "without yardstick": [], "genuine": 0, "wrong": 0, "foreign": 0, "found": 0, "not judged": 0}
    print(f"{len(chosen)} sender domains with at least {LEAST_LEARNED} genuine messages")
    with tempfile.TemporaryDirectory(prefix="sluice-conformance-") as scratch:
        for number, (domain, genuine) in enumerate(chosen):
            step = max(1, len(phishing) // FOREIGN_EACH)
            others = phishing[number % step::step][:FOREIGN_EACH]
            others += [g[0] for s, g in chosen if s != domain][:FOREIGN_EACH]
            one_sender(options.sluice, domain, genuine, others, scratch, totals)
    for line in totals["without yardstick"]:
        print("  no yardstick: " + line)
    print(errors_line("genuine mail, left out", totals["wrong"], totals["genuine"], "called foreign"))
    print(errors_line("foreign bodies that can be judged", totals["foreign"] - totals["found"], totals["foreign"], "missed"))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(totals, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
