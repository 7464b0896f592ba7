"""P1: kill -9 at random moments under load. No message that was answered 250 is missing, none is corrupt, and each doubled
one lacks a 250 in the client's ledger.

SLUICE_KILLS is how often (20; ./test long: 200), SLUICE_SEED the seed. Clients behave as mail servers do: what got no 250
is sent again.
"""
import collections
import os
import random
import re
import signal
import threading
import time

from harness import mails, net
from harness.case import E2E
from harness.client import Closed

KILLS = int(os.environ.get("SLUICE_KILLS", "20"))
SEED = int(os.environ.get("SLUICE_SEED", "20261123"))
HOLD = "hold.example.org"


def message(number):
    """(kind, sender, content) of a message; its content tells its number."""
    kind = ("small", "window", "streamed", "scam", "spilled")[number % 5]
    tag = b"X-Number: " + str(number).encode() + b"\r\n"
    if kind == "scam":
        return kind, "bounce@microsoftonline.com", tag + mails.sample("entra_tenant_name_scam.eml")
    content = {"small": lambda: mails.simple(f"Number {number}"), "window": lambda: mails.sized(60_000, seed=number),
               "streamed": lambda: mails.sized(400_000, seed=number), "spilled": lambda: mails.sized(300_000, seed=number)}[kind]()
    sender = f"alice@{HOLD}" if kind == "spilled" else "alice@example.org"
    return kind, sender, tag + content.replace(b"alice@example.org", sender.encode())


class Ledger:
    def __init__(self):
        self.lock, self.next, self.attempts = threading.Lock(), 0, collections.defaultdict(list)

    def new(self):
        with self.lock:
            self.next += 1
            return self.next

    def note(self, number, code):
        with self.lock:
            self.attempts[number].append(code)


class Crash(E2E):
    def client(self, s, ledger, stop):
        while not stop.is_set():
            number = ledger.new()
            _, sender, content = message(number)
            while True:
                code = None  # no definite word
                try:
                    with s.client() as c:
                        c.sock.settimeout(30)
                        if c.greeting.code == 220 and c.ehlo().code == 250:
                            code = c.mail(content, sender=sender, how="bdat" if number % 3 == 0 else "data", chunk=40_000).code
                        else:
                            code = 421
                except (OSError, Closed):
                    pass
                ledger.note(number, code)
                if code == 250 or (stop.is_set() and code is not None):
                    break
                time.sleep(0.05)

    def test_kill_9_at_random_moments_loses_corrupts_and_doubles_nothing(self):
        rng, ledger, stop = random.Random(SEED), Ledger(), threading.Event()
        s, sink = self.pair({"policy": {"always_hold": [HOLD]}, "quarantine": {"size": "256MiB", "sender_domain_share": 100}})
        threads = [threading.Thread(target=self.client, args=(s, ledger, stop), daemon=True) for _ in range(6)]
        for t in threads:
            t.start()
        for n in range(KILLS):
            time.sleep(rng.uniform(0.02, 1.2))
            s.process.send_signal(signal.SIGKILL)
            s.process.wait()
            s.log_handle.close()
            s.spawn()
            net.wait_until(lambda: net.connects(s.host, s.port), 60, "the port after a kill")
            if n % 20 == 19:
                print(f"    {n + 1} kills, {ledger.next} messages", flush=True)
        time.sleep(1)
        stop.set()
        for t in threads:
            t.join(120)
        self.assertFalse(any(t.is_alive() for t in threads))

        straight = len(sink.accepted)
        s.wait_ready()
        held = [line.split('"id":"')[1].split('"')[0] for line in s.cli("quarantine", "list", "--config", s.config_file, "--json").stdout.splitlines()]
        for entry in held:
            answer = s.cli("quarantine", "release", entry, "--config", s.config_file)
            self.assertEqual(answer.returncode, 0, answer.stderr)
        sink.wait_accepted(straight + len(held), timeout=120)
        arrived, corrupt = collections.Counter(), []
        for t in sink.accepted:
            m = re.search(rb"^X-Number: (\d+)\r$", t.data, re.M)
            number = int(m[1]) if m else 0
            if not m or not t.data.endswith(message(number)[2]):
                corrupt.append(t)
            arrived[number] += 1
        told = {number for number, codes in ledger.attempts.items() if 250 in codes}
        silent = {number: codes.count(None) for number, codes in ledger.attempts.items()}
        missing = sorted(n for n in told if not arrived[n])
        doubled = sorted(n for n, count in arrived.items() if count > (n in told) + silent.get(n, 0))
        kinds = collections.Counter(message(n)[0] for n in told)
        print(f"    seed {SEED}: {KILLS} kills, {len(ledger.attempts)} messages in {sum(map(len, ledger.attempts.values()))} attempts, "
              f"{len(told)} answered 250 ({', '.join(f'{v} {k}' for k, v in sorted(kinds.items()))}), {len(held)} held, "
              f"{sum(arrived.values())} arrived, {sum(c - 1 for c in arrived.values() if c > 1)} of them again after an attempt without a word")
        self.assertEqual(missing, [], "answered 250 and missing")
        self.assertEqual(corrupt, [], "arrived corrupt")
        self.assertEqual(doubled, [], "doubled although the client had its 250")
        self.assertGreater(len(told), KILLS)
