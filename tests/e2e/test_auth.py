"""Sender authentication over a real resolver: `sluice auth` asks unbound (Debian's, unprivileged, with zones of its own)
by UDP and TCP, and meets silence, refusal and a dead port."""
import base64
import json
import subprocess
import time
import unittest

from harness import net
from harness.process import PROGRAM
from harness.unbound import UNBOUND, Unbound

# RFC 8463 appendix A.3
SIGNED = (
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\nFrom: Joe SixPack <joe@football.example.com>\r\n"
    "To: Suzie Q <suzie@shopping.example.net>\r\nSubject: Is dinner ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\nMessage-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\n"
    "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n")

ZONES = """
local-zone: "example.com." static
local-data: 'football.example.com. 300 IN TXT "v=spf1 ip4:192.0.2.1 include:_spf.example.com -all"'
local-data: '_spf.example.com. 300 IN TXT "v=spf1 a:alias.example.com ?all"'
local-data: 'alias.example.com. 300 IN A 192.0.2.77'
local-data: '_dmarc.football.example.com. 300 IN TXT "v=DMARC1; p=reject"'
local-data: 'brisbane._domainkey.football.example.com. 300 IN TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="'
local-data: 'long.example.com. 300 IN TXT "v=spf1 " {long} "ip4:192.0.2.9 -all"'
local-zone: "silent.example." deny
local-zone: "refused.example." refuse
local-zone: "com." static
local-zone: "example." transparent
local-zone: "broken.example." static
"""


def auth(server, *lines, timeout=20):
    done = subprocess.run([PROGRAM, "auth", "--batch", "--server", server, "--timeout", str(timeout)],
                          input="".join(json.dumps(x) + "\n" for x in lines).encode(), stdout=subprocess.PIPE, check=False)
    return [json.loads(x) for x in done.stdout.decode().splitlines()]


def line(mail_from, ip="192.0.2.1", message=None, helo="h"):
    out = {"id": mail_from, "ip": ip, "helo": helo, "mail_from": mail_from, "time": "2018-06-10T13:38:29Z"}
    if message:
        out["message"] = base64.b64encode(message.encode()).decode()
    return out


@unittest.skipUnless(UNBOUND, "unbound is not installed")
class AuthOverUnbound(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # 14 strings of 250 octets: more than any UDP answer holds
        long = " ".join('"' + "ip4:198.51.100.0/24 " * 12 + '"' for _ in range(14))
        cls.unbound = Unbound(ZONES.replace("{long}", long))
        cls.addClassCleanup(cls.unbound.stop)

    def test_spf_dkim_and_dmarc_pass_for_the_genuine_sender(self):
        (got,) = auth(self.unbound.address, line("joe@football.example.com", message=SIGNED))
        self.assertEqual([got["spf"]["result"], got["dkim"][0]["result"], got["dmarc"]["result"]], ["pass"] * 3, got)
        self.assertIn("dmarc=pass", got["header"])

    def test_an_include_and_an_address_lookup_decide(self):
        (got,) = auth(self.unbound.address, line("joe@football.example.com", ip="192.0.2.77"))
        self.assertEqual(got["spf"]["result"], "pass", got)

    def test_a_forged_sender_fails_and_the_policy_is_found(self):
        (got,) = auth(self.unbound.address, line("joe@football.example.com", ip="203.0.113.9",
                                                 message="From: <joe@football.example.com>\r\n\r\nhello\r\n"))
        self.assertEqual((got["spf"]["result"], got["dmarc"]["result"], got["dmarc"]["disposition"]), ("fail", "fail", "reject"), got)

    def test_an_answer_that_needs_tcp_is_read(self):
        (got,) = auth(self.unbound.address, line("joe@long.example.com", ip="192.0.2.9"))
        self.assertEqual(got["spf"]["result"], "pass", got)

    def test_a_name_that_does_not_exist_is_no_error(self):
        (got,) = auth(self.unbound.address, line("joe@nowhere.example.com"))
        self.assertEqual(got["spf"]["result"], "none", got)

    def test_a_server_that_refuses_is_temperror(self):
        (got,) = auth(self.unbound.address, line("joe@refused.example"))
        self.assertEqual(got["spf"]["result"], "temperror", got)

    def test_silence_is_temperror_within_the_time_given(self):
        began = time.monotonic()
        (got,) = auth(self.unbound.address, line("joe@silent.example"), timeout=1)
        self.assertEqual(got["spf"]["result"], "temperror", got)
        self.assertLess(time.monotonic() - began, 15)


class AuthWithoutResolver(unittest.TestCase):
    def test_a_dead_port_is_temperror_for_every_line(self):
        got = auth(f"{net.own_address()}:{net.free_port()}", line("a@example.com"), line("b@example.org", helo="x.example.org"), timeout=3)
        self.assertEqual([x["spf"]["result"] for x in got], ["temperror"] * 2, got)

    def test_an_impossible_server_is_told(self):
        done = subprocess.run([PROGRAM, "auth", "-", "--ip", "192.0.2.1", "--server", "nonsense"], input=b"From: <a@b.example>\n\nx\n",
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 4)
        self.assertIn(b"nonsense", done.stderr)
