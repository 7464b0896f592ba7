#!/usr/bin/env python3
"""Writes the seeds whose octets nobody would hit upon by chance, because they carry a checksum or a keyed hash:

    seeds.py            writes them into corpus/<target>/ beside this file
    seeds.py --check    says whether those there are the ones it would write (a test runs this)

The formats are described where they are read: trace_record.cpp, config/generations/record.cpp, status/links/token.cpp,
generations/parse_child.cpp.
"""
import base64
import hashlib
import hmac
import pathlib
import struct
import sys

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
NOW = 1_800_000_000


# ---- blocks of the trace ----
def fnv32(octets):
    h = 0x811C9DC5
    for b in octets:
        h = (h ^ b) * 0x01000193 & 0xFFFFFFFF
    return h


def leb(n):
    out = b""
    n &= (1 << 64) - 1
    while n >= 0x80:
        out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
    return out + bytes([n])


def zigzag(n):
    return leb(n << 1 if n >= 0 else (-n << 1) - 1)


def trace_line(delta, kind=0, outcome=0, action=0, reply=250, downstream=250, score=0, recipients=1, octets=1000, texts=()):
    """`texts`: fourteen of bytes, None for "as in the line before"."""
    out = zigzag(delta) + leb(kind) + leb(outcome) + leb(action) + leb(reply) + leb(downstream) + zigzag(score) + leb(recipients) + leb(octets)
    for t in list(texts) + [b""] * (14 - len(texts)):
        out += b"\x01" if t is None else b"\x00" if not t else leb(len(t) + 1) + t
    return out


def trace_block(lines, records=None, hidden=0, first=NOW, last=NOW, octets=None):
    payload = b"".join(lines)
    head = b"SLTRACE1" + struct.pack("<IIqqI", 40 + len(payload) if octets is None else octets, len(lines) if records is None else records, first, last, hidden)
    return head + struct.pack("<I", fnv32(head) ^ fnv32(payload)) + payload


MAIL = [b"0a1b2c", b"192.0.2.7", b"mail.example.org", b"TLSv1.3", b"alice@example.org", b"alice@example.org", b"bob@example.net", b"Minutes", b"", b"", b"2.0.0 OK",
        b"2.0.0 OK", b"10.0.0.5:25", b"paypal"]
BLOCKS = {
    "one-message": trace_block([trace_line(NOW, texts=MAIL)]),
    "texts-as-before": trace_block([trace_line(NOW, texts=MAIL)] + [trace_line(1, texts=[b"%06x" % i] + [None] * 13) for i in range(20)]),
    "every-kind": trace_block([trace_line(NOW if k == 0 else 1, kind=k, outcome=k, action=k % 5, reply=421, texts=[b"", b"2001:db8::%d" % k]) for k in range(6)]),
    "kind-beyond": trace_block([trace_line(NOW, kind=200, outcome=300, action=300, reply=70000)]),
    "clock-went-back": trace_block([trace_line(NOW), trace_line(-86400, score=-50)], last=NOW - 86400),
    "times-overflow": trace_block([trace_line(2**63 - 1), trace_line(2**63 - 1), trace_line(-2**63 + 1)]),
    "hidden": trace_block([trace_line(NOW, texts=[b"0a", b"192.0.2.7", b"", b"", b"h:k3vq7a2xk3vq7", b"", b"h:aaaaaaaaaaaaa h:bbbbbbbbbbbbb"])], hidden=3),
    "same-as-nothing": trace_block([trace_line(NOW, texts=[None] * 14)]),
    "text-too-long": trace_block([trace_line(NOW, texts=[b"x" * 300])]),
    "text-beyond-the-end": trace_block([trace_line(NOW) + b"", trace_line(1)[:-14] + leb(5000)]),
    "more-records-than-there-are": trace_block([trace_line(NOW)], records=1000),
    "fewer-records-than-there-are": trace_block([trace_line(NOW), trace_line(1)], records=1),
    "empty": trace_block([]),
    "number-without-end": trace_block([b"\xff" * 30], records=1),
    "two-blocks": trace_block([trace_line(NOW)]) + trace_block([trace_line(NOW + 1)]),
}


# ---- the record of generations, and the answer of the child that parses ----
def fnv64(octets):
    h = 0xCBF29CE484222325
    for b in octets:
        h = (h ^ b) * 0x100000001B3 & (1 << 64) - 1
    return h


def record(lines):
    text = b"sluice-generations 1\n" + b"".join(line.encode() + b"\n" for line in lines)
    return text + b"check %016x\n" % fnv64(text)


WAYS, RESULTS = ("file", "api", "page", "shell", "pull"), ("trying", "confirmed", "not-applied", "not-proven", "no-confirm", "taken-back", "interrupted")
HASH = "0123456789abcdef" * 4


def entry(number, before=0, serial=0, octets=900, way="file", what="confirmed", who="-", by="-", why="-", hash=HASH):
    return f"entry {number} {before} {serial} {octets} {NOW + number} {NOW + number + 60} {way} {what} {hash} {who} {by} {why}"


def texts(*words):
    return b"".join(b"%d:%s" % (len(w), w) for w in words)


