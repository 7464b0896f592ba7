"""A scripted supervisor: speaks the protocol of the control socket, does nothing to the machine, and remembers what was asked.

    box = Supervisor(folder).start()                 its path goes into SLUICE_SUPERVISOR of the program under test
    box.facts["slot_state"] = "trying"               what `status` tells
    box.script["install"] = ["progress 10 a", 0.2, "error bundle bad signature"]    lines, pauses in seconds, or CLOSE
    box.asked                                        [("install", {"path": ...}), ...] without `status`
"""
import os
import pathlib
import shutil
import socket
import tempfile
import threading
import time
import urllib.parse

CLOSE = object()
FACTS = {
    "slot": "A", "other": "B", "slot_state": "good", "tries_left": "3", "version": "1.0", "other_version": "0.9", "other_state": "good", "rollback_index": "7",
    "reset_reason": "power", "reset_detail": "", "board": "Test board", "serial": "0042", "watchdog": "/dev/watchdog0,timeout=30", "safe_mode": "0",
    "restarts": "0", "rootfs": "verity", "boot_verified": "yes", "install": "idle",
}


def encoded(values):
    return "".join(f" {k}={urllib.parse.quote(str(v), safe='')}" for k, v in values.items())


class Supervisor:
    def __init__(self, **facts):
        self.folder = tempfile.mkdtemp(prefix="box.", dir="/tmp")  # an address holds 107 octets
        self.path = f"{self.folder}/s"
        self.facts, self.script, self.asked = {**FACTS, **facts}, {}, []
        self.seen = {}  # what lay at `path` when it was asked, by verb
        self.lock = threading.Lock()

    @property
    def env(self):
        return {"SLUICE_SUPERVISOR": self.path}

    def start(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self):
        self.listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def verbs(self):
        with self.lock:
            return [verb for verb, _ in self.asked]

    def _accept(self):
        while True:
            try:
                c, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(c,), daemon=True).start()

    def _serve(self, c):
        with c:
            try:
                c.settimeout(20)
                line = b""
                while not line.endswith(b"\n"):
                    piece = c.recv(4096)
                    if not piece or len(line) > 4096:
                        return
                    line += piece
                self._answer(c, line.decode())
            except OSError:
                pass

    def _answer(self, c, line):
        words = line.split()
        verb = words[0] if "=" in words[-1] or len(words) == 1 else " ".join(words)
        values = dict((w.split("=", 1)[0], urllib.parse.unquote(w.split("=", 1)[1])) for w in words if "=" in w)
        if verb == "status":
            steps = self.script.get("status") or ["ok" + encoded(self.facts)]
        else:
            with self.lock:
                self.asked.append((verb, values))
                if "path" in values:
                    try:
                        self.seen.setdefault(verb, []).append(pathlib.Path(values["path"]).read_bytes())
                    except OSError as e:
                        self.seen.setdefault(verb, []).append(e)
            steps = self.script.get(verb, ["ok"])
        if callable(steps):
            steps = steps(values)
        for step in steps:
            if step is CLOSE:
                return
            if isinstance(step, (int, float)):
                time.sleep(step)
            else:
                c.sendall(step.encode() + b"\n")
