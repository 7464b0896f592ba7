"""Debian's pebble, the ACME test server of the makers of Boulder, as a child: asks names of a DNS of the test, refuses nonces, sleeps."""
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import urllib.request

from . import certs, net
from .process import SCRATCH

PEBBLE = os.environ.get("SLUICE_PEBBLE") or shutil.which("pebble")


class Pebble:
    """`http_port`: where it asks for proofs. `more`: further members of its configuration."""
    def __init__(self, dns, http_port, nonce_reject=0, sleep=None, reuse=0, more=None):
        self.port, self.management = net.free_port("127.0.0.1"), net.free_port("127.0.0.1")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pebble.", dir=SCRATCH))
        crt, key = certs.leaf("localhost", tag="-pebble")
        (self.folder / "config.json").write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{self.management}", "certificate": str(crt), "privateKey": str(key),
            "httpPort": http_port, "tlsPort": 5001, "ocspResponderURL": "", **(more or {})}}))
        self.command = [PEBBLE, "-config", str(self.folder / "config.json"), "-dnsserver", dns.address, "-strict"]
        self.env = {**os.environ, "PEBBLE_WFE_NONCEREJECT": str(nonce_reject), "PEBBLE_AUTHZREUSE": str(reuse),
                    **({"PEBBLE_VA_NOSLEEP": "1"} if sleep is None else {"PEBBLE_VA_SLEEPTIME": str(sleep)})}
        self.start()

    @property
    def directory(self):
        return f"https://localhost:{self.port}/dir"

    def start(self):
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=self.env)
        net.wait_until(lambda: self.process.poll() is None and net.connects("127.0.0.1", self.port) and net.connects("127.0.0.1", self.management), 30, "pebble to listen", 0.1)

    def log_text(self):
        return (self.folder / "log").read_text(errors="replace")

    def root(self):
        """Its root certificate as PEM; new at each start."""
        context = ssl._create_unverified_context()
        with urllib.request.urlopen(f"https://127.0.0.1:{self.management}/roots/0", context=context, timeout=20) as answer:
            return answer.read().decode()

    def stop(self, keep=False):
        self.process.kill()
        self.process.wait()
        self.log.close()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
