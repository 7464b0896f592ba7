"""Debian's web scanner as a child: crawls a site, attacks what it finds, and tells it in JSON. Nothing of it leaves the loopback."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

WAPITI = shutil.which("wapiti")
# Those that need a host of their own somewhere (ssrf, xxe) or fetch their tables from the net (nikto, wapp) are taken out before
# they are loaded. The pattern that it makes of an address to be left alone has its flags at the end, which Python 3.11 refuses.
PROGRAM = r"""
import fnmatch, re, sys
import wapitiCore.net.crawler as crawler
import wapitiCore.attack.attack as attack
crawler.wildcard_translate = lambda pattern: re.compile(fnmatch.translate(pattern))
attack.modules = [m for m in attack.modules if m not in ("mod_nikto", "mod_ssrf", "mod_wapp", "mod_xxe")]
from wapitiCore.main.wapiti import wapiti_main
sys.exit(wapiti_main())
"""


def why_not():
    """Empty, or why no scan can be made here."""
    if not WAPITI:
        return "no wapiti here (package wapiti)"
    told = re.search(r"Wapiti[ -](\d+\.\d+)", subprocess.run([WAPITI, "--version"], capture_output=True, text=True, timeout=60).stdout)
    return "" if told and told[1] == "3.0" else f"this is for wapiti 3.0, not for {told[1] if told else 'what is here'}"


QUICK = ("cookieflags", "crlf", "csp", "csrf", "exec", "file", "htaccess", "http_headers", "methods", "redirect", "shellshock", "xss", "permanentxss")
ALL = (*QUICK, "backup", "blindsql", "brute_login_form", "buster", "sql")


class Finding:
    def __init__(self, category, entry):
        self.category, self.method, self.path = category, entry["method"], entry["path"]
        self.parameter, self.info = entry.get("parameter") or "", entry.get("info") or ""

    def __repr__(self):
        return f"{self.category}: {self.method} {self.path} [{self.parameter}] {self.info}"


class Scan:
    """One run: its findings, what it looked at, and how long it took."""
    def __init__(self, folder, url, modules=QUICK, starts=(), excluded=(), headers=(), crawl=20, attack=10, force="normal"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        report = self.folder / "report.json"
        command = ["/usr/bin/python3", "-c", PROGRAM, "--url", url, "--verify-ssl", "0", "--module", ",".join(modules), "--format", "json", "--output", str(report), "--scan-force", force,
                   "--max-scan-time", str(crawl), "--max-attack-time", str(attack), "--store-session", str(self.folder / "session"), "--store-config", str(self.folder / "config"),
                   "--endpoint", "http://127.0.0.1:9/", "--no-bugreport", "--verbose", "1"]
        for start in starts:
            command += ["--start", start]
        for pattern in excluded:
            command += ["--exclude", pattern]
        for header in headers:
            command += ["--header", header]
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        began = time.monotonic()
        run = subprocess.run(command, capture_output=True, text=True, env={**env, "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}, timeout=3600)
        self.seconds = time.monotonic() - began
        self.text = run.stdout + run.stderr
        if run.returncode != 0 or not report.exists():
            raise AssertionError(f"wapiti ended with {run.returncode}:\n{self.text}")
        data = json.loads(report.read_text())
        self.findings = [Finding(category, entry) for kind in ("vulnerabilities", "anomalies") for category, entries in data[kind].items() for entry in entries]
        found = re.search(r"Wapiti found (\d+) URLs and forms", self.text)
        self.resources = int(found[1]) if found else 0
        self.launched = set(re.findall(r"Launching module (\w+)", self.text))
