"""100 generations pushed one after another while mail flows: no session dropped, no message lost or doubled, memory back to
its level. SLUICE_PUSHES sets another number; the figures are printed."""
import json
import os
import statistics
import threading
import time

from harness import mails, net, toml
from harness.case import E2E
from harness.process import SANITIZED
from harness.web import Web

PUSHES = int(os.environ.get("SLUICE_PUSHES", "10" if SANITIZED else "100"))
LOADERS = 4
MAILS_PER_SESSION = 3


class Loader(threading.Thread):
    """Sessions of a few mails each, some of them across a change; what was answered to each mail."""

    def __init__(self, sluice, number, stop):
        super().__init__(daemon=True)
        self.sluice, self.number, self.stop = sluice, number, stop
        self.told, self.faults, self.sessions = [], [], 0

    def run(self):
        n = 0
        while not self.stop.is_set():
            try:
                with self.sluice.client() as c:
                    if c.greeting.code != 220:
                        self.faults.append(repr(c.greeting))
                        continue
                    c.ehlo()
                    if self.number % 2:
                        c.starttls()
                        c.ehlo()
                    for _ in range(MAILS_PER_SESSION):
                        n += 1
                        name = f"l{self.number}-{n}@example.org"
                        self.told.append((name, c.mail(mails.sized(2_000 + 40_000 * (n % 2), seed=n), sender=name).code))
                    c.quit()
                    self.sessions += 1
            except Exception as e:  # noqa: the thread's failure is the test's
                self.faults.append(f"{type(e).__name__}: {e}")


class Load(E2E):
    def gauges(self, web):
        return {b["name"]: b["used"] for b in web.local("GET", "/api/v1/status").json()["budgets"]}

    def push(self, s, web, changes):
        """One push to its confirm; seconds it took, and how often it had to wait for an older generation."""
        text = toml.dumps(toml.merged(s.table, changes))
        began, waited = time.monotonic(), 0
        while True:
            reply = web.local("PUT", "/api/v1/config", text, {"If-Match": "*", "Content-Type": "application/toml"})
            if reply.status != 409:
                break
            waited += 1
            self.assertLess(time.monotonic() - began, 60, reply.text)
            time.sleep(0.1)
        self.assertEqual(reply.status, 202, reply.text)
        number = reply.json()["generation"]
        def state():
            seen = web.local("GET", "/api/v1/config/state").json()
            return seen if seen["state"] in ("waiting", "idle") else None
        seen = net.wait_until(state, 60, "the generation to be proven", 0.02)
        self.assertEqual((seen["state"], seen["candidate"]), ("waiting", number), json.dumps(seen))
        self.assertEqual(web.local("POST", "/api/v1/config/confirm").status, 200)
        return time.monotonic() - began, waited

    def settled_memory(self, s, web):
        """After everything of the load is over: resident octets, and what the gauges still hold."""
        net.wait_until(lambda: self.gauges(web)["mail sessions"] == 0, 30, "all sessions to end")
        time.sleep(2)
        return s.resident_bytes(), self.gauges(web)

    def test_pushes_under_load(self):
        s, sink = self.pair({"log": {"level": "info"}}, listeners=[{"tls": "starttls"}], keep=False)
        web, extra = Web().of(s), net.free_port(s.host)
        listener = s.table["listener"][0]
        kinds = [{"deadline": {"command": "2m"}}, {"listener": [listener, {"address": f"{s.host}:{extra}"}]}, {"limit": {"received_fields": 40}},
                 {"memory": {"sessions": 60}}, {"dns": {"tries": 3}}, {"policy": {"tag_score": 60}}]
        stop = threading.Event()

        def under_load(pushes, first):
            stop.clear()
            loaders = [Loader(s, i + first, stop) for i in range(LOADERS)]
            for t in loaders:
                t.start()
            times, waits = [], 0
            for i in range(pushes):
                took, waited = self.push(s, web, {**kinds[i % len(kinds)], "probe": {"timeout": f"{20 + i % 7}s"}})
                times.append(took)
                waits += waited
            stop.set()
            for t in loaders:
                t.join(60)
            return loaders, times, waits
        warm, _, _ = under_load(min(PUSHES, 6), 0)
        before, held_before = self.settled_memory(s, web)
        began = time.monotonic()
        loaders, times, waits = under_load(PUSHES, LOADERS)
        lasted = time.monotonic() - began
        after, held_after = self.settled_memory(s, web)
        told = [t for one in warm + loaders for t in one.told]
        print(f"{PUSHES} pushes in {lasted:.1f} s under load: {statistics.median(times) * 1000:.0f} ms each (median), "
              f"{max(times) * 1000:.0f} ms at most; {waits} times told to wait for sessions of an older generation")
        print(f"{sum(t.sessions for t in loaders)} sessions, {sum(len(t.told) for t in loaders)} mails in that time; "
              f"resident {before / 2**20:.2f} MiB before, {after / 2**20:.2f} MiB after, {s.resident_bytes('VmHWM') / 2**20:.2f} MiB at its highest")
        self.assertEqual([f for t in warm + loaders for f in t.faults], [])
        self.assertEqual([t for t in told if t[1] != 250], [])
        arrived = [t.mail.split("<")[1].split(">")[0] for t in sink.accepted]
        self.assertEqual(sorted(arrived), sorted(name for name, _ in told), "lost or doubled")
        self.assertGreater(len(told), PUSHES)
        for gauge in ("mail sessions", "guaranteed windows", "shared windows", "envelopes", "relay TLS engines"):
            self.assertEqual((gauge, held_after[gauge]), (gauge, held_before[gauge]))
        self.assertLess(abs(held_after["TLS heap"] - held_before["TLS heap"]), 64 * 1024)
        if not SANITIZED:
            self.assertLess(after - before, 1 << 20)
