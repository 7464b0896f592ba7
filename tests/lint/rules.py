"""Every rule of the table is reported somewhere, has its id in the order of its enumerator, and stands in the documents."""
import re

from common import Report, code_only, files, line_of, read

TABLE, NAMES, DOC = "proxy/inspect/rules.cpp", "proxy/inspect/rules.hpp", "firmware/docs/metrics.md"
report = Report()
names, table = read(NAMES), read(TABLE)
enumerators = re.findall(r"^\s*(\w+),", re.search(r"enum class rule\b[^{]*\{(.*?)count_", names, re.S)[1], re.M)
ids = re.findall(r'^\s*\{"([a-z-]+)", "', re.search(r"rule_info table\[\] = \{(.*?)\n\};", table, re.S)[1], re.M)
for name, id_ in zip(enumerators, ids):
    if name.replace("_", "-") != id_:
        report.add(TABLE, line_of(table, table.find(f'"{id_}"')), f"the row {id_} stands where rule::{name} should")
# Reported: named in a call that adds a finding, or as the result of choosing one.
reported = set()
for path in files(".cpp", ".hpp", folders=("proxy",)):
    if path in (TABLE, NAMES):
        continue
    reported.update(i.replace("-", "_") for i in re.findall(r'\badd\(\w+, "([a-z-]+)"', read(path)))  # auth, which does not know the table
    text = code_only(read(path))
    reported.update(re.findall(r"\badd(?:_finding)?\([^;]*?\brule::(\w+)", text))
    reported.update(re.findall(r"\breturn rule::(\w+)", text))
    reported.update(re.findall(r"[?:] rule::(\w+)", text))
documented = set(re.findall(r"^- `([a-z-]+)`: ", read(DOC), re.M))
for name in enumerators:
    at = line_of(names, names.find(f"  {name},"))
    if name not in reported:
        report.add(NAMES, at, f"nothing reports rule::{name}: add_finding(..., rule::{name}, ...)")
    if name.replace("_", "-") not in documented:
        report.add(NAMES, at, f"{DOC} does not list {name.replace('_', '-')}")
report.finish(len(enumerators), "rules")
