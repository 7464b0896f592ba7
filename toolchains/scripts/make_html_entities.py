#!/usr/bin/env python3
# Prints proxy/mime/html_entities.inc from Python's copy of the WHATWG list:
#   python3 toolchains/scripts/make_html_entities.py > proxy/mime/html_entities.inc
import html.entities

names = sorted({n.rstrip(";") for n in html.entities.html5})
print("// Named character references (WHATWG HTML 13.5), sorted: length of name (+0x80: also valid without ';'), name,")
print("// length of the text, text in UTF-8. Made by toolchains/scripts/make_html_entities.py.")
offsets, at = [], 0
print("constexpr char entity_blob[] =")
for n in names:
    text = html.entities.html5[n + ";"].encode("utf-8")
    legacy = n in html.entities.html5
    head = len(n) | (0x80 if legacy else 0)
    esc = "".join("\\%03o" % b for b in text)
    print('    "\\%03o" "%s" "\\%03o" "%s"' % (head, n, len(text), esc))
    offsets.append(at)
    at += 2 + len(n) + len(text)
print(";")
print("constexpr std::uint16_t entity_at[] = {")
for i in range(0, len(offsets), 18):
    print("    " + ", ".join(str(o) for o in offsets[i:i + 18]) + ",")
print("};")
