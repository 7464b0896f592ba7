#!/usr/bin/env python3
"""Sluice with inspection on beside Postfix as a before-queue proxy (smtpd_proxy_filter) and HAProxy as a bare TCP and TLS
forwarder, in front of the same sink (Postfix's smtp-sink), under the same load, interleaved, medians of several rounds.

  tests/bench/against_peers.py                 five rounds, about ten minutes; prints a table
  tests/bench/against_peers.py --rounds 3 --only 4k
  tests/bench/against_peers.py --write         also tests/bench/results/peers-DATE.md and .json

CPU is that of the server's process tree per 1,000 mails (children that ended included), memory the tree's peak PSS.
HAProxy knows no SMTP: its TLS cells are TLS from the first octet; it is a bound, not a peer. "direct" is the load against
the sink, to know what the box can do and what latency is added. Needs root (chroot) and toolchains/setup --bench.
"""
import argparse
import base64
import datetime
import json
import os
import pathlib
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "e2e"))
from harness import certs, net, peers, process  # noqa: E402
from harness.dns import Dns  # noqa: E402

SERVERS = ("sluice", "postfix", "haproxy", "direct")
TICK = os.sysconf("SC_CLK_TCK")

# name, what the load does, mails per connection, connections, of them at a time, options, aim (CPU, ratio to Postfix's)
CELLS = [
    ("4k-m50-plain", "4 KB, 50 per connection, plain", "4k", 50, 60, 20, {}, 0.3),
    ("4k-m50-ecdsa", "4 KB, 50 per connection, STARTTLS (ECDSA)", "4k", 50, 60, 20, {"tls": True}, 0.3),
    ("4k-m1-full", "4 KB, 1 per connection, full handshakes", "4k", 1, 800, 20, {"tls": True}, 0.8),
    ("4k-m1-resumed", "4 KB, 1 per connection, TLS 1.2 resumed", "4k", 1, 1200, 20, {"tls": True, "resume": True}, 0.3),
    ("5m-plain", "5 MB, one base64 attachment, plain", "5m", 5, 8, 4, {}, 0.5),
    ("5m-ecdsa", "5 MB, one base64 attachment, STARTTLS", "5m", 5, 8, 4, {"tls": True}, 1.0),
    ("html-m50-plain", "text + HTML, 50 per connection, plain", "html", 50, 40, 20, {}, None),
    ("dkim-m50-plain", "4 KB DKIM-signed, 50 per connection, plain", "dkim", 50, 40, 20, {}, None),
    ("latency-plain", "4 KB, one at a time, plain", "4k", 50, 10, 1, {}, None),
    ("latency-ecdsa", "4 KB, one at a time, STARTTLS", "4k", 50, 10, 1, {"tls": True}, None),
]


# ---- mail ----
WORDS = ("the report for this quarter is ready and we would like to go through it together on Thursday morning because the "
         "numbers of the northern region changed since last week please bring your own notes and tell us early when you "
         "cannot come the room is on the second floor coffee will be there and the minutes go to everybody").split()


def prose(octets, seed):
    rng, out, line = random.Random(seed), [], ""
    while sum(map(len, out)) + len(line) < octets:
        line += rng.choice(WORDS) + " "
        if len(line) > 68:
            out.append(line.rstrip() + "\r\n")
            line = ""
    return "".join(out) + line + "\r\n"


def head(subject, kind):
    return (f"Received: from relay.example.org (relay.example.org [192.0.2.7]) by out.example.org with ESMTPS id 4XkQ;\r\n"
            f"\tTue, 24 Nov 2026 08:00:00 +0000\r\nFrom: Alice Example <alice@example.org>\r\nTo: Bob <bob@example.net>\r\n"
            f"Subject: {subject}\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\nMessage-ID: <{subject.replace(' ', '.')}@example.org>\r\n"
            f"MIME-Version: 1.0\r\n{kind}")


def plain_mail():
    return (head("Quarterly numbers", "Content-Type: text/plain; charset=utf-8\r\n\r\n") + prose(3400, 1)).encode()


