"""Debian's unbound, unprivileged, with zones of its own: a real resolver for the tests of sender authentication."""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from . import net
from .process import SCRATCH

UNBOUND = os.environ.get("SLUICE_UNBOUND") or shutil.which("unbound", path="/usr/sbin:/usr/bin:/sbin")


class Unbound:
    def __init__(self, zones):
        self.host, self.port = net.own_address(), net.free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="unbound.", dir=SCRATCH))
        (self.folder / "unbound.conf").write_text(f"""server:
  interface: {self.host}@{self.port}
  access-control: 127.0.0.0/8 allow
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: "{self.folder}/pid"
  logfile: "{self.folder}/log"
  use-syslog: no
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: yes
  {zones.strip().replace(chr(10), chr(10) + "  ")}
remote-control:
  control-enable: no
""")
        self.process = subprocess.Popen([UNBOUND, "-d", "-c", str(self.folder / "unbound.conf")], stderr=subprocess.PIPE)
        for _ in range(200):
            with socket.socket() as s:
                if s.connect_ex((self.host, self.port)) == 0:
                    return
            if self.process.poll() is not None:
                raise RuntimeError(self.process.stderr.read().decode())
            time.sleep(0.05)
        raise RuntimeError("unbound does not listen")

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)
