"""P3 and fairness: 5,000 connections from 1,000 addresses, a third silent, a third stopped in the TLS handshake, a third after
RCPT, kept up for a while (who is put out comes back), against a Sluice with the default budget under a hard memory limit of
the kernel. The process stays inside its budget, those who are too many hear 421, and mail from addresses never seen before is
accepted within 10 s each, during the flood. The page stays reachable: every look at it, at /metrics and at the health endpoints,
each over a new TLS connection, is answered within 5 s.

SLUICE_FLOOD_SECONDS is how long (20). Every connection is a descriptor here: with a low `ulimit -n` there are fewer of them,
and the test says so.
"""
import asyncio
import json
import os
import resource
import ssl
import subprocess
import sys
import threading
import time

from harness import cgroup, mails, net
from harness.case import E2E, not_sanitized
from harness.client import Closed
from harness.web import Web

CONNECTIONS, ADDRESSES = 5000, 1000
SECONDS = float(os.environ.get("SLUICE_FLOOD_SECONDS", "20"))
ACCEPTED_WITHIN, PAGE_WITHIN = 10.0, 5.0
RESERVE = 400  # descriptors for everything else: files, the clients that send mail, the sink


def address(number):
    return f"127.{10 + number // 250}.{1 + number % 250}.7"


def client_hello():
    """The first octets of a TLS client, as many as it sends before it needs an answer."""
    context = ssl.create_default_context()
    out = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="mx.example.net").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


class Attacker(asyncio.Protocol):
    """One connection that goes as far as its kind does and then waits. Ends are reported to the flood."""
    def __init__(self, flood, number):
        self.flood, self.number, self.kind, self.said, self.step = flood, number, number % 3, b"", 0

    def connection_made(self, transport):
        self.transport = transport
        self.flood.open += 1

    def data_received(self, data):
        self.said = (self.said + data)[-4096:]
        if self.said.startswith(b"421") or b"\r\n421" in self.said:
            self.flood.refused += 1
            return self.transport.abort()
        lines = self.said.split(b"\r\n")
        if self.kind == 0 or len(lines) < 2 or lines[-2][3:4] == b"-" or lines[-1]:
            return
        self.said = b""
        hello = self.flood.hello
        steps = {1: [b"EHLO a.example.org\r\n", b"STARTTLS\r\n", hello if self.number % 2 else hello[:60]],
                 2: [b"EHLO a.example.org\r\n", b"MAIL FROM:<a@example.org>\r\n", b"RCPT TO:<b@example.net>\r\n"]}[self.kind]
        if self.step < len(steps):
            self.transport.write(steps[self.step])
            self.step += 1
            self.flood.reached[self.kind] += self.step == len(steps)

    def connection_lost(self, why):
        self.flood.open -= 1
        self.flood.closed(self.number)


class Flood:
    """Keeps `connections` attackers up; one that was put out comes back after two seconds. Runs in a process of its own and
    prints a line of figures twice a second."""
    def __init__(self, host, port, connections):
        self.host, self.port, self.connections, self.hello = host, port, connections, client_hello()
        self.open = self.most_open = self.tried = self.refused = self.failed = 0
        self.reached, self.all_tried = [0, 0, 0], False

    async def main(self):
        self.loop = asyncio.get_running_loop()
        self.loop.set_exception_handler(lambda *_: None)
        self.loop.create_task(self.report())
        for first in range(0, self.connections, 250):
            await asyncio.gather(*[self.attack(n) for n in range(first, min(first + 250, self.connections))])
        self.all_tried = True
        await asyncio.Event().wait()

    async def report(self):
        names = ("open", "most_open", "tried", "refused", "failed", "reached", "all_tried")
        while True:
            self.most_open = max(self.most_open, self.open)
            print(json.dumps({n: getattr(self, n) for n in names}), flush=True)
            await asyncio.sleep(0.5)

    async def attack(self, number):
        self.tried += 1
        try:
            await asyncio.wait_for(self.loop.create_connection(lambda: Attacker(self, number), self.host, self.port,
                                                               local_addr=(address(number % ADDRESSES), 0)), 30)
        except (OSError, asyncio.TimeoutError):
            self.failed += 1
            self.closed(number)

    def closed(self, number):
        self.loop.call_later(2.0, lambda: self.loop.create_task(self.attack(number)))


class FloodProcess:
    def __init__(self, host, port, connections):
        self.process = subprocess.Popen([sys.executable, __file__, host, str(port), str(connections)], stdout=subprocess.PIPE, text=True)
        self.now = {"all_tried": False}
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.now = json.loads(line)

    def stop(self):
        self.process.kill()
        self.process.wait()


