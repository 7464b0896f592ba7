#!/usr/bin/env python3
"""Sluice, SpamAssassin and rspamd on the same stored mail, in the same run: what each catches, what each stops wrongly, how fast.

usage: peers.py [--sluice PATH] [--shared DIR] [--results DIR] [--every N]

Needs the Debian packages spamassassin, spamd and rspamd (apt-get install --no-install-recommends spamassassin spamd rspamd); a peer that is
not there is left out, loudly. Reads DIR/corpus; DIR is $SLUICE_SHARED or ../shared beside the repository.

All three as their packages set them up, one worker each, one message at a time, network tests off: spamd -L, and rspamd with
DNS and its modules for lists, fuzzy hashes, host names, SPF, DKIM and DMARC off and no points for the age of stored mail. What
other filters wrote into the header (X-Spam-*, Microsoft's reports) is taken out first, for all three. Neither has a trained Bayes filter. Sluice reads the
recorded Authentication-Results of the mail (most signatures of stored mail no longer verify); the peers do not know them, and
nobody has the envelope. "Caught" is: Sluice tag or worse, and quarantine or worse; SpamAssassin 5 points; rspamd's action
"add header" or worse (6 points). The time is that of handing over all messages and getting the answers: spamd and rspamd run
already, Sluice's includes the start of the program.
"""
import argparse
import collections
import datetime
import http.client
import json
import os
import pathlib
import platform
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from detection import ROOT, load_mail, upper_bound  # noqa: E402

LABELS = ("abuse", "phishing", "ham-notification", "ham-general")
RSPAMD_OFF = ("rbl", "fuzzy_check", "spf", "dkim", "dmarc", "arc", "asn", "dkim_signing", "url_redirector", "neural", "replies",
              "milter_headers", "mx_check", "greylist", "ratelimit", "history_redis", "elastic", "hfilter", "p0f", "bimi", "known_senders")


OTHERS_OPINION = re.compile(rb"^(?:X-Spam[^:\s]*|X-Forefront-Antispam-Report[^:\s]*|X-Microsoft-Antispam[^:\s]*|X-MS-Exchange-Organization-SCL):"
                            rb"[^\n]*\n(?:[ \t][^\n]*\n)*", re.I | re.M)


