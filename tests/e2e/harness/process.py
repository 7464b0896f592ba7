"""Sluice itself under test: a generated configuration, start, log, stop, and the verdict of the sanitizers."""
import json
import os
import pathlib
import re
import signal
import subprocess

from . import net, toml
from .client import Client, Closed

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("SLUICE_BIN", str(ROOT / "build/host-release/bin/sluice"))
SANITIZED = os.environ.get("SLUICE_SANITIZE", "")  # "address,undefined", "thread" or nothing
SCRATCH = pathlib.Path(os.environ.get("SLUICE_E2E_SCRATCH", ROOT / "build/e2e"))
SCRATCH.mkdir(parents=True, exist_ok=True)
COMPLAINTS = re.compile(r"ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer|LeakSanitizer|terminate called|Assertion .* failed|assertion")

BASE = {
    "hostname": "mx.example.net",
    "domains": ["example.net", "*.example.net", "other.example"],
    "status": {"listen": "off"},
    "auth": {"enabled": False},  # no test asks the real world; those that are about it say so
    "log": {"format": "json", "level": "debug"},
    "memory": {"sessions": 64, "loops": 2},
    "limit": {"connections_per_client": 1000, "connections_per_client_per_minute": 100000},
    "quarantine": {"size": "64MiB"},
    "spool": {"size": "256MiB"},
}


class Sluice:
    """One running program. `config` is laid over BASE; listeners get a free port of the test's own address."""

    def __init__(self, folder, downstream=None, config=None, listeners=None, env=None, wrapper=(), arguments=(), program=PROGRAM):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.host = net.own_address()
        self.ports = []
        table = toml.merged(BASE, {"data_directory": str(self.folder / "data")})
        if downstream is not None:
            table["route"] = [{"host": getattr(downstream, "address", downstream), "tls": "off", "health_check_interval": "1s"}]
        table = toml.merged(table, config or {})
        table["listener"] = []
        for listener in listeners or [{}]:
            port = net.free_port(self.host)
            self.ports.append(port)
            table["listener"].append({"address": f"{self.host}:{port}", **listener})
        self.table = table
        self.config_file = self.folder / "sluice.toml"
        (self.folder / "data").mkdir(exist_ok=True)
        self.log_file = self.folder / "log"
        self.env = {**os.environ, **(env or {})}
        self.wrapper, self.arguments, self.program = list(wrapper), list(arguments), program
        self.process = None
        self.ended_well = True
        self.write_config()

    @property
    def port(self):
        return self.ports[0]

    def write_config(self, changes=None):
        self.table = toml.merged(self.table, changes or {})
        self.config_file.write_text(toml.dumps(self.table))

    # ---- running ----
    def spawn(self):
        self.stopping = False
        self.log_handle = open(self.log_file, "ab")
        self.process = subprocess.Popen([*self.wrapper, self.program, "run", "--config", str(self.config_file), *self.arguments], stdin=subprocess.DEVNULL,
                                        stdout=self.log_handle, stderr=self.log_handle, env=self.env)
        return self

    def start(self, ready=True):
        self.spawn()
        self.wait_event("started", since=0 if not hasattr(self, "starts") else self.starts)
        self.starts = self.log_text().count('"started"')
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self, timeout=30):
        """Until a client is greeted and EHLO answered: the first health check of the downstream is done."""
        for i, listener in enumerate(self.table["listener"]):
            if listener.get("proxy_protocol"):
                continue
            def greeted():
                try:
                    with self.client(i) as c:
                        return c.greeting.code == 220 and c.ehlo("ready.example.org").code == 250
                except (Closed, OSError):
                    return False
            net.wait_until(greeted, timeout, "Sluice to be ready", 0.05)

    def client(self, listener=0, **options):
        implicit = self.table["listener"][listener].get("tls") == "implicit"
        return Client(self.host, self.ports[listener], implicit_tls=implicit, **options)

    def cli(self, *words, stdin=None, timeout=120):
        """Another command of the program, e.g. cli("quarantine", "list", "--config", ...)."""
        return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, input=stdin, timeout=timeout, env=self.env)

    def send_signal(self, number):
        self.stopping = self.stopping or number in (signal.SIGTERM, signal.SIGINT)
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM, timeout=60):
        """Exit status; 0 is what a stop by SIGTERM must give."""
        if self.process.poll() is None and not self.stopping:
            self.send_signal(number)
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"Sluice did not stop within {timeout} s") from None
        self.log_handle.close()
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log_handle.close()

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    # ---- looking at it ----
    def log_text(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def events(self, name=None):
        out = []
        for line in self.log_text().splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if name is None or event.get("event") == name:
                out.append(event)
        return out

    def wait_event(self, name, timeout=60, since=0, **fields):
        """The first event of that name after `since` such events, with these fields."""
        def found():
            if not self.running and not self.log_text():
                raise AssertionError("Sluice ended without a word")
            matching = [e for e in self.events(name) if all(e.get(k) == v for k, v in fields.items())]
            if len(matching) > since:
                return matching[since]
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"Sluice ended with {self.process.poll()} while {name} was waited for:\n{self.log_text()[-2000:]}")
            return None
        return net.wait_until(found, timeout, f"event {name} {fields}")

    def complaints(self):
        text = self.log_text()
        m = COMPLAINTS.search(text)
        return text[max(0, m.start() - 500):m.start() + 4000] if m else ""

    def resident_bytes(self, what="VmRSS"):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{what}:\s+(\d+) kB", status)[1]) * 1024

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


