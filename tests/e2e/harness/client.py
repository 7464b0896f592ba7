"""A test client that does exactly what it is told: raw octets in both directions, TLS, DATA and BDAT.

Every reply that Sluice makes is noted in build/e2e-replies (see test_replies.py: each documented reply must be seen).
"""
import os
import re
import socket
import ssl
import struct

from . import net

PATIENCE = float(os.environ.get("SLUICE_E2E_PATIENCE", "60"))  # seconds for any single reply


class Reply:
    def __init__(self, code, lines):
        self.code, self.lines = code, lines

    @property
    def text(self):
        return "\n".join(self.lines)

    @property
    def status(self):  # "5.7.1" or ""
        m = re.match(r"([245]\.\d{1,3}\.\d{1,3})(?: |$)", self.lines[0] if self.lines else "")
        return m[1] if m else ""

    def __repr__(self):
        return f"{self.code} {self.text!r}"


class Closed(Exception):
    """The other side ended the connection where a reply was expected."""


class Client:
    def __init__(self, host, port, source=None, implicit_tls=False, greeting=True, first=b"", receive_buffer=None):
        self.sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(PATIENCE)
        if source:
            self.sock.bind((source, 0))
        self.sock.connect((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.extensions = {}
        if first:
            self.sock.sendall(first)
        if implicit_tls:
            self.handshake()
        self.greeting = self.reply() if greeting else None

    # ---- octets ----
    def send(self, octets):
        self.sock.sendall(octets if isinstance(octets, (bytes, bytearray, memoryview)) else octets.encode())

    def line(self):
        while b"\n" not in self.buffer:
            try:
                more = self.sock.recv(65536)
            except (ConnectionResetError, ssl.SSLEOFError) as e:
                raise Closed(str(e)) from None
            if not more:
                raise Closed(f"after {self.buffer!r}")
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        if not line.endswith(b"\r"):
            raise AssertionError(f"reply line without CR: {line!r}")
        return line[:-1].decode("utf-8")

    def reply(self):
        lines, code = [], None
        while True:
            line = self.line()
            if not re.match(r"[2-5]\d\d[ -]", line + " ") or (code and line[:3] != code):
                raise AssertionError(f"not a reply: {line!r} after {lines}")
            code = line[:3]
            lines.append(line[4:])
            if line[3:4] != "-":
                reply = Reply(int(code), lines)
                note(reply)
                return reply

    def at_end(self):
        """True when the other side has closed and nothing is left to read."""
        try:
            more = self.sock.recv(65536)
            self.buffer += more
            return not more and not self.buffer
        except (ConnectionResetError, ssl.SSLError):
            return not self.buffer

    # ---- commands ----
    def cmd(self, line):
        self.send(line + "\r\n")
        return self.reply()

    def pipeline(self, *lines):
        self.send("".join(line + "\r\n" for line in lines))
        return [self.reply() for _ in lines]

    def ehlo(self, name="client.example.org"):
        reply = self.cmd(f"EHLO {name}")
        self.extensions = {}
        for line in reply.lines[1:]:
            word, _, rest = line.partition(" ")
            self.extensions[word.upper()] = rest
        return reply

    def handshake(self, context=None):
        context = context or trusting()
        self.sock = context.wrap_socket(self.sock, server_hostname="mx.example.net")

    def starttls(self, context=None):
        reply = self.cmd("STARTTLS")
        if reply.code == 220:
            self.handshake(context)
        return reply

    def envelope(self, sender="alice@example.org", recipients=("bob@example.net",), parameters=""):
        replies = [self.cmd(f"MAIL FROM:<{sender}>{parameters}")]
        replies += [self.cmd(f"RCPT TO:<{r}>") for r in recipients]
        return replies

    def data(self, content):
        """DATA with dots stuffed; the reply to its end, or to DATA when that was no 354."""
        reply = self.cmd("DATA")
        if reply.code != 354:
            return reply
        self.send(stuffed(content) + (b"" if content.endswith(b"\r\n") or not content else b"\r\n") + b".\r\n")
        return self.reply()

    def bdat(self, content, chunk=None):
        """In chunks, pipelined one by one; the last reply."""
        chunk = chunk or max(len(content), 1)
        pieces = [content[i:i + chunk] for i in range(0, len(content), chunk)] or [b""]
        reply = None
        for i, piece in enumerate(pieces):
            last = " LAST" if i == len(pieces) - 1 else ""
            self.send(f"BDAT {len(piece)}{last}\r\n".encode() + piece)
            reply = self.reply()
            if reply.code != 250:
                return reply
        return reply

    def mail(self, content, sender="alice@example.org", recipients=("bob@example.net",), how="data", parameters="", chunk=None):
        """A whole transaction; the reply that decided it."""
        for reply in self.envelope(sender, recipients, parameters):
            if reply.code != 250:
                return reply
        return self.data(content) if how == "data" else self.bdat(content, chunk)

    # ---- endings ----
    def quit(self):
        reply = self.cmd("QUIT")
        self.close()
        return reply

    def close(self):
        self.sock.close()

    def reset(self):
        """Close with a TCP reset."""
        raw = self.sock
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()


def stuffed(content):
    content = content.replace(b"\r\n.", b"\r\n..")
    return b"." + content if content.startswith(b".") else content


def trusting(minimum=ssl.TLSVersion.TLSv1_2, maximum=ssl.TLSVersion.TLSv1_3):
    """A TLS context that checks nothing: most tests are not about certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version, context.maximum_version = minimum, maximum
    return context


_noted = set()


def note(reply):
    folder = os.environ.get("SLUICE_REPLIES")
    line = f"{reply.code} {reply.lines[-1]}"
    if folder and line not in _noted:
        _noted.add(line)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"{os.getpid()}.txt"), "a", encoding="utf-8") as f:
            f.write(line + "\n")
