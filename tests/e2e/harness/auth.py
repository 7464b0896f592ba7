"""Sender authentication against unbound: zones, signed mail, and a Sluice that asks them."""
import base64
import re
import ssl
import subprocess
import urllib.request

from harness import mails
from harness.case import E2E

try:
    import dkim
    import nacl.signing
except ImportError:
    dkim = None

SEED = b"end-to-end tests of authentication"[:32]


def public():
    return base64.b64encode(bytes(nacl.signing.SigningKey(SEED).verify_key)).decode()


ZONES = """
local-zone: "test." static
local-data: 'good.test. 300 IN TXT "v=spf1 ip4:127.0.0.0/8 -all"'
local-data: '_dmarc.good.test. 300 IN TXT "v=DMARC1; p=reject"'
local-data: 'sel._domainkey.good.test. 300 IN TXT "v=DKIM1; k=ed25519; p={key}"'
local-data: 'strict.test. 300 IN TXT "v=spf1 -all"'
local-data: '_dmarc.strict.test. 300 IN TXT "v=DMARC1; p=reject"'
local-data: 'sel._domainkey.strict.test. 300 IN TXT "v=DKIM1; k=ed25519; p={key}"'
local-data: 'open.test. 300 IN TXT "v=spf1 ip4:127.0.0.0/8 -all"'
local-zone: "silent.test." deny
local-zone: "dnsbl.test." redirect
local-data: 'dnsbl.test. 300 IN A 127.0.0.2'
local-data: 'evil-host.com.hosts.test. 300 IN A 127.0.1.2'
local-zone: "microsoftonline.com." static
local-data: 'microsoftonline.com. 300 IN TXT "v=spf1 ip4:127.0.0.0/8 -all"'
local-data: '_dmarc.microsoftonline.com. 300 IN TXT "v=DMARC1; p=none"'
local-zone: "paypal.com." static
local-data: 'paypal.com. 300 IN TXT "v=spf1 ip4:192.0.2.1 -all"'
local-data: '_dmarc.paypal.com. 300 IN TXT "v=DMARC1; p=none"'
local-zone: "com." static
local-zone: "example." static
local-zone: "org." static
local-zone: "localhost." static
local-data: 'localhost. 300 IN A 127.0.0.1'
"""


def mail(domain, body="See you at nine.\r\n", extra=""):
    return mails.simple("Minutes", body, f"alice@{domain}", extra=extra)


def signed(message, domain):
    """With a DKIM-Signature by python3-dkim on top."""
    field = dkim.sign(message, b"sel", domain.encode(), base64.b64encode(SEED), signature_algorithm=b"ed25519-sha256",
                      canonicalize=(b"relaxed", b"relaxed"), include_headers=[b"from", b"to", b"subject", b"date"], linesep=b"\r\n")
    return field + message


def results(transaction):
    """The Authentication-Results field on top, unfolded."""
    m = re.search(rb"(?m)^Authentication-Results: ([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", transaction.data)
    return re.sub(rb"\r\n[ \t]+", b" ", m[1]).decode() if m else ""


class Auth(E2E):
    def page_of(self, s, port):
        """Fetches paths of the status page as its owner."""
        token = (s.folder / "data/status.token").read_text().strip()
        context = ssl._create_unverified_context()

        def page(path):
            request = urllib.request.Request(f"https://127.0.0.1:{port}{path}", headers={"Authorization": "Bearer " + token})
            with urllib.request.urlopen(request, context=context, timeout=20) as answer:
                return answer.read().decode()
        return page

    def start(self, server, auth=None, **config):
        table = {"dns": {"servers": [server], "try_timeout": "500ms"}, "auth": {"enabled": True, **(auth or {})}, **config}
        return self.pair(table)

    def send(self, s, content, sender="alice@good.test", code=250):
        with s.client() as c:
            c.ehlo("mail.sender.example")
            reply = c.mail(content, sender=sender)
            self.assertEqual(reply.code, code, repr(reply))
            c.quit()
        return reply

    def one(self, s, sink, content, sender="alice@good.test"):
        """Sent and accepted: (Authentication-Results, log event)."""
        before = len(sink.accepted)
        self.send(s, content, sender)
        transaction = sink.wait_accepted(before + 1)[-1]
        return results(transaction), s.events("message")[-1]

    def seal(self):
        """Settings that seal as seal.test; the key is RSA, which python3-dkim can verify in ARC."""
        key = self.folder / "seal.key"
        if not key.exists():
            subprocess.run(["openssl", "genrsa", "-traditional", "-out", str(key), "2048"], check=True, capture_output=True)
            key.chmod(0o600)
        der = subprocess.run(["openssl", "rsa", "-in", str(key), "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
        record = "v=DKIM1; k=rsa; p=" + base64.b64encode(der).decode()
        return {"seal_domain": "seal.test", "seal_selector": "sel", "seal_key": str(key)}, record
