"""The sans-I/O parts use no Asio, sockets, clocks, threads, files or exceptions, and hold no unbounded containers."""
import re

from common import Report, code_only, files, line_of, read
from edges import SANS_IO, SANS_IO_FILES

INCLUDES = re.compile(
    r"^\s*#\s*include\s+<(boost/asio[^>]*|boost/beast[^>]*|sys/[^>]*|netinet/[^>]*|arpa/[^>]*|unistd\.h|fcntl\.h|poll\.h"
    r"|thread|mutex|condition_variable|future|fstream|filesystem|iostream|cstdio|time\.h|regex"
    r"|unordered_map|unordered_set|map|set|list|deque|queue|toml\+\+[^>]*)>", re.M)
WORDS = [
    (r"\b\w*clock::now\b", "a clock: time is a parameter"),
    (r"\bthrow\b", "throw: return an error value (style section 8)"),
    (r"\bstd::(?:thread|mutex|atomic_flag|ofstream|ifstream)\b", "threads and files belong to the I/O shell"),
    (r"\b(?:fopen|std::time|gettimeofday|clock_gettime|getenv|printf)\s*\(", "no system calls here"),
]
# Parts of a starred module that run before the first message: they read a configuration once, then are constant.
SET_UP_ONLY = {
    "proxy/inspect": "the rule set is compiled once from the configuration",
    "proxy/auth": "key material and trust lists are built once",
}

EXCEPTIONS = {  # file -> reason
    "proxy/relay/capability_book.hpp": "one book for all event loops: a lock, held for a copy",
}

report, checked = Report(), 0
for name in files(".hpp", ".cpp"):
    parts = name.split("/")
    if not (parts[0] == "proxy" and parts[1] in SANS_IO) and not name.startswith(tuple(SANS_IO_FILES)):
        continue
    checked += 1
    if name in EXCEPTIONS:
        continue
    text = read(name)
    for m in INCLUDES.finditer(text):
        container = m[1] in ("unordered_map", "unordered_set", "map", "set", "list", "deque", "queue")
        if container and "/".join(parts[:2]) in SET_UP_ONLY:
            continue
        report.add(name, line_of(text, m.start(1)), f"<{m[1]}> in a sans-I/O part")
    code = code_only(text)
    for pattern, why in WORDS:
        for m in re.finditer(pattern, code):
            report.add(name, line_of(code, m.start()), f"{m[0].strip()}: {why}")
report.finish(checked, "sans-I/O files")
