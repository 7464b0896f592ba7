"""Messages signed by two independent signers, python3-dkim and OpenDKIM, with each single byte changed in turn. A change
inside of a signed field's value or of the hashed body must not pass; a change outside of what is signed still must.
Every message is one case; what was tried in each part is printed."""
import base64
import subprocess
import sys

from common import ROOT, SEED, Suite, b64, out_of_scope, signing_key_record

sys.path.insert(0, str(ROOT / "tests"))
from support import opendkim  # noqa: E402

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
        self.name, self.cases_expected = "every-byte", 18
        self.lines, self.checks = [], []
        self.skipped = out_of_scope(self.name)
        self.passed = self.failed = self.left_out = 0


suite = EveryByte()


def rsa_key():
    """A key for this run only."""
    pem = subprocess.run(["openssl", "genrsa", "-traditional", "2048"], capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=pem, capture_output=True, check=True).stdout
    return pem, {"name": "rsa._domainkey.example.com", "type": "TXT", "data": f"v=DKIM1; k=rsa; p={b64(der)}"}


def ed25519_pem():
    """The key of SEED as PKCS#8 (RFC 8410 7)."""
    der = bytes.fromhex("302e020100300506032b657004220420") + SEED
    return b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(der) + b"\n-----END PRIVATE KEY-----\n"


class PythonDkim:
    name = "python3-dkim"

    def sign(self, message, algorithm, canon, length, pem):
        import dkim
        ed = algorithm == b"ed25519-sha256"
        return dkim.sign(message, b"sel" if ed else b"rsa", b"example.com", base64.b64encode(SEED) if ed else pem,
                         signature_algorithm=algorithm, canonicalize=canon, include_headers=SIGNED, length=length, linesep=b"\r\n")


class OpenDkim:
    name = "OpenDKIM"

    def __init__(self, lib):
        self.lib = lib

    def sign(self, message, algorithm, canon, length, pem):
        ed = algorithm == b"ed25519-sha256"
        signer = opendkim.OpenDkim(self.lib, sign_length=length)
        signer.sign_fields(SIGNED, [b"from"])  # oversigned: a second From breaks it
        forms = [opendkim.RELAXED if c == b"relaxed" else opendkim.SIMPLE for c in canon]
        return signer.sign(message, ed25519_pem() if ed else pem, b"sel" if ed else b"rsa", b"example.com",
                           opendkim.ED25519_SHA256 if ed else opendkim.RSA_SHA256, *forms)


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


def add(signer, name, algorithm, canon, length, pem, records):
    name = f"{signer.name} {name}"
    plain = b"".join(f for _, f in HEADER) + b"\r\n" + BODY
    field = signer.sign(plain, algorithm, canon, length, pem)
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
signers = [PythonDkim()]
library = opendkim.load()
if library is None:
    print("SKIPPED: 8 cases signed by OpenDKIM: its library is not installed (opendkim-tools)")
else:
    signers.append(OpenDkim(library))
for signer in signers:
    for algorithm in (b"rsa-sha256", b"ed25519-sha256"):
        # OpenDKIM 2.11 does not verify its own Ed25519 signatures over headers in the simple form, nor does anybody else.
        forms = [(b"relaxed", b"relaxed"), (b"relaxed", b"simple"), (b"simple", b"simple"), (b"simple", b"relaxed")]
        if signer.name == "OpenDKIM" and algorithm == b"ed25519-sha256":
            forms = forms[:2]
        for canon in forms:
            add(signer, f"{algorithm.decode()} {canon[0].decode()}/{canon[1].decode()}", algorithm, canon, False, pem, records)
        canon = forms[min(2, len(forms) - 1)]
        add(signer, f"{algorithm.decode()} {canon[0].decode()}/{canon[1].decode()} l=", algorithm, canon, True, pem, records)
suite.run()