RECORDS = {
    "first": record(["next 2", "confirmed 1", "candidate 0", "serial 0", f"file {HASH}", entry(1)]),
    "on-trial": record(["next 3", "confirmed 1", "candidate 2", "serial 7", "file -", entry(1), entry(2, 1, 7, way="page", what="trying", who="ann", why="3%20changes")]),
    "for-the-next-start": record(["next 3", "confirmed 1", "candidate 2", "serial 0", "file -", entry(1),
                                  f"entry 2 1 0 900 {NOW} 600 api trying {HASH} ann - -"]),
    "every-result": record(["next 9", "confirmed 2", "candidate 0", "serial 0", "file -"] +
                           [entry(i + 1, i, way=WAYS[i % 5], what=w, by="timer", why="no%20confirm%2c%0aand%20100%25") for i, w in enumerate(RESULTS)]),
    "two-on-trial": record(["next 3", "confirmed 0", "candidate 2", "serial 0", "file -", entry(1, what="trying"), entry(2, what="trying")]),
    "out-of-order": record(["next 9", "confirmed 0", "candidate 0", "serial 0", "file -", entry(5), entry(4)]),
    "names-too-long": record(["next 2", "confirmed 1", "candidate 0", "serial 0", "file -", entry(1, who="w" * 600, by="b" * 600, why="y" * 2000, hash="f" * 100)]),
    "bad-escapes": record(["next 2", "confirmed 0", "candidate 0", "serial 0", "file -", entry(1, who="%4", why="%zz")]),
    "numbers-too-large": record([f"next {2**64}", "confirmed 0", "candidate 0", "serial 0", "file -"]),
    "unknown-line": record(["next 1", "confirmed 0", "candidate 0", "serial 0", "file -", "colour red"]),
    "nothing-between": record([]),
    "many": record([f"next {200}", "confirmed 0", "candidate 0", "serial 0", "file -"] + [entry(i) for i in range(1, 200)]),
    "answer-good": b"",
    "answer-one-problem": texts(b"1", b"3", b"1", b"0", b"deadline.comand", b"unknown key", b"did you mean command?"),
    "answer-note": texts(b"1", b"0", b"0", b"1", b"listener", b"\xc3\xa4 \x00", b""),
    "answer-cut-off": texts(b"2", b"3", b"1", b"0", b"a", b"b", b"c"),
    "answer-too-many": texts(b"4000000000"),
}


# ---- signed links: key 1, 32 octets of 7, as the target has it ----
KEY = b"\x07" * 32


def keyed(purpose, octets):
    return hmac.new(KEY, purpose + b"\0" + octets, hashlib.sha256).digest()


def link(message, position=0, action=1, expires=NOW, recipient=b"bob@example.net", key=1, version=1):
    tag = keyed(b"sluice link recipient", recipient.lower())[:8]
    octets = bytes([version, key, action]) + position.to_bytes(2, "big") + expires.to_bytes(5, "big") + tag + message
    return base64.urlsafe_b64encode(octets + keyed(b"sluice link", octets)).rstrip(b"=")


LINKS = {
    "release": link(b"v3k2q7"),
    "delete": link(b"v3k2q7", 3, 2),
    "ask": link(b"v3k2q7", 65535, 3),
    "longest": link(b"m" * 40, expires=2**40 - 1),
    "unknown-action": link(b"v3k2q7", action=9),
    "unknown-key": link(b"v3k2q7", key=2),
    "unknown-version": link(b"v3k2q7", version=2),
    "no-message": link(b""),
    "padded": link(b"v3k2q") + b"=",
    "bits-left-over": link(b"v3k2q7")[:-1] + b"_",
}

# ---- heads of HTTP requests: nothing keyed, but the ways in which two servers may read one differently ----
REQUESTS = {name: head.replace(b"\n", b"\r\n") for name, head in {
    "page": b"GET /quarantine?q=a%20b&state=held HTTP/1.1\nHost: box:8443\nCookie: sluice=abc; other=1\nAccept-Encoding: gzip\n\n",
    "form": b"POST /config HTTP/1.1\nHost: box\nContent-Type: multipart/form-data; boundary=BB\nContent-Length: 12\n\n--BB--abcdef",
    "two-lengths": b"POST / HTTP/1.1\nHost: box\nContent-Length: 3\nContent-Length: 4\n\nabcd",
    "length-and-chunked": b"POST / HTTP/1.1\nHost: box\nContent-Length: 3\nTransfer-Encoding: chunked\n\n0\n\n",
    "folded-field": b"GET / HTTP/1.1\nHost: box\nX: a\n b\n\n",
    "blank-before-colon": b"GET / HTTP/1.1\nHost : box\n\n",
    "two-hosts": b"GET / HTTP/1.1\nHost: a\nHost: b\n\n",
    "absolute": b"GET http://box.example.com/ HTTP/1.1\nHost: box\n\n",
    "old": b"GET / HTTP/1.0\n\n",
    "dots": b"GET /etc/../../etc/passwd HTTP/1.1\nHost: box\n\n",
}.items()}

SEEDS = {"trace_block": BLOCKS, "generation_record": RECORDS, "status_link": LINKS, "status_request": REQUESTS}


def main():
    wrong = []
    for target, seeds in SEEDS.items():
        (CORPUS / target).mkdir(parents=True, exist_ok=True)
        for name, octets in seeds.items():
            file = CORPUS / target / name
            if "--check" not in sys.argv:
                file.write_bytes(octets)
            elif not file.exists() or file.read_bytes() != octets:
                wrong.append(str(file))
    if wrong:
        sys.exit("not as seeds.py would write them: " + " ".join(wrong))


if __name__ == "__main__":
    main()
