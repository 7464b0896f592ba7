#!/usr/bin/env python3
"""The demo of ./run: demo.py SLUICE FOLDER [--once]. Starts Sluice with a short configuration and a mail server behind
it that files into a Maildir, sends five mails over STARTTLS, says what happened to each and why, and stays up, with a user
for its page. The exit status is 0 when every mail ended as expected.
"""
import base64
import hashlib
import json
import pathlib
import random
import secrets
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))
from harness.dns import Dns  # noqa: E402  a DNS of the demo's own: it asks nobody in the real world
SAMPLES = ROOT / "tests/data/samples"
ATTACHMENT_BYTES = 50_000_000
COLOUR = sys.stdout.isatty()


# All of them may be sent from this machine, as far as the demo's DNS goes: what is found lies in the mails themselves.
ZONE = {("localhost", "A"): ["127.0.0.1"]}
for domain in ("microsoftonline.com", "paypal.com", "example.org"):
    ZONE[domain, "TXT"] = ["v=spf1 ip4:127.0.0.0/8 -all"]
    ZONE[f"_dmarc.{domain}", "TXT"] = ["v=DMARC1; p=reject"]


def paint(text, code):
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def port(preferred):
    """The preferred port if it is free, otherwise any."""
    for wanted in (preferred, 0):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", wanted))
                return s.getsockname()[1]
            except OSError:
                continue
    raise SystemExit("no free port on 127.0.0.1")


def attachment():
    body = base64.encodebytes(random.Random(1).randbytes(ATTACHMENT_BYTES)).replace(b"\n", b"\r\n")
    return (b"From: Anna Keller <anna.keller@example.org>\r\nTo: Bob Miller <bob@example.net>\r\nSubject: The recording\r\n"
            b"Message-ID: <recording@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n"
            b"--cut\r\nContent-Type: text/plain\r\n\r\nHi Bob,\r\n\r\nthe recording of Thursday is attached.\r\n\r\nAnna\r\n--cut\r\n"
            b"Content-Type: video/mp4\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=thursday.mp4\r\n\r\n"
            + body + b"--cut--\r\n")


def sample(name):
    return (SAMPLES / name).read_bytes().replace(b"\n", b"\r\n")


MAILS = [  # title, sender, what to send
    ("A verification code of Microsoft Entra, genuine", "bounce@microsoftonline.com", lambda: sample("genuine_entra.eml")),
    ("The same, the lure written into the tenant's name", "bounce@microsoftonline.com", lambda: sample("entra_tenant_name_scam.eml")),
    ("A PayPal invoice, the lure in the seller's note", "service@paypal.com", lambda: sample("paypal_note_scam.eml")),
    ("A mail between colleagues", "anna.keller@example.org", lambda: sample("plain.eml")),
    ("A mail with an attachment of 50 MB", "anna.keller@example.org", attachment),
]


class Demo:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.smtp, self.sink, self.status = port(2525), port(2526), port(8443)
        self.log = folder / "log.jsonl"
        (folder / "data").mkdir()
        self.dns = Dns(ZONE).start()
        (folder / "sluice.toml").write_text(f"""\
hostname = "mx.example.net"
domains = ["example.net"]
data_directory = "{folder}/data"
[[listener]]
address = "127.0.0.1:{self.smtp}"
[[route]]
host = "127.0.0.1:{self.sink}"
health_check_interval = "1s"
[dns]
servers = ["{self.dns.address}"]
[status]
listen = "127.0.0.1:{self.status}"
[log]
format = "json"
target = "{self.log}"
""")
        self.children = []

    def spawn(self, *words):
        # A session of their own: Ctrl-C reaches this script only, which ends them in order.
        child = subprocess.Popen([self.program, *map(str, words)], start_new_session=True, stdout=open(self.folder / "output", "ab"),
                                 stderr=subprocess.STDOUT)
        self.children.append(child)
        return child

    def start(self):
        self.spawn("sink", "--listen", f"127.0.0.1:{self.sink}", "--maildir", self.folder / "mail", "--domain", "example.net")
        self.sluice = self.spawn("run", "--config", self.folder / "sluice.toml")
        until = time.monotonic() + 30
        while True:
            try:
                with smtplib.SMTP("127.0.0.1", self.smtp, timeout=10) as s:
                    if s.ehlo()[0] == 250:
                        return
            except (OSError, smtplib.SMTPException):
                pass
            for child in self.children:
                if child.poll() is not None:
                    raise SystemExit(f"{' '.join(child.args[1:2])} ended:\n{(self.folder / 'output').read_text()}")
            if time.monotonic() > until:
                raise SystemExit(f"Sluice did not get ready; see {self.folder}")
            time.sleep(0.1)

    def add_user(self):
        """(name, password) of an administrator of the page; without one it would ask for the set-up secret."""
        password = secrets.token_urlsafe(12)
        subprocess.run([self.program, "access", "add-user", "demo", "--role", "admin", "--config", str(self.folder / "sluice.toml")],
                       input=password + "\n", text=True, check=True, stdout=subprocess.DEVNULL)
        return "demo", password

    def stop(self):
        """Sluice first, so that nothing is on its way when the sink ends. The worst exit status."""
        worst = 0
        for child in reversed(self.children):
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
            worst = max(worst, abs(child.wait(60)))
        self.children = []
        self.dns.stop()
        return worst

    def send(self, sender, content):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the demo's certificate is self-signed
        # Made before, for smtplib's data() takes seconds for 50 MB in which the demo's DNS, a thread beside it, answers nothing.
        ready = content.replace(b"\r\n.", b"\r\n..") + b".\r\n"
        with smtplib.SMTP("127.0.0.1", self.smtp, "mail.example.org", timeout=300) as s:
            s.starttls(context=context)
            s.ehlo()
            s.mail(sender, ["SIZE=%d" % len(content)])
            s.rcpt("bob@example.net")
            code, text = s.docmd("DATA")
            if code == 354:
                s.sock.sendall(ready)
                code, text = s.getreply()
            return code, text.decode()

    def events(self):
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [e for e in map(json.loads, lines) if e["event"] == "message"]

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.sluice.pid}/status").read_text()
        return {line.split(":")[0]: int(line.split()[1]) for line in status.splitlines() if line.startswith(("VmRSS", "VmHWM"))}

    def filed(self, content):
        """The file of the Maildir that holds it, byte for byte, below the added header fields."""
        for path in (self.folder / "mail/new").iterdir():
            data = path.read_bytes()
            if data.endswith(content):
                return path, hashlib.sha256(data[len(data) - len(content):]).hexdigest()
        return None, ""


