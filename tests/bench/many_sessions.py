#!/usr/bin/env python3
"""Memory of many concurrent sessions, from /proc: idle in TLS, and stopped in the middle of a message.

Starts Sluice and a sink, opens COUNT STARTTLS sessions (TLS 1.3), lets each send --bytes of a text message, reads the
resident memory of the process while all of them wait, then lets all complete and counts the 250s. Where the machine lets it make a
cgroup, the process starts in one, and its peak (with file cache and the kernel's socket memory) is printed beside it.

  tests/bench/many_sessions.py --sluice build/host-release/bin/sluice --count 1000 --bytes 65536 --total 68MiB --tls-heap 9MiB
"""
import argparse
import asyncio
import os
import pathlib
import re
import resource
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import cgroup  # noqa: E402


def status_kib(pid, key):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(rf"^{key}:\s+(\d+) kB", f.read(), re.M).group(1))


class Sink:
    """An SMTP server that accepts everything and counts octets and messages."""

    def __init__(self):
        self.messages = self.octets = 0

    async def serve(self, reader, writer):
        reply = lambda text: writer.write(text.encode() + b"\r\n")
        reply("220 sink ESMTP")
        try:
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"EHLO":
                    writer.write(b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 SIZE\r\n")
                elif verb == b"DATA":
                    reply("354 go on")
                    tail = b""
                    while not tail.endswith(b"\r\n.\r\n"):
                        chunk = await reader.read(65536)
                        if not chunk:
                            return
                        self.octets += len(chunk)
                        tail = (tail + chunk)[-5:]
                    self.messages += 1
                    reply("250 2.0.0 taken")
                elif verb == b"QUIT":
                    reply("221 bye")
                    return
                else:
                    reply("250 ok")
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


async def expect(reader, code):
    while True:
        line = await asyncio.wait_for(reader.readline(), 120)
        if not line.startswith(code):
            raise RuntimeError(f"expected {code!r}, got {line!r}")
        if line[3:4] != b"-":
            return


async def open_session(port, number, context, in_message):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(f"127.0.{1 + number // 200}.{1 + number % 200}", 0))
    await expect(reader, b"220")
    writer.write(b"EHLO client.example.net\r\n")
    await expect(reader, b"250")
    writer.write(b"STARTTLS\r\n")
    await expect(reader, b"220")
    await writer.start_tls(context)
    writer.write(b"EHLO client.example.net\r\n")
    await expect(reader, b"250")
    if in_message:
        writer.write(b"MAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n")
        for code in (b"250", b"250", b"354"):
            await expect(reader, code)
    return reader, writer


