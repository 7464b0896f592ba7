"""Debian's rsyslogd, unprivileged, as a child: a real syslog server. What it read is written to a file, an object per message, as
rsyslog itself understood it: priority, fields of the head, structured data, text."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from . import certs, net
from .process import SCRATCH

RSYSLOGD = os.environ.get("SLUICE_RSYSLOGD") or shutil.which("rsyslogd", path="/usr/sbin:/usr/bin:/sbin")
FIELDS = ("pri", "timereported", "hostname", "app-name", "procid", "msgid", "structured-data", "msg", "rawmsg", "protocol-version")


class Rsyslog:
    """`transport` is udp, tcp, tls or unix. It can be stopped and started again on the same address."""

    def __init__(self, transport, name="syslog.example.net"):
        self.transport = transport
        self.host = net.own_address()
        self.port = net.free_port(self.host)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rsyslog.", dir=SCRATCH if transport != "unix" else "/tmp"))
        self.file, self.socket = self.folder / "messages", self.folder / "log"
        tls = ""
        if transport == "tls":
            certificate, key = certs.leaf(name)
            tls = (f'defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="{certs.ca() / "ca.crt"}" '
                   f'defaultNetstreamDriverCertFile="{certificate}" defaultNetstreamDriverKeyFile="{key}"')
        listen = {
            "udp": f'module(load="imudp")\ninput(type="imudp" address="{self.host}" port="{self.port}")',
            "tcp": f'module(load="imtcp")\ninput(type="imtcp" address="{self.host}" port="{self.port}" supportOctetCountedFraming="on")',
            "tls": 'module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")\n'
                   f'input(type="imtcp" address="{self.host}" port="{self.port}" supportOctetCountedFraming="on")',
            "unix": f'module(load="imuxsock" sysSock.use="off")\ninput(type="imuxsock" socket="{self.socket}" useSpecialParser="off" parseHostname="on")',
        }[transport]
        properties = "\n".join(f'  property(outname="{f}" name="{f}" format="jsonf")\n  constant(value=", ")' for f in FIELDS)
        (self.folder / "conf").write_text(f"""global(workDirectory="{self.folder}" maxMessageSize="16k" parser.escapeControlCharactersOnReceive="off" {tls})
module(load="mmpstrucdata")
{listen}
template(name="object" type="list") {{
  constant(value="{{")
{properties}
  property(outname="sd" name="$!rfc5424-sd" format="jsonf")
  constant(value="}}\\n")
}}
action(type="mmpstrucdata" sd_name.lowercase="off")
action(type="omfile" file="{self.file}" template="object" fileCreateMode="0600")
""")
        self.process = None
        self.start()

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def start(self):
        self.socket.unlink(missing_ok=True)
        self.log = open(self.folder / "own.log", "ab")
        self.process = subprocess.Popen([RSYSLOGD, "-n", "-f", str(self.folder / "conf"), "-i", str(self.folder / "pid")],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        net.wait_until(self.listens, 20, "rsyslogd to listen", 0.05)
        return self

    def listens(self):
        if self.process.poll() is not None:
            raise RuntimeError((self.folder / "own.log").read_text())
        if self.transport == "unix":
            return self.socket.exists()
        table = "/proc/net/udp" if self.transport == "udp" else "/proc/net/tcp"
        address = "".join(f"{int(o):02X}" for o in reversed(self.host.split(".")))
        return f"{address}:{self.port:04X} " in pathlib.Path(table).read_text()

    def pause(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def stop(self):
        if self.process.poll() is None:
            self.pause()
        shutil.rmtree(self.folder, ignore_errors=True)

    def messages(self, event=None):
        out = []
        octets = self.file.read_bytes() if self.file.exists() else b""
        for line in octets[:octets.rfind(b"\n") + 1].splitlines():  # rsyslogd may be in the middle of one, or of a character
            m = json.loads(line)
            m["data"] = json.loads(m["sd"]) if m["sd"] else {}
            m["event"] = m["data"].get("sluice@32473", {})
            if event is None or m["msgid"] == event:
                out.append(m)
        return out

    def wait(self, event, count=1, timeout=30):
        net.wait_until(lambda: len(self.messages(event)) >= count, timeout, f"{count} {event} at the syslog server", 0.1)
        return self.messages(event)
