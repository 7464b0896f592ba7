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


def private_names(path):
    """What is declared in unnamed namespaces: {types and values}, {functions with the types of their parameters}, {their bare
    names}, {alias: its line}. A declaration of a namespace begins in the first column, members do not."""
    things, functions, bare, aliases = set(), set(), set(), {}
    for block in unnamed_blocks(plain(path)):
        for line in re.findall(r"^[A-Za-z_].*", block, re.M):
            if re.match(r"(using )?namespace\b", line):
                continue
            line = re.sub(r"<[^<>]*>", "", re.sub(r"<[^<>]*>", "", line))
            kind = TYPE.match(line)
            if line.startswith("using ") and kind:
                aliases[kind.group(1)] = line
                continue
            found = kind or NAME.search(line)
            if not found or found.group(1) in NOT_NAMES:
                continue
            if kind or line[found.end() - 1:found.end()] != "(":
                things.add(found.group(1))
            else:
                types = [re.sub(r"\W*\w+$", "", p.strip()) for p in line[found.end():].split(")")[0].split(",")]
                functions.add(f"{found.group(1)}({', '.join(types)})")
                bare.add(found.group(1))
    return things, functions, bare, aliases


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
    taken, types = {}, {}
    for place in PLACES:
        for source in sorted((ROOT / place).rglob("*.cpp")):
            things, functions, bare, aliases = private_names(source)
            module = module_of(source)
            used_things, used_functions, used_bare, used_aliases = taken.setdefault(module, (set(), set(), set(), {}))
            if module not in types:
                types[module] = core | declared_types(module)
            # The same alias twice is no clash, another one of that name is.
            other = {a for a, line in aliases.items() if used_aliases.get(a, line) != line or a in used_things | used_bare | types[module]}
            other |= (things | bare) & used_aliases.keys()
            clash = other | (things & (used_things | used_bare | types[module])) | (functions & used_functions)
            clash |= bare & (used_things | types[module])
            if clash:
                print(source.relative_to(ROOT), *(sorted(clash) if "--why" in sys.argv else ()))
            else:
                used_things |= things
                used_functions |= functions
                used_bare |= bare
                used_aliases |= aliases


if __name__ == "__main__":
    main()
