#!/usr/bin/env python3
"""Prints the sources that cannot be compiled as one with others of their module, a path a line.

A build for a board compiles sixteen files as one (CMAKE_UNITY_BUILD): it takes a quarter of the time. What a file keeps to
itself in an unnamed namespace is then seen by its neighbours, so of two files that use the same private name one stands
alone; so does a file whose private name is also that of something declared in a header.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACES = ("proxy", "config", "hal", "firmware")
TEXTS = re.compile(r'R"(\w*)\((?:.|\n)*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*(?:.|\n)*?\*/')
TYPE = re.compile(r"\b(?:struct|class|enum(?:\s+class)?|union|using|concept)\s+(\w+)")
NAME = re.compile(r"(\w+)\s*(?:\(|=|\{|;|\[|$)")
NOT_NAMES = {"if", "for", "while", "switch", "return", "sizeof", "alignas", "decltype", "noexcept", "static_assert", "operator", "requires",
             "template", "const", "override", "final", "default"}


def plain(path):
    """The text without comments and literals."""
    return TEXTS.sub(lambda m: '""' if m.group(0)[0] in "\"'R" else " ", path.read_text())


def unnamed_blocks(text):
    for begin in re.finditer(r"\bnamespace\s*\{", text):
        depth, at = 1, begin.end()
        while depth and at < len(text):
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        yield text[begin.end():at - 1]


def private_names(text):
    """What is declared in unnamed namespaces, {name: "" or an alias's line or "(types of a function's parameters)"}. A
    declaration of a namespace begins in the first column, members do not."""
    names = {}
    for block in unnamed_blocks(text):
        for line in re.findall(r"^[A-Za-z_].*", block, re.M):
            if re.match(r"(using )?namespace\b|using \w+::", line):
                continue
            line = re.sub(r"<[^<>]*>", "", re.sub(r"<[^<>]*>", "", line))
            kind = TYPE.match(line)
            found = kind or NAME.search(line)
            if found and found.group(1) not in NOT_NAMES | {"struct", "class", "enum"}:
                names[found.group(1)] = line if line.startswith("using ") else ""
                names |= {n: "" for n in re.findall(r", (\w+) =", line) if not kind}
                if not kind and line[found.end() - 1:found.end()] == "(":
                    types = (re.sub(r"\W*\w+$", "", p.strip()) for p in line[found.end():].split(")")[0].split(","))
                    names[found.group(1)] = f"({', '.join(types)})"
    return names


def called_names(text):
    """What is called without a qualification: a neighbour's private function of that name would be found for it."""
    brought_in = re.findall(r"^using [\w:]+::(\w+);", text, re.M)
    return set(re.findall(r"(?<![\w.>:])([a-z_]\w*)\(", text)) | set(brought_in)


def clashes(kind, other):
    """Whether two private things of one name stand in each other's way: overloads and the same alias twice do not."""
    if kind.startswith("using ") and kind == other:
        return False
    return not (kind.startswith("(") and other.startswith("(") and kind != other)


def declared_types(folder):
    """Types that a module's headers declare in its namespace."""
    names = set()
    for header in folder.rglob("*.hpp"):
        names.update(re.findall(r"^(?:struct|class|enum class|enum|using) (\w+)", plain(header), re.M))
    return names


def module_of(source):
    folder = source.parent
    while not (folder / "CMakeLists.txt").exists():
        folder = folder.parent
    return folder


def main():
    core = declared_types(ROOT / "proxy/core")
    types = {}  # of a module's headers
    taken = {}  # of a module: private names so far, and what was called or brought in by `using` so far
    for place in PLACES:
        for source in sorted((ROOT / place).rglob("*.cpp")):
            text = plain(source)
            private, calls, module = private_names(text), called_names(text), module_of(source)
            if module not in types:
                types[module], taken[module] = core | declared_types(module), ({}, set())
            theirs, called = taken[module]
            clash = {n for n in private if n in theirs and any(clashes(private[n], kind) for kind in theirs[n])} | (private.keys() & types[module])
            clash |= {n for n in private if n in called and n not in theirs} | {n for n in calls if n in theirs and n not in private}
            if clash:
                print(source.relative_to(ROOT), *(sorted(clash) if "--why" in sys.argv else ()))
            else:
                for name, kind in private.items():
                    theirs.setdefault(name, set()).add(kind)
                called |= calls - private.keys()


if __name__ == "__main__":
    main()
