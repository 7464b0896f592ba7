#!/usr/bin/env python3
"""Makes the pictures of firmware/docs/pages anew: screenshots.py [FOLDER]

A box with a mail server behind it gets lures and genuine mail; each view is pictured as a browser shows it, some of them
in the dark and on a phone. Needs chromium, chromium-driver and pngquant (toolchains/setup --test), and a built Sluice.
"""
import mailbox
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from harness import certs, mails, net, toml  # noqa: E402
from harness.browser import PHONE, Browser, sign_in  # noqa: E402
from harness.dns import Dns  # noqa: E402
from harness.process import ROOT, Sluice  # noqa: E402
from harness.sink import Sink  # noqa: E402
from harness.supervisor import Supervisor  # noqa: E402
from harness.web import Web  # noqa: E402

LURES = ROOT / "tests/data/lures"
SHOTS = [  # name, path, dark, phone
    ("overview", "/", False, False), ("overview-dark", "/", True, False), ("overview-phone", "/", False, True),
    ("messages", "/messages", False, False), ("messages-phone", "/messages", True, True), ("message", "/messages/{lure}", False, False),
    ("message-phone", "/messages/{lure}", False, True), ("quarantine", "/quarantine", False, False), ("held", "/quarantine/{lure}", False, False),
    ("held-phone", "/quarantine/{lure}", True, True), ("report", "/quarantine/{lure}/report?to=abuse%40microsoft.example", False, False), ("profiles", "/profiles", False, False),
    ("profile", "/profiles/entra", False, False), ("lists", "/lists", False, False), ("config", "/config", False, False), ("system", "/system", False, False),
    ("system-dark", "/system", True, False), ("system-phone", "/system", False, True), ("certificates", "/certificates", False, False),
    ("certificates-dark", "/certificates", True, False), ("certificates-phone", "/certificates", False, True), ("trace", "/trace?q=example", False, False),
    ("trace-dark", "/trace?q=example", True, False), ("trace-phone", "/trace?q=example", False, True), ("backup", "/backup", False, False),
    ("backup-dark", "/backup", True, False), ("backup-phone", "/backup", False, True), ("audit", "/system/audit", False, False),
    ("privacy", "/privacy", False, False), ("support", "/support", False, False), ("account", "/account", False, False),
]
TALLEST = 1200  # pixels of a picture


def letters():
    """Lures and genuine mail, so that the pictures show what people will see: (sender, content)."""
    for name in ("genuine.mbox", "abuse.mbox"):
        for i, message in enumerate(mailbox.mbox(LURES / name)):
            if i % 4:
                continue
            sender = (message.get("From") or "").split("<")[-1].strip("> ")
            content = message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            yield sender if sender.isascii() and "@" in sender and " " not in sender else "bounce@example.org", content
    yield "bounce@microsoftonline.com", mails.sample("entra_tenant_name_scam.eml")


def feed(s):
    for i, (sender, content) in enumerate(letters()):
        with s.client() as c:
            c.ehlo()
            if i % 3:
                c.starttls()
                c.ehlo()
            c.mail(content, sender=sender, recipients=("bob@example.net",))


def zone():
    """Every sender's domain lets this machine send for it: what makes these lures hard is that they are genuine."""
    domains = {sender.split("@")[1] for sender, _ in letters()}
    return {(d, "TXT"): ["v=spf1 ip4:127.0.0.0/8 -all"] for d in domains} | {(f"_dmarc.{d}", "TXT"): ["v=DMARC1; p=reject"] for d in domains}


def list_entries(web):
    for kind, subject, what, days, note in (("allow", "network", "192.0.2.0/28", 0, "the printer's mail server"), ("block", "domain", ".lures.example", 90, "sends nothing but lures"),
                                            ("block", "recipient", "former@example.net", 30, "has left"), ("block", "address", "billing@evil.example", 30, "sent vabvqxgj7rxbqmu2")):
        web.local("POST", "/api/v1/lists", {"kind": kind, "subject": subject, "what": what, "days": days, "note": note})


def try_generation(web, table):
    """A configuration on trial: the banner with its countdown is above every page."""
    text = toml.dumps(toml.merged(table, {"domains": ["example.net", "example.org"], "policy": {"tag_score": 40}}))
    web.local("PUT", "/api/v1/config?confirm=600", text, {"If-Match": "*", "Content-Type": "application/toml"})
    net.wait_until(lambda: web.local("GET", "/api/v1/config/state").json()["state"] == "waiting", 60, "the generation on trial")


def store(web, folder):
    """Certificates of several kinds and a request, for their page."""
    for name, days in (("mx.example.net", 80), ("mail.example.net", 12)):
        crt, key = certs.leaf(name, folder=folder, days=days)
        web.local("POST", "/api/v1/certificates", {"certificate": crt.read_text(), "key": key.read_text()})
    web.local("POST", "/api/v1/certificates/requests", {"names": ["mx2.example.net"]})


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "firmware/docs/pages").resolve()
    out.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="screenshots."))
    web, sink, dns = Web(), Sink().start(), Dns(zone()).start()
    box = Supervisor(board="Demonstration board").start()
    (folder / "update").mkdir()
    table = web.config({"memory": {"sessions": 64, "loops": 2, "status_sessions": 8}, "update": {"directory": str(folder / "update"), "memory_minimum": "0B"},
                        "dns": {"servers": [dns.address]}, "auth": {"enabled": True}})
    s = Sluice(folder / "box", sink, table, env=box.env).start()
    web.of(s)
    root = f"https://127.0.0.1:{web.port}"

    def picture(b, name, path, dark=False, phone=False):
        b.color("dark" if dark else "light")
        b.size(PHONE if phone else 1200, 844 if phone else 760, phone)
        b.open(root + path)
        if b.text("body").startswith("{"):
            print(f"  {name}: this box has no {path}")
            return
        height = b.js("return Math.max(document.documentElement.scrollHeight, innerHeight)")
        b.size(PHONE if phone else 1200, min(height, TALLEST), phone)
        net.wait_until(lambda: b.js("return document.readyState") == "complete", 10, "the page")
        b.screenshot(out / f"{name}.png")
        print(f"  {name}.png")

    try:
        with Browser(folder / "browser", width=1200, height=760) as b:
            picture(b, "setup", "/setup")
            web.set_up()
            feed(s)
            store(web, folder)
            list_entries(web)
            lure = s.events("message")[-1]["id"]
            time.sleep(61 - time.time() % 60)  # the minute of these mails is over: it counts as the last one
            net.wait_until(lambda: web.local("GET", "/api/v1/status").json()["quarantine_messages"], 20, "what is held to be counted")
            picture(b, "login", "/login")
            sign_in(b, web)
            for name, path, dark, phone in SHOTS:
                picture(b, name, path.replace("{lure}", lure), dark, phone)
            try_generation(web, s.table)
            picture(b, "config-trial", "/config")
            picture(b, "config-trial-phone", "/config", phone=True)
    finally:
        s.stop()
        box.stop()
        sink.stop()
        dns.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--ext", ".png", "--strip", "--speed", "1", "64", *map(str, sorted(out.glob("*.png")))], check=True)
    print(f"{out}: {sum(p.stat().st_size for p in out.glob('*.png')) // 1024} KiB")


if __name__ == "__main__":
    main()
