"""No capturing lambda and no braced temporary within a co_await expression: name it first.

g++ 12 destroys such temporaries twice, silently (the minimal cases are in tests/unit/net when the compiler has the bug;
clang and later g++ do not). The lint reads each co_await up to the end of its full expression.
"""
import re
import sys

from common import Report, code_only, files, line_of, read

LAMBDA = re.compile(r"(?<![\w\])])\[\s*([^\[\]\s][^\[\]]*)\]\s*(?:\(|\{|mutable\b|<)")
HARMLESS = ("else", "do", "try", "milliseconds", "seconds", "minutes")  # keywords, and types without a destructor
BRACED = re.compile(r"\b([A-Za-z_][\w:]*(?:<[^<>;{}]*>)?)\s*\{")


def expression(code, start):
    """From a co_await to the ; , ) or } that ends its full expression."""
    depth, i = 0, start
    while i < len(code):
        c = code[i]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth < 0:
                break
        elif c == ";" and depth == 0:
            break
        i += 1
    return code[start:i]


def enclosing_start(code, offset):
    """Back to the start of the statement: arguments before the co_await are temporaries of the same expression."""
    return max(code.rfind(c, 0, offset) for c in ";{}") + 1


def offences(text):
    code = code_only(text)
    for m in re.finditer(r"\bco_await\b", code):
        start = enclosing_start(code, m.start())
        if re.match(r"\s*(?:if|while|for|switch)\s*\($", code[start:m.start()].rstrip() or " "):
            start = m.start()
        whole = code[start:m.start()] + expression(code, m.start())
        for bad in LAMBDA.finditer(whole):
            yield line_of(code, m.start()), f"capturing lambda [{bad[1].strip()}] inside a co_await expression: name it first"
        for bad in BRACED.finditer(whole):
            if bad[1].split("::")[-1] not in HARMLESS:
                yield line_of(code, m.start()), f"temporary {bad[1]}{{...}} inside a co_await expression: name it first"


def self_test():
    bad = ["co_await f([x]{ return x; });", "auto r = co_await f(options{1, 2});", "co_await asio::async_initiate<T>([&s](auto h) {}, t);",
           "x(co_await f(std::vector<int>{1}));", "if (auto n = co_await f([=] { return 1; })) {}"]
    good = ["auto o = options{1}; co_await f(std::move(o));", "co_await f([] { return 1; });", "auto [ec, n] = co_await s.read(b[i], use);",
            "a[i] = co_await f(g(x)); h(T{1});", "// co_await f(T{1})\nco_await f(\"T{1}\");", "while (true) { auto x = T{1}; co_await f(x); }",
            "co_await f(buffers[i](0));"]
    for text in bad:
        assert list(offences(text)), f"the lint misses: {text}"
    for text in good:
        assert not list(offences(text)), f"the lint refuses: {text}: {list(offences(text))}"


if __name__ == "__main__":
    self_test()
    report, checked = Report(), 0
    for name in files(".hpp", ".cpp"):
        text = read(name)
        checked += 1
        for line, what in offences(text):
            report.add(name, line, what)
    report.finish(checked, "sources")