def explain(demo, content, reply, event):
    code, text = reply
    colour = {"forwarded": 32, "quarantined": 33}.get(event["outcome"], 31)
    print(f"   {paint(event['outcome'], colour)}, client was told: {code} {text}")
    print(f"   who sent it: {event.get('auth', 'not checked')}")
    findings = sorted(event.get("findings", []), key=lambda f: -f["weight"])
    if event.get("profile"):
        print(f"   sender profile {event['profile']}, score {event['score']}" + ("" if findings else ", nothing suspicious"))
    elif not findings:
        print(f"   score {event['score']}, nothing suspicious")
    shown = set()
    for f in findings:
        if f["rule"] in shown or f["weight"] <= 0:
            continue
        shown.add(f["rule"])
        where = f["place"] + (f", slot {f['slot']}" if f.get("slot") else "")
        print(f"     {f['weight']:>4}  {f['rule']} ({where}): {f['words'][:90]}")
        if len(shown) == 5:
            break
    path, digest = demo.filed(content)
    if path:
        print(f"   in the Maildir: {path.relative_to(demo.folder.parent)}, byte for byte (sha256 {digest[:16]}...)")
    print(f"   {event['octets']:,} octets in {event['ms']} ms, by way of: {event['way']}")


def main():
    demo = Demo(sys.argv[1], pathlib.Path(sys.argv[2]).resolve())
    unexpected = 0
    try:
        demo.start()
        print(f"\nSluice takes SMTP on 127.0.0.1:{demo.smtp} and forwards to a mail server that files into {demo.folder}/mail\n")
        for n, (title, sender, make) in enumerate(MAILS, 1):
            print(paint(f"{n}. {title}", 1), flush=True)
            content, before = make(), len(demo.events())
            reply = demo.send(sender, content)
            until = time.monotonic() + 10
            while len(demo.events()) == before and time.monotonic() < until:
                time.sleep(0.05)
            event = demo.events()[-1]
            explain(demo, content, reply, event)
            wanted = "quarantined" if n in (2, 3) else "forwarded"
            unexpected += event["outcome"] != wanted
            print(flush=True)
        memory = demo.resident_kib()
        print(f"Resident memory of Sluice: {memory['VmRSS'] / 1024:.1f} MiB now, {memory['VmHWM'] / 1024:.1f} MiB at its highest.")
        if unexpected:
            print(f"{unexpected} of them did not end as expected; the log is {demo.log}")
        if "--once" not in sys.argv:
            user, password = demo.add_user()
            print(f"\nSMTP:   127.0.0.1:{demo.smtp}   (STARTTLS; recipients: anybody@example.net)")
            print(f"Page:   https://127.0.0.1:{demo.status}/   (user: {user}; password: {password}; the certificate is self-signed)")
            print(f"Held:   {demo.program} quarantine list --config {demo.folder}/sluice.toml")
            print("Ctrl-C ends it.", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        print("\nstopping ...", flush=True)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = demo.stop()
        print(f"stopped (exit status {code})")
    return 1 if code or unexpected else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    sys.exit(main())
