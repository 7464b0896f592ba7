"""/api/v1/openapi.json tells what each route takes: every query value, form field and JSON member that a handler reads is
declared with its route (route_facts in proxy/status/http/route.hpp), and everything declared there has a reader.

Handlers are followed through the functions that get the request, or the JSON object made of it, by name: those of the same
file first, otherwise every one of that name. JSON members count for /api/ routes, form fields for the others.
"""
import re
from common import Report, code_only, files, line_of, read

# Read in a branch that this route never gets to: (method, pattern) -> names. Keep it short.
ELSEWHERE = {
    ("POST", "/api/v1/lists"): {"id", "who", "created", "hits"},  # lines of the file and of an import have them; add() drops them
    ("POST", "/lists/remove"): {"kind", "subject", "what", "days", "note"},  # the page with its other form is shown again
    ("POST", "/system/users/{name}/role"): {"name"},  # finish() words what happened to a new user
    ("POST", "/system/users/{name}/remove"): {"name"},
    ("POST", "/system/tokens/{id}/remove"): {"name"},
    ("POST", "/system/sessions/{id}/end"): {"name"},
    **{("POST", f"/system/{w}"): {"confirm"} for w in ("reboot", "mark-good", "mark-bad", "leave-safe-mode")},  # act() asks at factory-reset only
}
LINES = "application/x-ndjson"  # each line has the members of another route, which its summary names
STREAMED = {"file"}  # of a form that goes to a file: proxy/status/http/multipart.cpp looks for it
ALWAYS = {"csrf"}  # every form of a session; manage_openapi.cpp adds it
FOLDERS = ("firmware/gateway/manage", "firmware/gateway/records", "firmware/gateway/acme", "proxy/status")
READ = r"(query_value|form_values?)"
MEMBER = r"(if_contains|contains|at)"


def closing(code, at):
    """Offset of the bracket that closes the one at `at`; `code` has its literals blanked."""
    depth = 0
    for i in range(at, len(code)):
        depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(code[i], 0)
        if depth == 0:
            return i
    return len(code) - 1


def split(text):
    """Its parts between commas that are in no bracket."""
    code, out, depth, start = code_only(text), [], 0, 0
    for i, c in enumerate(code):
        depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(c, 0)
        if c == "," and depth == 0:
            out.append(text[start:i].strip())
            start = i + 1
    return out + [text[start:].strip()]


def literal(text, constants):
    """What a literal, several in a row, or the name of a constant says."""
    text = constants.get(text.strip(), text)
    return "".join(re.findall(r'"((?:\\.|[^"\\])*)"', text)).replace('\\"', '"')


class Source:
    def __init__(self, name):
        self.name, self.text = name, read(name)
        self.code = code_only(self.text)
        self.constants = {m[1]: self.text[m.start(2):m.end(2)] for m in re.finditer(r"^constexpr (?:const char\*|char) (\w+)(?:\[\])? =\s*([^;]+);", self.code, re.M)}
        self.functions = {}
        for m in re.finditer(r"^[\w:].*?\b(\w+)\([^;]*?\)[^;{}]*\{$", self.code, re.M):
            end = self.code.find("\n}", m.end())
            self.functions.setdefault(m[1], []).append((m.start(), end))
        # A function on one line, and lambdas with a name.
        for m in re.finditer(r"^[\w:].*?\b(\w+)\([^;{]*\)[^;{}]*\{.*\}$", self.code, re.M):
            self.functions.setdefault(m[1], []).append((m.start(), m.end()))
        for m in re.finditer(r"\bauto (\w+) = \[[^\]]*\]\s*(?:\([^)]*\))?[^{;]*\{", self.code):
            self.functions.setdefault(m[1], []).append((m.start(), closing(self.code, m.end() - 1)))


