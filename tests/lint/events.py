"""Every event of the log is in firmware/docs/events.md and no other; so are the fields of the event `message`, one for one."""
import re

from common import Report, files, line_of, read

DOC, MESSAGE = "firmware/docs/events.md", "firmware/gateway/records/message_log.cpp"
report = Report()


def calls(text):
    """(offset, arguments) of each log::line(...)."""
    for m in re.finditer(r"\blog::line(?:\s+\w+)?\(", text):
        depth, i = 1, m.end()
        while i < len(text) and depth:
            depth += {"(": 1, ")": -1}.get(text[i], 0)
            i += 1
        yield m.start(), text[m.end():i - 1]


told = {}
for name in files(".cpp", ".hpp", folders=("proxy", "firmware", "config", "hal")):
    text = read(name)
    for offset, arguments in calls(text):
        for event in re.findall(r'"([a-z][a-z0-9-]*)"', arguments):
            told.setdefault(event, (name, line_of(text, offset)))
doc = read(DOC)
fields_part, _, events_part = doc.partition("\n## All events\n")
described = set(re.findall(r"^\| `([a-z0-9-]+)` \| [^|]*\w[^|]* \| [^|]*\w[^|]* \|$", events_part, re.M))
for event in sorted(set(told) - described):
    report.add(*told[event], f"the event {event} has no row in {DOC} (All events): | `{event}` | level | what |")
for event in sorted(described - set(told)):
    report.add(DOC, line_of(doc, doc.find(f"| `{event}` |")), f"nobody logs the event {event}")

code = read(MESSAGE)
fields = set(re.findall(r'\.with(?:_json)?\("(\w+)"', code))
rows = set(re.findall(r"^\| `(\w+)` \| (?:text|number|list) \|", fields_part, re.M))
for field in sorted(fields - rows):
    report.add(MESSAGE, line_of(code, code.find(f'"{field}"')), f"the field {field} of the event message has no row in {DOC}")
for field in sorted(rows - fields):
    report.add(DOC, line_of(doc, doc.find(f"| `{field}` |")), f"the event message has no field {field}")
report.finish(len(told) + len(fields), "events and fields")
