"""A DNS server with a zone in a dict, so that no test asks the real world. Everything unknown is NXDOMAIN.

    dns = Dns({("example.org", "TXT"): ["v=spf1 -all"], ("mx.example.org", "A"): ["192.0.2.1"]}).start()
    dns.silent = True    answers nothing from now on
"""
import ipaddress
import socket
import struct
import threading

from . import net

TYPES = {"A": 1, "MX": 15, "TXT": 16, "AAAA": 28, "PTR": 12, "CNAME": 5}


def _name(text):
    return b"".join(bytes([len(x)]) + x.encode() for x in text.rstrip(".").split(".") if x) + b"\0"


def _rdata(kind, value):
    if kind == "A":
        return ipaddress.IPv4Address(value).packed
    if kind == "AAAA":
        return ipaddress.IPv6Address(value).packed
    if kind == "MX":
        preference, host = value.split()
        return struct.pack("!H", int(preference)) + _name(host)
    if kind in ("PTR", "CNAME"):
        return _name(value)
    raw = value.encode()
    return b"".join(bytes([len(raw[i:i + 255])]) + raw[i:i + 255] for i in range(0, len(raw), 255)) or b"\0"


class Dns:
    def __init__(self, zone=None, host=None):
        self.zone = {(name.lower(), kind): values for (name, kind), values in (zone or {}).items()}
        self.host, self.port, self.silent, self.asked = host or net.own_address(), 0, False, []

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def start(self):
        self.tcp = socket.socket()
        self.tcp.bind((self.host, 0))
        self.port = self.tcp.getsockname()[1]
        self.tcp.listen(64)
        self.udp = socket.socket(type=socket.SOCK_DGRAM)
        self.udp.bind((self.host, self.port))
        threading.Thread(target=self._serve_udp, daemon=True).start()
        threading.Thread(target=self._serve_tcp, daemon=True).start()
        return self

    def stop(self):
        for s in (self.tcp, self.udp):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def answer(self, query, most=65535):
        labels, i = [], 12
        while query[i]:
            labels.append(query[i + 1:i + 1 + query[i]].decode("latin-1"))
            i += query[i] + 1
        kind = struct.unpack("!H", query[i + 1:i + 3])[0]
        name = ".".join(labels).lower()
        word = next((k for k, v in TYPES.items() if v == kind), str(kind))
        self.asked.append((name, word))
        values = self.zone.get((name, word))
        known = values is not None or any(n == name or n.endswith("." + name) for n, _ in self.zone)
        records = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 300, len(r)) + r for r in (_rdata(word, v) for v in values or []))
        head = query[:2] + struct.pack("!HHHHH", 0x8580 | (0 if known else 3), 1, len(values or []), 0, 0) + query[12:i + 5]
        if len(head + records) > most:
            return query[:2] + struct.pack("!HHHHH", 0x8780, 1, 0, 0, 0) + query[12:i + 5]  # truncated: ask by TCP
        return head + records

    def _serve_udp(self):
        while True:
            try:
                query, peer = self.udp.recvfrom(4096)
            except OSError:
                return
            if not self.silent and len(query) > 16:
                self.udp.sendto(self.answer(query, 1232), peer)

    def _serve_tcp(self):
        while True:
            try:
                s, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._talk_tcp, args=(s,), daemon=True).start()

    def _talk_tcp(self, s):
        with s:
            stream = s.makefile("rb")
            while len(size := stream.read(2)) == 2:
                reply = self.answer(stream.read(struct.unpack("!H", size)[0]))
                if not self.silent:
                    s.sendall(struct.pack("!H", len(reply)) + reply)
