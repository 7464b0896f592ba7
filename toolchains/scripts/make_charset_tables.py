#!/usr/bin/env python3
# Prints proxy/mime/charset_tables.inc: python3 toolchains/scripts/make_charset_tables.py > proxy/mime/charset_tables.inc
names=["iso8859-2","iso8859-3","iso8859-4","iso8859-5","iso8859-6","iso8859-7","iso8859-8","iso8859-10","iso8859-13","iso8859-14","iso8859-15","iso8859-16",
"cp874","cp1250","cp1251","cp1252","cp1253","cp1254","cp1255","cp1256","cp1257","cp1258","koi8-r","koi8-u","cp437","cp850","cp852","cp855","cp866","mac-roman","mac-cyrillic"]
print("// Upper halves (0x80-0xff) of the single-octet charsets as UTF-16 units, in the order of single_octet_set in charset.cpp.")
print("// 0xfffd: not assigned. Unassigned C1 positions of the Windows sets map to themselves, as browsers do.")
print("// Made from the mapping tables of the Unicode consortium by toolchains/scripts/make_charset_tables.py.")
for n in names:
    row=[]
    for b in range(128,256):
        try: c=bytes([b]).decode(n); v=ord(c)
        except UnicodeDecodeError: v = b if (n.startswith("cp12") or n=="cp874") and b<0xa0 else 0xfffd
        row.append(v)
    print("{  // "+n)
    for i in range(0,128,16): print("    "+", ".join("0x%04x"%v for v in row[i:i+16])+",")
    print("},")