def names_in(source, start, end, wrappers):
    """(kind, name) that this piece reads, and the functions that it hands its request to."""
    reads, calls, text, code = set(), set(), source.text[start:end], source.code[start:end]
    for m in re.finditer(r"\b(\w+)\(", code):
        close = closing(code, m.end() - 1)
        given = split(text[m.end():close])
        kind = {"query_value": "query", "form_value": "form", "form_values": "form"}.get(m[1]) or ("json" if re.fullmatch(MEMBER, m[1]) else None)
        if kind:
            if given[0].startswith('"'):
                reads.add((kind, literal(given[0], {})))
            else:  # over a list of names
                for loop in re.finditer(r"for \((?:const )?(?:char\*|auto&?) " + re.escape(given[0]) + r" : \{([^}]*)\}", text):
                    reads |= {(kind, n) for n in re.findall(r'"(\w+)"', loop[1])}
            continue
        for wrapped in wrappers.get(m[1], ()):
            reads |= {(wrapped, literal(g, {})) for g in given if re.fullmatch(r'"\w+"', g)}
        if code[m.start() - 1] not in ".>" and re.search(r"(?<![\w.])\*?(q|r|o|rest|line|request)\b(?!\.(who|parameters))", code[m.end():close]):
            calls.add(m[1])
    return reads, calls


sources = {n: Source(n) for n in files(".cpp", folders=FOLDERS)}
# Functions that read the name they are given: name -> kinds.
wrappers = {}
for s in sources.values():
    for name, bodies in s.functions.items():
        for start, end in bodies:
            head = s.code[start:s.code.find("{", start)]
            for m in re.finditer(r"\b(query_value|form_values?|if_contains)\((\w+)\)", s.code[start:end]):
                if re.search(r"\b" + m[2] + r"\b", head):
                    wrappers.setdefault(name, set()).add({"query_value": "query", "if_contains": "json"}.get(m[1], "form"))


def reads_of(source, pieces):
    reads, seen, ahead = set(), set(), [(source, p) for p in pieces]
    while ahead:
        s, (start, end) = ahead.pop()
        if (s.name, start) in seen:
            continue
        seen.add((s.name, start))
        found, calls = names_in(s, start, end, wrappers)
        reads |= found
        for c in calls:
            if c in s.functions:
                ahead += [(s, p) for p in s.functions[c]]
            else:
                ahead += [(t, p) for t in sources.values() for p in t.functions.get(c, ())]
    return reads


def declared(text, constants):
    return [e.split(":")[0].rstrip("!") for e in literal(text, constants).split(";") if e and "/" not in e.split(":")[0]]


report, checked = Report(), 0
for s in sources.values():
    for m in re.finditer(r"\broutes\.add\(\{|\badd\((?=verb::|\")|\badd_action\((?=\")|\bweb_route \w+\{", s.code):
        end = closing(s.code, m.end() - 1)
        given = split(s.text[m.end():end])
        helper = m[0].strip("({")
        if helper.startswith("routes.add") or helper.startswith("web_route") or given[0].startswith("verb::"):
            method, pattern, about = given[0].rpartition("::")[2].strip("_").upper(), given[1], given[4] if len(given) > 4 else ""
        elif not given[0].startswith('"/'):
            continue  # some other add()
        else:
            method, pattern, about = "POST", given[0], given[2] if helper == "add_action" else given[1]
        if not pattern.startswith('"') and '"' not in about:
            continue  # inside of a helper
        checked += 1
        pattern = literal(pattern, {}) or pattern
        facts = split(about.strip("{}")) if about.startswith("{") else [about]
        query, body = (declared(facts[i], s.constants) if len(facts) > i else [] for i in (1, 2))
        pieces = [(m.end(), s.code.find("std::move", end) if helper.startswith("web_route") else end)]
        if helper in ("add", "add_action"):
            pieces += [p for name in (given[-1], helper) for p in s.functions.get(name, ()) if p[0] < m.start()]
        found = reads_of(s, pieces)
        kind = "json" if pattern.startswith("/api/") else "form"
        reads = {"query": {n for k, n in found if k == "query"}, "body": {n for k, n in found if k == kind} - ALWAYS if method not in ("GET", "DELETE") else set()}
        if len(facts) > 2 and LINES in facts[2]:
            reads["body"] = set()
        if helper.startswith("web_route"):
            body = [n for n in body if n not in STREAMED]
        for place, told in (("query", {n for n in query if not n.startswith("@")}), ("body", set(body))):
            missing = reads[place] if place == "body" or method == "GET" or kind == "json" else set()  # forms that are shown again ask for both
            for n in sorted(missing - told - ELSEWHERE.get((method, pattern), set())):
                report.add(s.name, line_of(s.text, m.start()), f"{method} {pattern} reads {n} ({place}): declare it with the route")
            for n in sorted(told - reads[place]):
                report.add(s.name, line_of(s.text, m.start()), f"{method} {pattern} declares {n} ({place}), which nobody reads")
report.finish(checked, "routes")