def without_opinions(content):
    header, gap, body = re.match(rb"(.*?\n)(\r?\n)(.*)\Z", content, re.S).groups() if re.search(rb"\n\r?\n", content) else (content, b"", b"")
    return OTHERS_OPINION.sub(b"", header) + gap + body


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process, seconds=600):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit(f"{process.args[0]} ended with status {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    sys.exit(f"{process.args[0]} does not answer")


def unprivileged():
    for name in ("debian-spamd", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            pass
    return "nobody"


class SpamAssassin:
    name = "SpamAssassin"

    def __init__(self, scratch):
        self.port = free_port()
        home = pathlib.Path(scratch) / "spamassassin"
        home.mkdir(mode=0o777)
        home.chmod(0o777)
        command = ["spamd", "-L", "-x", "-m", "1", "-i", "127.0.0.1", "-p", str(self.port), "-H", str(home), "-s", str(home / "log")]
        if os.geteuid() == 0:
            command += ["-u", unprivileged()]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.port, self.process)
        self.version = subprocess.run(["spamassassin", "--version"], stdout=subprocess.PIPE, check=False).stdout.decode().split("\n")[0].split()[-1]

    def check(self, content):
        with socket.create_connection(("127.0.0.1", self.port), 300) as s:
            s.sendall(b"CHECK SPAMC/1.5\r\nContent-length: %d\r\n\r\n" % len(content) + content)
            s.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := s.recv(65536):
                answer += piece
        found = re.search(rb"Spam: (\w+) ;", answer)
        if not found:
            raise RuntimeError(f"spamd: {answer[:200]!r}")
        return {"caught": found[1] in (b"True", b"Yes")}


class Rspamd:
    name = "rspamd"

    def __init__(self, scratch):
        self.port = free_port()
        base = pathlib.Path(scratch) / "rspamd"
        shutil.copytree("/etc/rspamd", base / "conf")
        for name in ("db", "run", "log"):
            (base / name).mkdir()
        local = base / "conf/local.d"
        local.mkdir(exist_ok=True)
        for module in RSPAMD_OFF:
            (local / f"{module}.conf").write_text("enabled = false;\n")
        (local / "options.inc").write_text('dns { nameserver = ["127.0.0.1:1"]; timeout = 0.01s; retransmits = 1; }\nfilters = "chartable,regexp";\n')
        (local / "worker-normal.inc").write_text(f'bind_socket = "127.0.0.1:{self.port}";\ncount = 1;\n')
        (local / "headers_group.conf").write_text('symbols { "DATE_IN_PAST" { weight = 0.0; } }\n')  # stored mail is old
        for worker in ("controller", "proxy", "fuzzy"):
            (local / f"worker-{worker}.inc").write_text("enabled = false;\n")
        (local / "logging.inc").write_text(f'type = "file";\nfilename = "{base}/log/rspamd.log";\nlevel = "error";\n')
        command = ["rspamd", "-f", "-c", str(base / "conf/rspamd.conf")]
        for name, value in (("CONFDIR", base / "conf"), ("LOCAL_CONFDIR", base / "conf"), ("DBDIR", base / "db"), ("RUNDIR", base / "run"), ("LOGDIR", base / "log")):
            command.append(f"--var={name}={value}")
        if os.geteuid() == 0:
            command += ["-u", "_rspamd", "-g", "_rspamd"]
            subprocess.run(["chown", "-R", "_rspamd:_rspamd", str(base)], check=True)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        wait_for(self.port, self.process)
        self.version = subprocess.run(["rspamd", "--version"], stdout=subprocess.PIPE, check=False).stdout.decode().split()[-1]
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def check(self, content):
        for attempt in (0, 1):
            try:
                self.connection.request("POST", "/checkv2", content)
                answer = json.loads(self.connection.getresponse().read())
                break
            except (http.client.HTTPException, OSError):
                self.connection.close()
                if attempt:
                    raise
        if "action" not in answer:
            raise RuntimeError(f"rspamd: {answer}")
        return {"caught": answer["action"] in ("add header", "rewrite subject", "soft reject", "quarantine", "reject")}


def run_peer(peer, rows):
    peer.check(rows[0]["content"])  # warm: what is compiled at the first message
    begin = time.monotonic()
    results = [peer.check(row["content"]) for row in rows]
    seconds = time.monotonic() - begin
    if peer.process.poll() is not None:
        sys.exit(f"{peer.name} ended during the run")
    peer.process.send_signal(signal.SIGTERM)
    peer.process.wait(30)
    return [r["caught"] for r in results], seconds


def run_sluice(sluice, rows, scratch):
    """The same files in one directory, so that one run of the program reads them."""
    folder = pathlib.Path(scratch) / "mail"
    folder.mkdir()
    for i, row in enumerate(rows):
        # A message that begins like an mbox would be read as one: its first line is an envelope's.
        (folder / f"{i:05}.eml").write_bytes(re.sub(rb"\AFrom [^\n]*\n", b"", row["content"]))
    begin = time.monotonic()
    out = subprocess.run([sluice, "scan", "--json", "-j", "1", "--trust-results", "*", str(folder)], stdout=subprocess.PIPE, check=False).stdout
    seconds = time.monotonic() - begin
    verdict = {}
    for line in out.decode("utf-8", "replace").splitlines():
        result = json.loads(line)
        verdict[int(pathlib.Path(result["file"].split("#")[0]).stem)] = result.get("verdict", "unreadable")
    return [verdict[i] for i in range(len(rows))], seconds


def table(columns, rows):
    out = []
    out.append("| mail | n | " + " | ".join(name for name, _, _ in columns) + " |")
    out.append("|---|---|" + "---|" * len(columns))
    for half, label in [(h, l) for l in LABELS for h in (0, 1)]:
        of = [i for i, row in enumerate(rows) if row["label"] == label and row["held"] == half]
        cells = []
        for _, caught, _ in columns:
            hits = sum(caught[i] for i in of)
            errors = len(of) - hits if label in ("abuse", "phishing") else hits
            cells.append(f"{hits} ({100 * hits / len(of):.1f} %; {'misses' if label in ('abuse', 'phishing') else 'at most'} {100 * upper_bound(errors, len(of)):.1f} %)")
        out.append(f"| {label}, {('development', 'held')[half]} half | {len(of)} | " + " | ".join(cells) + " |")
    return out


def per_service(columns, rows):
    services = collections.defaultdict(list)
    for i, row in enumerate(rows):
        if row["label"] == "abuse" and row["held"]:
            services[row["service"]].append(i)
    return [sum(sum(caught[i] for i in of) / len(of) for of in services.values()) / len(services) * 100 for _, caught, _ in columns]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sluice", default=str(ROOT / "build/dev/bin/sluice"))
    parser.add_argument("--shared", default=os.environ.get("SLUICE_SHARED", str(ROOT.parent / "shared")))
    parser.add_argument("--results", help="write filters-DATE.md and .json there")
    parser.add_argument("--every", type=int, default=1, help="only every Nth message of each label, for a machine that is busy or slow")
    options = parser.parse_args()
    shared = pathlib.Path(options.shared)
    if not (shared / "corpus/manifest.tsv").exists():
        sys.exit(f"SKIPPED: no corpus under {shared}: 0 messages judged")
    seen = collections.Counter()
    rows = []
    for row in load_mail(shared):
        if seen[row["label"]] % options.every == 0:
            rows.append(row)
        seen[row["label"]] += 1
    octets = 0
    for row in rows:
        row["content"] = without_opinions((shared / "corpus" / row["path"]).read_bytes())
        octets += len(row["content"])
    columns, speeds = [], []
    with tempfile.TemporaryDirectory(prefix="sluice-peers-") as scratch:
        os.chmod(scratch, 0o755)
        peers = []
        for kind, program in ((SpamAssassin, "spamd"), (Rspamd, "rspamd")):  # started first: that takes longest
            if shutil.which(program) is not None:
                peers.append(kind(scratch))
                continue
            print(f"SKIPPED {kind.name}: {program} is not installed (apt-get install --no-install-recommends spamassassin spamd rspamd)")
        verdicts, seconds = run_sluice(options.sluice, rows, scratch)
        stopped = ("quarantine", "reject")
        columns.append(("Sluice, quarantined", [v in stopped for v in verdicts], seconds))
        columns.append(("Sluice, tagged or worse", [v in stopped or v in ("tag", "defer") for v in verdicts], seconds))
        version = subprocess.run([options.sluice, "version"], stdout=subprocess.PIPE, check=False).stdout.decode().split("\n")[0]
        speeds.append((version or "Sluice", seconds))
        for peer in peers:
            caught, seconds = run_peer(peer, rows)
            columns.append((f"{peer.name} {peer.version}", caught, seconds))
            speeds.append((f"{peer.name} {peer.version}", seconds))
    text = [f"# The same mail through Sluice and two spam filters, {datetime.date.today()}", "",
            f"`tests/bench/detection/peers.py`, {len(rows)} messages{'' if options.every == 1 else f' (every {options.every}th of each label)'}, {octets / 1e6:.1f} MB, on {os.cpu_count()} cores of {platform.machine()}, one worker each, network tests off, no Bayes training.", ""]
    text += table(columns, rows)
    text += ["", "Percentages in brackets end with the upper bound (95 %) of the error: of misses for bad mail, of false positives for good mail.",
             "Abuse is authenticated notification abuse; phishing is mail that a spam filter is made for, and no aim of Sluice's.", "",
             "| authenticated abuse, held half, mean per service | " + " | ".join(f"{v:.1f} %" for v in per_service(columns, rows)) + " |",
             "|---|" + "---|" * len(columns), "", "| | messages/s | MB/s |", "|---|---|---|"]
    text += [f"| {name} | {len(rows) / seconds:.0f} | {octets / seconds / 1e6:.1f} |" for name, seconds in speeds]
    print("\n".join(text))
    if options.results:
        base = pathlib.Path(options.results) / f"filters-{datetime.date.today()}"
        base.with_suffix(".md").write_text("\n".join(text) + "\n", encoding="utf-8")
        data = {"messages": len(rows), "octets": octets, "seconds": dict(speeds),
                "caught": {name: {f"{label}/{('development', 'held')[half]}": [sum(c for c, r in zip(caught, rows) if r["label"] == label and r["held"] == half),
                                                                               sum(r["label"] == label and r["held"] == half for r in rows)]
                                  for label in LABELS for half in (0, 1)} for name, caught, _ in columns}}
        base.with_suffix(".json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