def big_mail():
    lines = base64.encodebytes(random.Random(2).randbytes(3_830_000)).replace(b"\n", b"\r\n")
    return (head("Recording", "Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\nContent-Type: text/plain\r\n\r\n").encode()
            + prose(300, 3).encode() + b"--cut\r\nContent-Type: application/zip; name=recording.zip\r\n"
            b"Content-Disposition: attachment; filename=recording.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + lines + b"--cut--\r\n")


def html_mail():
    rows = "".join(f"<tr><td style=\"padding:4px;color:#333\"><a href=\"https://www.example.org/item/{i}?ref=mail\">Item {i}</a></td>"
                   f"<td>{prose(60, i).strip()}</td><td align=right>EUR {i * 3 + 7}.50</td></tr>\r\n" for i in range(40))
    page = (f"<html><head><style>td {{ font-family: sans-serif }} .x {{ display: none }}</style></head><body><h1>Your order</h1>\r\n"
            f"<p>{prose(400, 4)}</p><table>{rows}</table><p class=x>preview</p></body></html>\r\n")
    return (head("Your order", "Content-Type: multipart/alternative; boundary=cut\r\n\r\n--cut\r\nContent-Type: text/plain\r\n\r\n")
            + prose(1500, 5) + "--cut\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page + "--cut--\r\n").encode()


def dkim_mail(folder):
    """(mail, TXT record of its key), or None without python3-dkim."""
    try:
        import dkim
    except ImportError:
        return None
    key = pathlib.Path(folder, "dkim.pem")
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", str(key), "2048"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "rsa", "-in", str(key), "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
    mail = plain_mail()
    signature = dkim.sign(mail, b"s1", b"example.org", key.read_bytes(), canonicalize=(b"relaxed", b"relaxed"),
                          include_headers=[b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"])
    return signature + mail, "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()


# ---- servers ----
class Sink:
    """smtp-sink in the chroot of the peers."""
    def __init__(self):
        self.host, self.port = net.own_address(), net.free_port()
        peers._prepare()
        self.process = subprocess.Popen(["chroot", str(peers.PEERS), "/usr/sbin/smtp-sink", "-u", "nobody", f"{self.host}:{self.port}", "1024"],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        net.wait_until(lambda: net.connects(self.host, self.port), 20, "the sink")
        self.address = f"{self.host}:{self.port}"

    def stop(self):
        self.process.terminate()
        self.process.wait()


class ProxyPostfix(peers.Postfix):
    """smtpd hands each mail to the sink while it comes in; nothing is queued."""
    def __init__(self, sink):
        super().__init__({"smtpd_client_connection_rate_limit": "0", "smtpd_client_message_rate_limit": "0"}, tls=True)
        self.sink = sink

    def configure(self):
        super().configure()
        if "smtpd_tls_session_cache_database" not in self.settings:
            with open(self.outside / "etc/main.cf", "a") as f:  # without a cache there are no tickets either
                f.write(f"smtpd_tls_session_cache_database = btree:{self.home}/data/smtpd_scache\n")
        table = self.outside / "etc/master.cf"
        first, rest = table.read_text().split("\n", 1)
        table.write_text(f"{first} -o smtpd_proxy_filter={self.sink.address}\n{rest}")


class HaProxy:
    def __init__(self, sink, folder):
        self.host, self.port, self.tls_port = net.own_address(), net.free_port(), net.free_port()
        pair = pathlib.Path(folder, "pair.pem")
        pair.write_bytes(b"".join(pathlib.Path(p).read_bytes() for p in certs.leaf("localhost")))
        config = pathlib.Path(folder, "haproxy.cfg")
        config.write_text(f"""global
    maxconn 4000
    nbthread {os.cpu_count()}
defaults
    mode tcp
    timeout connect 10s
    timeout client 60s
    timeout server 60s
frontend plain
    bind {self.host}:{self.port}
    default_backend sink
frontend tls
    bind {self.host}:{self.tls_port} ssl crt {pair}
    default_backend sink
backend sink
    server sink {sink.address}
""")
        self.process = subprocess.Popen(["haproxy", "-db", "-f", str(config)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        net.wait_until(lambda: net.connects(self.host, self.port), 20, "HAProxy")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def start_sluice(sink, folder, program, dns):
    process.PROGRAM = program
    certificate, key = certs.leaf("localhost")
    config = {"log": {"format": "json", "level": "info"}, "memory": {"sessions": 256, "loops": os.cpu_count()},
              "auth": {"enabled": True}, "tls": {"certificates": [{"certificate": str(certificate), "key": str(key)}]}}
    if dns:
        config["dns"] = {"servers": [dns]}
    s = process.Sluice(pathlib.Path(folder, "sluice"), sink, config)
    return s.start()


# ---- measuring ----
def tree(pid):
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(") ", 1)[1].split()[1])
            except (OSError, IndexError):
                pass
    found, more = {pid}, True
    while more:
        more = {child for child, parent in parents.items() if parent in found} - found
        found |= more
    return found


def cpu_seconds(pid):
    """Of the tree, with those of its children that have ended and were waited for."""
    total = 0
    for one in tree(pid):
        try:
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(") ", 1)[1].split()
            total += sum(map(int, fields[11:15]))
        except OSError:
            pass
    return total / TICK


def pss_mib(pid):
    total = 0
    for one in tree(pid):
        try:
            for line in open(f"/proc/{one}/smaps_rollup"):
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total / 1024


def measure(pid, words):
    """One run of the load generator against a server of that process."""
    peak, stop = [pss_mib(pid)], threading.Event()

    def watch():
        while not stop.wait(0.2):
            peak[0] = max(peak[0], pss_mib(pid))
    watcher = threading.Thread(target=watch)
    watcher.start()
    before = cpu_seconds(pid)
    done = subprocess.run([str(a.load), *map(str, words)], capture_output=True, text=True, timeout=600)
    used = cpu_seconds(pid) - before
    stop.set()
    watcher.join()
    if not done.stdout:
        raise SystemExit(f"the load generator failed: {done.stderr}")
    r = json.loads(done.stdout)
    r["cpu_s_per_1000"] = used / max(1, r["messages"]) * 1000
    r["per_second"] = r["messages"] / r["seconds"]
    r["peak_pss_mib"] = peak[0]
    return r


def load_words(cell, server, servers, mails):
    _, _, mail, per_connection, connections, parallel, options, _ = cell
    s = servers[server]
    words = ["--message", mails[mail], "--connections", connections, "--parallel", parallel, "--per-connection", per_connection]
    port = s.port
    if options.get("tls") and server != "direct":
        words += ["--tls", "implicit" if server == "haproxy" else "starttls"]
        port = s.tls_port if server == "haproxy" else port
    if options.get("resume") and server != "direct":
        words += ["--tls12", "--resume"]
    return words + ["--host", s.host, "--port", port]


# ---- report ----
def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    haproxy = subprocess.run(["haproxy", "-v"], capture_output=True, text=True).stdout.split("\n")[0]
    postfix = subprocess.run(["chroot", str(peers.PEERS), "/usr/sbin/postconf", "-d", "-h", "mail_version"], capture_output=True, text=True).stdout.strip()
    sluice = subprocess.run([a.sluice, "version"], capture_output=True, text=True).stdout.split("\n")[0]
    return {"cpu": model, "cores": os.cpu_count(), "kernel": os.uname().release.split("-")[0], "load": round(os.getloadavg()[0], 1),
            "postfix": postfix, "haproxy": haproxy, "sluice": sluice}


def median(runs, key):
    return statistics.median(r[key] for r in runs)


def report(results, rounds, box):
    out = [f"Sluice beside Postfix and HAProxy, {datetime.date.today()}, medians of {rounds} rounds. {box['cpu']}, {box['cores']} cores, "
           f"kernel {box['kernel']}, load {box['load']} at the end; Postfix {box['postfix']}, {box['haproxy']}. CPU: seconds of the "
           "server's process tree per 1,000 mails. HAProxy: TCP mode, TLS from the first octet. `direct`: the load against the sink.", "",
           "| load | server | CPU s/1000 | min-max | mails/s | p50 ms | p99 ms | peak PSS MiB | errors |",
           "|---|---|---|---|---|---|---|---|---|"]
    for cell in CELLS:
        for server in SERVERS:
            runs = results.get((cell[0], server))
            if not runs:
                continue
            cpu = [r["cpu_s_per_1000"] for r in runs]
            out.append(f"| {cell[1]} | {server} | {statistics.median(cpu):.3f} | {min(cpu):.3f}-{max(cpu):.3f} | {median(runs, 'per_second'):.0f} | "
                       f"{median(runs, 'p50_ms'):.2f} | {median(runs, 'p99_ms'):.1f} | {median(runs, 'peak_pss_mib'):.1f} | "
                       f"{sum(r['errors'] for r in runs)} |")
    out += ["", "| load | CPU Sluice / Postfix | aim | | CPU HAProxy / Postfix | mails/s Sluice / Postfix | resumed |", "|---|---|---|---|---|---|---|"]
    for cell in CELLS:
        ours, theirs, bare = (results.get((cell[0], s)) for s in SERVERS[:3])
        if not ours or not theirs or cell[0].startswith("latency"):
            continue
        ratio = median(ours, "cpu_s_per_1000") / max(median(theirs, "cpu_s_per_1000"), 1e-9)
        bound = f"{median(bare, 'cpu_s_per_1000') / max(median(theirs, 'cpu_s_per_1000'), 1e-9):.2f}" if bare else "-"
        aim, met = (f"{cell[7]}", "met" if ratio <= cell[7] else "NOT MET") if cell[7] else ("-", "")
        share = "/".join(f"{median(r, 'resumed') / max(1, median(r, 'handshakes')) * 100:.0f}%" for r in (ours, theirs)) if cell[6].get("resume") else ""
        out.append(f"| {cell[1]} | {ratio:.2f} | {aim} | {met} | {bound} | {median(ours, 'per_second') / median(theirs, 'per_second'):.2f} | {share} |")
    for name in ("latency-plain", "latency-ecdsa"):
        direct, ours, theirs = (results.get((name, s)) for s in ("direct", "sluice", "postfix"))
        if direct and ours and theirs:
            added = [median(r, "p50_ms") - median(direct, "p50_ms") for r in (ours, theirs)]
            out += ["", f"Added latency at the median, {name.split('-')[1]}, one mail at a time: Sluice {added[0]:.2f} ms, Postfix {added[1]:.2f} ms, "
                    f"ratio {added[0] / max(added[1], 1e-9):.2f} (aim 0.5: {'met' if added[0] <= 0.5 * added[1] else 'NOT MET'})."]
    return "\n".join(out) + "\n"


def main():
    if os.geteuid() != 0 or not peers.PEERS.exists() or not shutil.which("haproxy") or not a.load.exists():
        print("SKIPPED: needs root, toolchains/setup --bench, and the targets sluice and smtp_load built")
        return 0
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    folder = tempfile.mkdtemp(prefix="peers.", dir=process.SCRATCH)
    running = []
    try:
        mails = {"4k": plain_mail(), "5m": big_mail(), "html": html_mail()}
        signed = dkim_mail(folder)
        if signed:
            mails["dkim"] = signed[0]
        for name, content in mails.items():
            path = pathlib.Path(folder, name + ".eml")
            path.write_bytes(content.replace(b"\r\n.", b"\r\n.."))
            print(f"{name}: {len(content)} octets")
            mails[name] = path
        sink = Sink()
        running.append(sink)
        postfix = ProxyPostfix(sink)
        running.append(postfix)
        postfix.start()
        haproxy = HaProxy(sink, folder)
        running.append(haproxy)
        zone = {("example.org", "TXT"): ["v=spf1 ip4:127.0.0.0/8 -all"], ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=none"]}
        if signed:
            zone[("s1._domainkey.example.org", "TXT")] = [signed[1]]
        dns = Dns(zone).start()  # answers are cached: its time is not in the figures
        running.append(dns)
        sluice = start_sluice(sink, folder, str(a.sluice), dns.address)
        running.append(sluice)
        servers = {"sluice": sluice, "postfix": postfix, "haproxy": haproxy, "direct": sink}
        cells = [c for c in CELLS if c[2] in mails and (not a.only or any(w in c[0] for w in a.only))]
        results = {}
        for n in range(a.rounds + 1):  # the first one warms up and is not counted
            for cell in cells:
                for server in SERVERS:
                    if server == "direct" and not cell[0].startswith("latency") and cell[6].get("tls"):
                        continue
                    warm = list(cell)
                    if n == 0:
                        warm[4] = max(2, cell[4] // 10)
                    r = measure(servers[server].process.pid, load_words(warm, server, servers, mails))
                    if r["errors"]:
                        print(f"{cell[0]} {server}: {r['errors']} errors: {r['first_error']}", flush=True)
                    if n > 0:
                        results.setdefault((cell[0], server), []).append(r)
            print(f"round {n} of {a.rounds}, load {os.getloadavg()[0]:.1f}", flush=True)
        box = machine()
        text = report(results, a.rounds, box)
        print(text)
        if a.write:
            out = HERE / "results"
            out.mkdir(exist_ok=True)
            stem = out / f"peers-{datetime.date.today()}"
            stem.with_suffix(".md").write_text("# tests/bench/against_peers.py\n\n" + text)
            flat = {f"{cell}/{server}": runs for (cell, server), runs in results.items()}
            stem.with_suffix(".json").write_text(json.dumps({"machine": box, "rounds": a.rounds, "runs": flat}, indent=1) + "\n")
    finally:
        for s in reversed(running):
            s.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--sluice", default=ROOT / "build/host-release/bin/sluice", type=pathlib.Path)
    p.add_argument("--load", default=ROOT / "build/host-release/tests/bench/smtp_load", type=pathlib.Path)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--only", action="append", help="cells whose name contains this word")
    p.add_argument("--write", action="store_true", help="write tests/bench/results")
    a = p.parse_args()
    sys.exit(main())
