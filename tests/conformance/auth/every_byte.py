"""Messages signed by python3-dkim, with each single byte changed in turn. A change inside of a signed field's value or of
the hashed body must not pass; a change outside of what is signed still must. Every message is one case; what was
tried in each part is printed."""
import sys

from common import SEED, Suite, b64, crlf, out_of_scope, signed, signing_key_record

HEADER = [
    (True, b"From: Jane Doe <jane@example.com>\r\n"),
    (True, b"To: list@example.net\r\n"),
    (False, b"X-Unsigned: nobody vouches for this\r\n"),
    (True, b"Subject: A subject\r\n\tthat is folded\r\n"),
    (False, b"Comments: neither for that one\r\n"),
    (True, b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n"),
]
BODY = b"First line.\r\n\r\nSecond  line with\ttab.\r\nLast line.\r\n"
SIGNED = [b"from", b"to", b"subject", b"date"]


class EveryByte(Suite):
    def __init__(self):  # nothing is read from the suites
        self.name, self.cases_expected = "every-byte", 8
        self.lines, self.checks = [], []
        self.skipped = out_of_scope(self.name)
        self.passed = self.failed = self.left_out = 0


suite = EveryByte()


def rsa_key():
    """A key for this run only."""
    import subprocess
    pem = subprocess.run(["openssl", "genrsa", "-traditional", "2048"], capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=pem, capture_output=True, check=True).stdout
    return pem, {"name": "rsa._domainkey.example.com", "type": "TXT", "data": f"v=DKIM1; k=rsa; p={b64(der)}"}


def sign(message, algorithm, canon, length, pem):
    import base64
    import dkim
    ed = algorithm == b"ed25519-sha256"
    return dkim.sign(message, b"sel" if ed else b"rsa", b"example.com", base64.b64encode(SEED) if ed else pem,
                     signature_algorithm=algorithm, canonicalize=canon, include_headers=SIGNED, length=length, linesep=b"\r\n")


def parts(length):
    """(offset of the byte in the unsigned message, must the signature still pass)"""
    at = 0
    for is_signed, field in HEADER:
        colon = field.index(b":")
        for i in range(colon + 1, len(field) - 2):
            if field[i:i + 1] not in b"\r\n\t" and field[i - 1:i] != b"\n":  # not the folding: that would make other fields
                yield at + i, not is_signed
        at += len(field)
    at += 2
    for i in range(len(BODY) + (TAIL if length else 0)):
        yield at + i, i >= len(BODY)


TAIL = len(b"added by a list\r\n")


def changed(message, at):
    old = message[at]
    new = ord("x") if old not in b"xX" else ord("y")
    return message[:at] + bytes([new]) + message[at + 1:]


def add(name, algorithm, canon, length, pem, records):
    plain = b"".join(f for _, f in HEADER) + b"\r\n" + BODY
    field = sign(plain, algorithm, canon, length, pem)
    whole = plain + (b"added by a list\r\n" if length else b"")
    own = field.index(b":") + 1
    # None: as it is. "s" and an offset: within the signature's own field, all of which is signed.
    tried = [(None, True)] + list(parts(length))
    tried += [(f"s{i}", False) for i in range(own, len(field)) if field[i:i + 1] not in b" \t\r\n"]

    def message_of(at):
        if at is None:
            return field + whole
        if isinstance(at, str):
            return changed(field, int(at[1:])) + whole
        return field + changed(whole, at)

    wrong, counts, left = [], {True: 0, False: 0}, [len(tried)]
    for at, must_pass in tried:
        def check(answer, at=at, must_pass=must_pass):
            left[0] -= 1
            result = answer["dkim"][0]["result"]
            if (result == "pass") != must_pass:
                wrong.append(f"byte {at}: {result} ({answer['dkim'][0]['reason']})")
            if at is not None:
                counts[must_pass] += 1
            if left[0]:
                return False
            print(f"{name}: {counts[False]} changes in signed text, {counts[True]} outside of it")
            return "; ".join(wrong[:5]) or None
        suite.case(name if at is None else f"{name}#{at}", check, records, message_of(at))


pem, rsa_record = rsa_key()
records = [signing_key_record("example.com"), rsa_record]
for algorithm in (b"rsa-sha256", b"ed25519-sha256"):
    for canon in ((b"relaxed", b"relaxed"), (b"simple", b"simple"), (b"relaxed", b"simple")):
        name = f"{algorithm.decode()} {canon[0].decode()}/{canon[1].decode()}"
        add(name, algorithm, canon, False, pem, records)
    add(f"{algorithm.decode()} simple/simple l=", algorithm, (b"simple", b"simple"), True, pem, records)
suite.run()
