"""Messages for the tests: built, or read from tests/data."""
import base64
import hashlib
import random

from .process import ROOT

DATA = ROOT / "tests/data/samples"


def simple(subject="Minutes", body="See you at nine.\r\n", sender="alice@example.org", to="bob@example.net", extra=""):
    return (f"From: Alice <{sender}>\r\nTo: Bob <{to}>\r\nSubject: {subject}\r\nDate: Mon, 23 Nov 2026 09:00:00 +0000\r\n"
            f"Message-ID: <{hashlib.sha256((subject + body[:200]).encode()).hexdigest()[:16]}@example.org>\r\n{extra}"
            f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}").encode()


def tricky():
    """Dots at line starts, eight-bit octets, empty lines at the end, a long line, trailing blanks."""
    lines = ["..", ".", "...", "", ".hidden", "text. ", "\tindented \t", "grüße", "x" * 990, "", "", ". ", "From here", ""]
    return simple("Tricky", "\r\n".join(lines) + "\r\n")


def sized(octets, seed=1, line=76):
    """About that many octets with one base64 attachment of random content."""
    raw = random.Random(seed).randbytes(max(octets * 3 // 4 - 600, 100) * line // (line + 2))
    encoded = base64.b64encode(raw)
    body = b"\r\n".join(encoded[i:i + line] for i in range(0, len(encoded), line))
    return (b"From: Alice <alice@example.org>\r\nTo: Bob <bob@example.net>\r\nSubject: Plans " + str(octets).encode() +
            b"\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\nContent-Type: text/plain\r\n\r\n"
            b"The plans are attached.\r\n--cut\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
            b"Content-Disposition: attachment; filename=plans.bin\r\n\r\n" + body + b"\r\n--cut--\r\n")


def sample(name):
    """A mail of tests/data/samples, with CRLF line ends."""
    raw = (DATA / name).read_bytes()
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


OURS = (b"received", b"authentication-results", b"x-sluice")


def below_added(data, original):
    """(added header fields, rest): what Sluice prepended, and what must be the original, byte for byte."""
    if not data.endswith(original):
        return None, data
    return data[:len(data) - len(original)], original


def sha256(octets):
    return hashlib.sha256(octets).hexdigest()


def long_entra_scam():
    """The Entra scam with enough fixed text around it for its template to have a name (inspect/skeleton.hpp)."""
    return sample("entra_tenant_name_scam.eml").replace(b"Microsoft respects your privacy.", (
        "Microsoft respects your privacy. This mailbox is not monitored and cannot receive replies, so please write to the support team of "
        "your organization when something=\r\n in this message is not clear to you, or read the article on verification codes in the help center, "
        "which=\r\n explains in several languages how long a code stays valid and what to do when it has expired before it was used.").encode(), 1)
