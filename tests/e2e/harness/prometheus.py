"""Debian's Prometheus as a child: scrapes a box over HTTPS with a bearer token, answers questions in PromQL."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import urllib.parse
import urllib.request

from . import net
from .process import SCRATCH

PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")


class Prometheus:
    def __init__(self, target, token, ca_file, server_name, rules=None):
        self.host, self.port = net.own_address(), 0
        self.port = net.free_port(self.host)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="prometheus.", dir=SCRATCH))
        (self.folder / "token").write_text(token)
        (self.folder / "prometheus.yml").write_text(f"""global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [{rules or ""}]
scrape_configs:
  - job_name: sluice
    scheme: https
    authorization: {{credentials_file: {self.folder}/token}}
    tls_config: {{ca_file: {ca_file}, server_name: {server_name}}}
    static_configs: [{{targets: ["{target}"]}}]
""")
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([PROMETHEUS, f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                                         f"--web.listen-address={self.host}:{self.port}", "--storage.tsdb.retention.time=1h", "--log.level=warn"],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        net.wait_until(self.ready, 60, "Prometheus to be ready", 0.2)

    def ready(self):
        if self.process.poll() is not None:
            raise RuntimeError((self.folder / "log").read_text())
        try:
            return urllib.request.urlopen(f"http://{self.host}:{self.port}/-/ready", timeout=2).status == 200
        except OSError:
            return False

    def ask(self, path, **values):
        url = f"http://{self.host}:{self.port}/api/v1/{path}?{urllib.parse.urlencode(values)}"
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as e:
            raise AssertionError(f"{values}: {e.read().decode()}") from None

    def query(self, expression):
        """A list of (labels, value)."""
        data = self.ask("query", query=expression)
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(r["metric"], float(r["value"][1])) for r in data["result"]]

    def value(self, expression):
        found = self.query(expression)
        return found[0][1] if found else None

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