@not_sanitized
class FloodTest(E2E):
    def deliver(self, s, source, starttls):
        """Seconds until a mail from this address was accepted; as a mail server does, it comes back when it is not."""
        began, attempts = time.monotonic(), 0
        while time.monotonic() - began < 6 * ACCEPTED_WITHIN:
            attempts += 1
            try:
                with s.client(source=source) as c:
                    c.sock.settimeout(15)
                    if c.greeting.code == 220 and c.ehlo().code == 250:
                        if starttls:
                            c.starttls()
                            c.ehlo()
                        if c.mail(mails.simple(f"From {source}")).code == 250:
                            return time.monotonic() - began, attempts
            except (OSError, Closed):
                pass
            time.sleep(0.2)
        return float("inf"), attempts

    def look(self, web):
        """Seconds that the slowest of what an operator and a monitor ask for took."""
        slowest = 0.0
        for path in ("/", "/metrics", "/api/v1/status", "/health/live", "/health/ready", "/health/mail-path"):
            began = time.monotonic()
            reply = web.get(path, token=web.status_token)
            self.assertEqual(reply.status, 200, f"{path}: {reply.text[:200]}")
            slowest = max(slowest, time.monotonic() - began)
        return slowest

    def test_a_flood_is_held_off_inside_the_budget_and_new_clients_get_through(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        connections = min(CONNECTIONS, hard - RESERVE)
        if connections < CONNECTIONS:
            print(f"    ONLY {connections} connections: ulimit -n is {hard}", flush=True)
        sink = self.sink()
        config = {"memory": {"sessions": 256, "total": "32MiB"}, "limit": {"connections_per_client": 20, "connections_per_client_per_minute": 120},
                  "log": {"level": "info"}}
        web = Web()
        s = web.of(self.sluice(sink, web.config(config), start=False)).sluice
        sums = json.loads(s.cli("budget", "--json", "--config", s.config_file).stdout)
        group = cgroup.limited(sums["limit_bytes"] + sums["kernel_bytes"])
        if group:
            self.addCleanup(group.remove)
            s.wrapper = group.wrapper
        else:
            print("SKIPPED: the hard memory limit of the kernel: no cgroup can be made here; the resident size is checked all the same", flush=True)
        s.start(ready=False)
        s.wait_ready()
        flood = FloodProcess(s.host, s.port, connections)
        try:
            net.wait_until(lambda: flood.now["all_tried"], 120, "the flood to come up", 0.2)
            until, n, took, looks = time.monotonic() + SECONDS, 0, [], []
            while time.monotonic() < until:
                took.append(self.deliver(s, f"127.200.{n}.9", n % 2 == 1))
                looks.append(self.look(web))
                n += 1
                time.sleep(0.5)
        finally:
            flood.stop()
        seen = flood.now
        resident, peak = s.resident_bytes("VmHWM"), group.peak_bytes() if group else None
        print(f"    {connections} connections, {seen['tried']} attempts, {seen['refused']} answered 421, most open at a time "
              f"{seen['most_open']}, stopped in the handshake {seen['reached'][1]}, after RCPT {seen['reached'][2]}; {len(took)} mails from new addresses, slowest "
              f"{max(t for t, _ in took):.2f} s, most attempts {max(a for _, a in took)}; {len(looks)} looks at the page, slowest answer {max(looks):.2f} s; resident at most {resident / 2**20:.1f} MiB of "
              f"{sums['limit_bytes'] / 2**20:.0f}" + (f", cgroup at most {peak / 2**20:.1f} MiB of {(sums['limit_bytes'] + sums['kernel_bytes']) / 2**20:.1f}" if peak else ""), flush=True)
        self.assertTrue(s.running, "Sluice ended")
        self.assertEqual(group.killed() if group else 0, 0, "the kernel killed it")
        self.assertGreater(seen["most_open"], s.table["memory"]["sessions"] * 3 // 4, "the slots were not under pressure")
        self.assertGreater(seen["refused"], 0)
        # Many of each kind got as far as they wanted (hundreds on an idle machine): neither was only knocked back at the door.
        self.assertGreater(min(seen["reached"][1:]), s.table["memory"]["sessions"] // 8)
        self.assertLessEqual(resident, sums["limit_bytes"])
        self.assertLess(max(t for t, _ in took), ACCEPTED_WITHIN)
        self.assertLess(max(looks), PAGE_WITHIN)
        sink.wait_accepted(len(took))
        self.assertEqual(len(sink.accepted), len(took))
        for t in sink.accepted:
            self.assertIn(b"Subject: From 127.200.", t.data)
        # and afterwards everything is as before
        self.assertLess(self.deliver(s, "127.201.0.9", False)[0], ACCEPTED_WITHIN)


if __name__ == "__main__":
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
    asyncio.run(Flood(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])).main())
