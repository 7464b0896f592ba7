"""Every key that a sender profile may have is a row in firmware/docs/profiles.md, and no other is there."""
import re

from common import Report, line_of, read

READER, DOC = "firmware/profiles/profile_loader.cpp", "firmware/docs/profiles.md"
TABLES = {"identity", "subject", "display_name", "body_slot", "skeleton"}  # headings, no rows
report = Report()
code, doc = read(READER), read(DOC)
known = set()
for m in re.finditer(r"\bonly\([^{]*\{([^}]*)\}", code):
    known |= set(re.findall(r'"(\w+)"', m[1]))
rows = set(re.findall(r"^\| `(\w+)` \| [^|]*\w[^|]* \| [^|]*\w[^|]* \|$", doc, re.M))
for key in sorted(known - rows - TABLES):
    report.add(READER, line_of(code, code.find(f'"{key}"')), f"the key {key} has no row in {DOC}: | `{key}` | type | meaning |")
for key in sorted(rows - known):
    report.add(DOC, line_of(doc, doc.find(f"| `{key}` |")), f"no profile may have the key {key}")
for table in sorted(TABLES & known):
    if not re.search(rf"^## .*`\[+{table}\]+`", doc, re.M):
        report.add(READER, line_of(code, code.find(f'"{table}"')), f"{DOC} has no heading for [{table}]")
report.finish(len(known), "keys")
