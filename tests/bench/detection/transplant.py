#!/usr/bin/env python3
"""What if this text came through a service: lures and honest mail of the corpus under another sender's From.

usage: transplant.py [--sluice PATH] [--shared DIR] [--from ADDRESS ...]

Reads DIR/corpus. Each message of phishing, ham-notification and ham-general keeps its display name, subject and body and gets
the address of a service; what it says about itself elsewhere (Sender, List-Unsubscribe) is taken out. Default addresses: a
ticket desk (a platform, whose customers write the mail), an investment firm (whose whole mail was somebody else's once) and
an automatic sender that no profile knows.

Nothing of this is real mail: plain phishing names goods and brands that nobody sends through such services, and a shop's own
newsletter under a stranger's address is impersonation. The figures say how far the rules reach beyond the wording they
were written on, hundreds of texts at a time, and what a change of weights costs. Both halves as in detection.py; no case of
the held half is shown, and none of either is printed.
"""
import argparse
import os
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from conformance import scan, split  # noqa: E402
from detection import ROOT, errors_line, load_mail  # noqa: E402

SENDERS = ("support@brightdesk.zendesk.com", "support@e.betterment.com", "noreply@mail.brightapp.example")
LABELS = ("phishing", "ham-notification", "ham-general")


def transplanted(content, address):
    header, _, body = split(content.replace(b"\r\n", b"\n"))
    header += b"\n"
    named = re.search(rb"^From:((?:.*\n)(?:[ \t].*\n)*)", header, re.I | re.M)
    name = re.match(rb"(?s)(.*)<[^>]*>\s*$", named.group(1).strip()) if named else None
    header = re.sub(rb"^(From|Sender|List-Unsubscribe):(?:.*\n)(?:[ \t].*\n)*", b"", header, flags=re.I | re.M)
    shown = name.group(1).strip() + b" " if name else b""
    return b"From: " + shown + b"<" + address.encode() + b">\n" + header.rstrip(b"\n") + b"\n\n" + body


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sluice", default=str(ROOT / "build/dev/bin/sluice"))
    parser.add_argument("--shared", default=os.environ.get("SLUICE_SHARED", str(ROOT.parent / "shared")))
    parser.add_argument("--from", dest="senders", nargs="+", default=SENDERS)
    options = parser.parse_args()
    shared = pathlib.Path(options.shared)
    if not (shared / "corpus/manifest.tsv").exists():
        sys.exit(f"SKIPPED: no corpus under {shared}: 0 messages judged")
    rows = [row for row in load_mail(shared) if row["label"] in LABELS]
    with tempfile.TemporaryDirectory(prefix="sluice-transplant-") as scratch:
        base = pathlib.Path(scratch)
        (base / "profiles").mkdir()
        for address in options.senders:
            folder = base / re.sub(r"\W", "_", address)
            folder.mkdir()
            for i, row in enumerate(rows):
                (folder / f"{i}.eml").write_bytes(transplanted((shared / "corpus" / row["path"]).read_bytes(), address))
            judged = {int(pathlib.Path(r["file"]).stem): r["verdict"] for r in scan(options.sluice, base / "profiles", folder) if "error" not in r}
            if len(judged) != len(rows):
                sys.exit(f"only {len(judged)} of {len(rows)} messages were judged")
            stopped = {i for i, verdict in judged.items() if verdict in ("quarantine", "reject")}
            print(f"\nunder {address}")
            for half, name in ((0, "development"), (1, "held")):
                for label in LABELS:
                    chosen = [i for i, row in enumerate(rows) if row["label"] == label and row["held"] == half]
                    print("  " + errors_line(f"{label}, {name} half", len(stopped.intersection(chosen)), len(chosen), "quarantined"))


if __name__ == "__main__":
    main()
