"""A supervisor with a service, an updater and boot variables of straw: scripts that do what a file says.

The folder is what a machine is: `boot()` starts the supervisor as PID 1's script would, `asked("status")` asks it. The
service reads its behaviour from `behaviour` at each start: one word per start, the last one stays.
"""
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

PYTHON = "/usr/bin/python3"
SERVICE = r"""
import os, signal, socket, sys, time
here = os.path.dirname(os.path.abspath(__file__))
if sys.argv[1] == "budget":
    print('{"kernel_bytes":1,"cgroup_bytes":50331648}')
    sys.exit(0)
def say(text):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])
lines = open(here + "/behaviour").read().split()
n = len(open(here + "/starts").read().split("\n")) - 1
what = lines[min(n, len(lines) - 1)]
status = dict(l.split(":\t") for l in open("/proc/self/status").read().splitlines() if ":\t" in l)
facts = [what, str(os.getuid()), status["CapEff"], status["CapAmb"], status["CapBnd"], status["NoNewPrivs"], " ".join(sys.argv[1:]),
         ",".join(sorted(os.environ)), ",".join(sorted(os.listdir("/proc/self/fd")))]
with open(here + "/starts", "a") as f: f.write("|".join(facts) + "\n")
def stop(*_):
    say("STOPPING=1")
    sys.exit(0)
if what != "deaf": signal.signal(signal.SIGTERM, stop)
else: signal.signal(signal.SIGTERM, signal.SIG_IGN)
if what == "crash": sys.exit(7)
if what == "bad-config": sys.exit(3)
if what == "segv": os.kill(os.getpid(), signal.SIGSEGV)
say("READY=1\nSTATUS=serving\nX_SLUICE_MEMORY=41943040")
if what == "confirms":
    time.sleep(0.5)
    say("X_SLUICE_CONFIRMED=1")
if what == "brief":
    time.sleep(1)
    sys.exit(1)
if what == "again":
    time.sleep(0.5)
    say("STOPPING=1")
    sys.exit(5)
if what == "hang": time.sleep(1000)
if what == "stuck":
    time.sleep(0.3)
    say("X_SLUICE_STUCK=loop-1")
    time.sleep(1000)
while True:
    say("WATCHDOG=1")
    time.sleep(0.2)
"""
TOOLS = {
    "fw_printenv": 'import sys\nfor l in open(HERE+"/env"): print(l, end="")\n',
    "fw_setenv": 'import sys\nlines=dict(l.strip().split("=",1) for l in open(HERE+"/env"))\nlines[sys.argv[1]]=sys.argv[2]\n'
                 'open(HERE+"/env","w").write("".join(f"{k}={v}\\n" for k,v in lines.items()))\n',
    "rauc": 'import sys,time,os\nif sys.argv[1]=="info":\n  t=open(sys.argv[-1]).read()\n  if "forged" in t: print("signature verification failed: self-signed certificate"); sys.exit(1)\n'
            '  print(t,end="")\n  sys.exit(0)\n'
            'if "broken" in open(sys.argv[-1]).read():\n  print("  0% Installing")\n  print("LastError: Failed mounting bundle")\n  sys.exit(1)\n'
            'for p in (0,20,60,100):\n  print(f"{p:3}% Step {p} done.",flush=True); time.sleep(float(os.environ.get("X","0.3")))\n',
    "apply-network": 'import sys\nt=open(sys.argv[1]).read()\nprint("eth7: no such interface" if "eth7" in t else "applied")\nsys.exit("eth7" in t)\n',
    "keep-copy": 'import sys\nopen(HERE+"/copies","a").write(" ".join(sys.argv[1:])+"\\n")\nprint("generation 3, 100 octets")\n',
    "factory-reset": 'open(HERE+"/wiped","w").write("yes")\n',
    "reboot": 'open(HERE+"/rebooted","a").write("x")\n',
}