def message(octets):
    head = b"From: A <a@example.net>\r\nTo: b@example.org\r\nSubject: notes\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
    line = b"The quarterly report is ready and the meeting moves to the large room next week.\r\n"
    return head + line * max(0, (octets - len(head)) // len(line) + 1)


async def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--sluice", required=True)
    p.add_argument("--count", type=int, default=1000)
    p.add_argument("--bytes", type=int, default=65536, help="octets of message sent before the pause; 0: idle after EHLO in TLS")
    p.add_argument("--total", default="96MiB", help="memory.total of the configuration")
    p.add_argument("--window-pool", default=None)
    p.add_argument("--tls-heap", default=None, help="memory.tls_heap; default: enough for half a record of every client")
    p.add_argument("--limit-mib", type=float, default=None, help="fail when the resident memory is above")
    p.add_argument("--cgroup-mib", type=float, default=None, help="hard limit of the cgroup; default: none that is ever met")
    p.add_argument("--per-session-kib", type=float, default=None, help="fail when one session costs more")
    a = p.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sink = Sink()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, backlog=2048)
    sink_port = server.sockets[0].getsockname()[1]
    with tempfile.TemporaryDirectory() as d:
        probe = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
        port = probe.sockets[0].getsockname()[1]
        probe.close()
        await probe.wait_closed()
        pool = a.window_pool or f"{max(8192, 16 * (a.count + 1))}KiB"
        with open(f"{d}/c.toml", "w") as f:
            f.write(f"""hostname = "mx.example.org"
domains = ["example.org"]
data_directory = "{d}/data"
[[listener]]
address = "127.0.0.1:{port}"
[[route]]
host = "127.0.0.1:{sink_port}"
tls = "off"
[limit]
connections_per_client = 100000
connections_per_client_per_minute = 100000
[deadline]
pressure_percent = 100
pressure_command = "5m"
pressure_data = "5m"
pressure_greeting = "5m"
[memory]
total = "{a.total}"
sessions = {a.count + 1}
window_pool = "{pool}"
history_entries = 100
sqlite_heap = "2MiB"
relay_tls_sessions = 0
{f'tls_heap = "{a.tls_heap}"' if a.tls_heap else ""}
[log]
level = "warning"
[status]
listen = "off"
""")
        box = cgroup.limited(int((a.cgroup_mib or 65536) * 1048576))
        process = subprocess.Popen([*(box.wrapper if box else []), a.sluice, "run", "--config", f"{d}/c.toml"], stderr=open(f"{d}/log", "w"))
        try:
            for _ in range(100):
                await asyncio.sleep(0.1)
                try:
                    context = ssl.create_default_context()
                    context.check_hostname = False
                    context.verify_mode = ssl.CERT_NONE
                    context.minimum_version = ssl.TLSVersion.TLSv1_3
                    r, w = await open_session(port, 0, context, True)
                    w.write(message(4000) + b".\r\nQUIT\r\n")
                    await expect(r, b"250")
                    w.close()
                    break
                except (ConnectionError, RuntimeError):
                    if process.poll() is not None:
                        break
            else:
                raise SystemExit("sluice did not start")
            if process.poll() is not None:
                raise SystemExit(open(f"{d}/log").read())
            await asyncio.sleep(2)  # its session has ended for the server too
            before = status_kib(process.pid, "VmRSS")
            begin = time.monotonic()
            sessions = []
            for first in range(0, a.count, 50):
                sessions += await asyncio.gather(*[open_session(port, n, context, a.bytes > 0)
                                                   for n in range(first, min(first + 50, a.count))])
            opened = time.monotonic() - begin
            body = message(a.bytes)[: a.bytes] if a.bytes else b""
            for _, w in sessions:
                w.write(body)
            await asyncio.gather(*[w.drain() for _, w in sessions])
            passed = -1
            while passed != sink.octets:  # what was streamed has gone through, nothing moves any more
                passed = sink.octets
                await asyncio.sleep(2)
            now = status_kib(process.pid, "VmRSS")
            peak = status_kib(process.pid, "VmHWM")
            each = (now - before) / a.count
            print(f"sessions={a.count} bytes={a.bytes} opened_s={opened:.1f} rss_before_kib={before} rss_kib={now} "
                  f"peak_kib={peak} per_session_kib={each:.1f} rss_mib={now / 1024:.1f}")
            done = 0
            for r, w in sessions:
                w.write((b"\r\nend\r\n.\r\n" if a.bytes else b"") + b"QUIT\r\n")
            for r, w in sessions:
                await expect(r, b"250" if a.bytes else b"221")
                done += 1
            print(f"completed={done} at_sink={sink.messages} peak_after_kib={status_kib(process.pid, 'VmHWM')}")
            peak_bytes = box.peak_bytes() if box else None
            print(f"cgroup_peak_mib={peak_bytes / 1048576:.1f} oom_kills={box.killed()}" if peak_bytes else "cgroup_peak: no cgroup could be made here")
            for r, w in sessions:
                w.close()
            if done != a.count or (a.bytes and sink.messages != a.count + 1):
                sys.exit("not all sessions completed")
            if a.limit_mib and peak / 1024 > a.limit_mib:
                sys.exit(f"resident memory {peak / 1024:.1f} MiB is above {a.limit_mib} MiB")
            if a.per_session_kib and each > a.per_session_kib:
                sys.exit(f"{each:.1f} KiB per session is above {a.per_session_kib} KiB")
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
            sys.stderr.write(open(f"{d}/log").read()[-2000:])
            if box:
                box.remove()


asyncio.run(main())
