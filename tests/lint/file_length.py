"""Source files stay short: a word from 250 lines on, a failure from 500 on; functions at most 60 lines (a word), 100 (a failure)."""
import re

from common import CODE_FOLDERS, Report, code_only, files, line_of, read

WARN_LINES, MAX_LINES = 250, 500
WARN_FUNCTION, MAX_FUNCTION = 60, 100
EXCEPTIONS = {  # file -> reason
}
# A body: "name(...) qualifiers {" that is no control statement and no lambda argument.
BODY = re.compile(r"\b([A-Za-z_~][\w:~]*)\s*\([^;{}]*\)[^;{}()=]*\{")
CONTROL = {"if", "for", "while", "switch", "catch", "return", "sizeof", "defined"}


def bodies(code):
    position = 0
    while True:
        m = BODY.search(code, position)
        if not m:
            return
        if m[1] in CONTROL:
            position = m.end()
            continue
        depth, i = 1, m.end()
        while i < len(code) and depth:
            depth += {"{": 1, "}": -1}.get(code[i], 0)
            i += 1
        yield m[1], line_of(code, m.start()), code.count("\n", m.start(), i) + 1
        position = m.end() if m[1] in ("TEST_CASE", "SECTION") else i


report, checked, long_files, long_functions = Report(), 0, [], []
for name in files(".hpp", ".cpp", ".py", ".sh", folders=CODE_FOLDERS):
    text = read(name)
    lines = text.count("\n") + 1
    checked += 1
    if name not in EXCEPTIONS:
        if lines > MAX_LINES:
            report.add(name, 1, f"{lines} lines, at most {MAX_LINES}: split it by concern")
        elif lines > WARN_LINES:
            long_files.append(f"{name} {lines}")
    if name.endswith((".hpp", ".cpp")) and not name.startswith("tests/"):
        for function, line, length in bodies(code_only(text)):
            if length > MAX_FUNCTION:
                report.add(name, line, f"{function} has {length} lines, aim for {WARN_FUNCTION}")
            elif length > WARN_FUNCTION:
                long_functions.append(f"{name}:{line} {function} {length}")
for title, rows in ((f"over {WARN_LINES} lines", long_files), (f"functions over {WARN_FUNCTION} lines", long_functions)):
    print(f"note, {title}: {len(rows)}", *rows, sep="\n  ")
report.finish(checked, "files")