class Supervised:
    def __init__(self, program, behaviour="votes", slot="A", version="1.0", index=5):
        self.program, self.process = program, None
        self.at = pathlib.Path(tempfile.mkdtemp(prefix="supervised."))
        os.chmod(self.at, 0o755)
        for d in ("run", "state", "update", "root/proc/self"):
            (self.at / d).mkdir(parents=True)
        self.user = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self.script("sluice", SERVICE)
        for name, text in TOOLS.items():
            self.script(name, text.replace("HERE", repr(str(self.at))))
        self.write("behaviour", behaviour)
        self.write("starts", "")
        os.chmod(self.at / "starts", 0o666)
        self.write("env", "BOOT_ORDER=A B\nBOOT_A_LEFT=2\nBOOT_B_LEFT=3\n")
        self.write("release", f"VERSION={version}\nROLLBACK_INDEX={index}\nBOARD=straw\nCOMPATIBLE=straw-1\n")
        self.write("root/proc/cmdline", f"console=ttyS0 rauc.slot={slot} sluice.verified=yes\n" if slot else "quiet\n")
        self.write("root/proc/meminfo", "MemTotal:  124000 kB\n")

    def write(self, name, text):
        (self.at / name).write_text(text)

    def read(self, name):
        p = self.at / name
        return p.read_text() if p.exists() else ""

    def script(self, name, text):
        (self.at / name).write_text(f"#!{PYTHON} -I\n{text}")
        os.chmod(self.at / name, 0o755)

    def boot(self, *more):
        options = {"--service": "sluice", "--config": "behaviour", "--runtime-directory": "run", "--state-directory": "state", "--update-directory": "update",
                   "--release": "release", "--root": "root", "--fw-printenv": "fw_printenv", "--fw-setenv": "fw_setenv", "--rauc": "rauc",
                   "--apply-network": "apply-network", "--factory-reset": "factory-reset", "--keep-copy": "keep-copy", "--reboot": "reboot"}
        words = [self.program]
        for name, file in options.items():
            words += [name, str(self.at / file)]
        words += ["--user", self.user, "--watchdog", "none", "--cgroup", "none", "--vote-period", "2", "--first-pause", "0.1", "--longest-pause", "1", *more]
        self.log = open(self.at / "log", "ab")
        self.process = subprocess.Popen(words, stderr=self.log, stdin=subprocess.DEVNULL)

    def asked(self, line, patience=20):
        """All lines of the reply."""
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(patience)
        s.connect(str(self.at / "run/supervisor.sock"))
        s.sendall(line.encode() + b"\n")
        out = b""
        while piece := s.recv(4096):
            out += piece
        return out.decode().splitlines()

    def status(self):
        line = self.asked("status")[-1]
        assert line.startswith("ok "), line
        return {k: urllib.parse.unquote(v) for k, v in (w.split("=", 1) for w in line.split(" ")[1:])}

    def starts(self):
        return [dict(zip(("what", "uid", "eff", "amb", "bnd", "nnp", "words", "environment", "files"), l.split("|"))) for l in self.read("starts").splitlines()]

    def events(self, name):
        return [l for l in self.read("log").splitlines() if re.search(rf"\b{name}\b", l)]

    def until(self, what, patience=20):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            try:
                if value := what():
                    return value
            except (OSError, AssertionError):
                pass
            time.sleep(0.05)
        raise AssertionError("it did not happen in time; the log:\n" + self.read("log"))

    def ready(self, starts=1):
        self.until(lambda: len(self.events("service-ready")) >= starts)

    def child(self):
        pids = re.findall(r"service-started pid=(\d+)", self.read("log"))
        return int(pids[-1])

    def power_off(self):
        """Everything is gone at once, as by a pulled plug; /run is empty afterwards."""
        if self.process and self.process.poll() is None:
            child = self.child() if self.events("service-started") else None
            self.process.kill()
            self.process.wait()
            if child:
                try:
                    os.kill(child, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        shutil.rmtree(self.at / "run")
        (self.at / "run").mkdir()

    def close(self):
        self.power_off()
        self.log.close()
        for tries in range(50):  # a tool that the supervisor had started may still write its last line
            try:
                return shutil.rmtree(self.at)
            except OSError:
                if tries == 49:
                    raise
                time.sleep(0.1)
