"""A mail server to stand behind Sluice: keeps what it gets, and misbehaves where it is told to.

    sink = Sink().start()                      accepts everything
    sink.script["rcpt"] = ["450 4.2.0 later", OK]    first RCPT of the sink's life 450, from then on the usual reply
    sink.script["dot"] = Delay(5, Drop())      an action instead of a reply

Steps: connect, ehlo, helo, starttls, xclient, xforward, mail, rcpt, data, dot, rset, noop, quit. A script entry is one
action for always, or a list that is used up one by one. An action is a reply text, OK (the usual reply), or an object
below. Sessions without MAIL (Sluice's health checks) leave no transaction; a step is scripted for them too unless the
entry is wrapped in ForMail().
"""
import hashlib
import re
import select
import socket
import ssl
import struct
import threading
import time

from . import net

OK = object()


class Drop:
    """Close the connection, after sending `text` if any (part of a reply)."""

    def __init__(self, text=b"", reset=False):
        self.text, self.reset = text, reset


class Delay:
    def __init__(self, seconds, then=OK):
        self.seconds, self.then = seconds, then


class Raw:
    """These octets instead of a reply."""

    def __init__(self, octets):
        self.octets = octets


class Silence:
    """Never answer; the connection stays open until the other side leaves."""


class Deaf:
    """This reply, and from then on nothing is read; the connection stays open until the other side leaves."""

    def __init__(self, text):
        self.text = text


class ForMail:
    """Only for sessions that have sent MAIL, or from the n-th connection on: spares the health checks."""

    def __init__(self, action, from_connection=2):
        self.action, self.from_connection = action, from_connection


class _Gone(Exception):
    pass


class Transaction:
    def __init__(self, session):
        self.session = session  # number of the connection
        self.mail, self.rcpt = "", []
        self.data = b""  # unstuffed content (empty with keep=False)
        self.sha256, self.octets = "", 0
        self.tail_sha256 = ""  # below the first `From:` line that starts a line: what the test sent begins there
        self.reply = ""  # to the dot
        self.complete = False  # the dot came
        self.tls = self.client = None
        self.began = self.ended = 0.0

    @property
    def accepted(self):
        return self.complete and self.reply.startswith("2")


class Sink:
    def __init__(self, host=None, port=None, extensions=("PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES", "SIZE 209715200"),
                 tls=None, keep=True, rate=None, data_rate_from=0, name="sink.example.net"):
        self.host, self.port = host or net.own_address(), port or 0
        self.extensions, self.tls, self.keep, self.rate, self.name = list(extensions), tls, keep, rate, name
        self.drop_after = None  # octets of content after which the connection is dropped
        self.script = {}
        self.transactions, self.commands, self.lock = [], [], threading.Lock()
        self.connections = self.open = 0
        self.sockets = set()
        self.listener = None

    # ---- running ----
    def start(self):
        self.listener = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((self.host, self.port))
        self.port = self.listener.getsockname()[1]
        self.listener.listen(2048)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()
        return self

    def stop(self):
        """Refuse new connections and drop the open ones."""
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None
        with self.lock:
            sockets = list(self.sockets)
        for s in sockets:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @property
    def address(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def accepted(self):
        with self.lock:
            return [t for t in self.transactions if t.accepted]

    def wait_accepted(self, n=1, timeout=30):
        net.wait_until(lambda: len(self.accepted) >= n, timeout, f"{n} accepted messages")
        return self.accepted

    def command_lines(self, verb=None):
        with self.lock:
            return [line for _, line in self.commands if verb is None or line.upper().startswith(verb)]

    def _accept(self, listener):
        while True:
            try:
                s, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                number = self.connections
            threading.Thread(target=self._guard, args=(s, number), daemon=True).start()

    def _guard(self, s, number):
        with self.lock:
            self.sockets.add(s)
            self.open += 1
        session = _Session(self, s, number)
        try:
            session.run()
        except (_Gone, OSError, ssl.SSLError):
            pass
        finally:
            with self.lock:
                self.sockets.discard(s)
                self.open -= 1
            session.sock.close()


class _Session:
    def __init__(self, sink, sock, number):
        self.sink, self.sock, self.number = sink, sock, number
        sock.settimeout(900)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.secured = None
        self.client = None
        self.mailed = False
        self.transaction = None

    def run(self):
        self.act("connect", f"220 {self.sink.name} ESMTP")
        while True:
            line = self.line()
            with self.sink.lock:
                self.sink.commands.append((self.number, line))
            verb = re.match(r"[A-Za-z]*", line)[0].lower()
            handler = getattr(self, f"on_{verb}", None)
            if handler is None:
                self.say("500 5.5.2 what?")
            else:
                handler(line)

    # ---- steps ----
    def on_ehlo(self, line):
        extensions = self.sink.extensions + (["STARTTLS"] if self.sink.tls and not self.secured else [])
        lines = [self.sink.name] + extensions
        self.act("ehlo", "\r\n".join(f"250{' ' if i == len(lines) - 1 else '-'}{x}" for i, x in enumerate(lines)))

    def on_helo(self, line):
        self.act("helo", f"250 {self.sink.name}")

    def on_starttls(self, line):
        if self.act("starttls", "220 2.0.0 go"):
            self.sock = self.sink.tls.wrap_socket(self.sock, server_side=True)
            self.secured, self.buffer = self.sock.version(), b""

    def on_xclient(self, line):
        if self.act("xclient", f"220 {self.sink.name} ESMTP"):
            self.client = line.split(" ", 1)[1]

    def on_xforward(self, line):
        self.client = (self.client + " " if self.client else "") + line.split(" ", 1)[1]
        self.act("xforward", "250 2.0.0 ok")

    def on_mail(self, line):
        self.mailed = True
        if self.act("mail", "250 2.1.0 ok"):
            self.transaction = Transaction(self.number)
            self.transaction.mail, self.transaction.tls, self.transaction.client = line, self.secured, self.client
            self.transaction.began = time.monotonic()
            with self.sink.lock:
                self.sink.transactions.append(self.transaction)

    def on_rcpt(self, line):
        if self.act("rcpt", "250 2.1.5 ok") and self.transaction:
            self.transaction.rcpt.append(line)

    def on_data(self, line):
        if self.act("data", "354 go on"):
            self.content()
            self.transaction.ended = time.monotonic()
            self.act("dot", "250 2.0.0 queued as " + str(len(self.sink.transactions)), self.transaction)
            self.transaction = None

    def on_rset(self, line):
        self.transaction = None
        self.act("rset", "250 2.0.0 ok")

    def on_noop(self, line):
        self.act("noop", "250 2.0.0 ok")

    def on_quit(self, line):
        self.act("quit", "221 2.0.0 bye")
        raise _Gone

    # ---- actions ----
    def act(self, step, usual, transaction=None):
        """Does what the script says; True when a positive or intermediate reply went out."""
        with self.sink.lock:
            action = self.sink.script.get(step, OK)
            if isinstance(action, list):
                if not action:
                    action = OK
                elif not isinstance(action[0], ForMail) or self.for_mail(action[0]):
                    action = action.pop(0)
                else:
                    action = OK
        if isinstance(action, ForMail):
            action = action.action if self.for_mail(action) else OK
        while isinstance(action, Delay):
            time.sleep(action.seconds)
            action = action.then
        if isinstance(action, Silence):
            while self.sock.recv(65536):
                pass
            raise _Gone
        if isinstance(action, Deaf):
            self.say(action.text)
            ended = select.poll()
            ended.register(self.sock, select.POLLRDHUP)  # and reset, which is always told
            ended.poll()
            raise _Gone
        if isinstance(action, Drop):
            self.sock.sendall(action.text)
            if action.reset:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise _Gone
        if isinstance(action, Raw):
            self.sock.sendall(action.octets)
            return False
        text = usual if action is OK else action
        if transaction:
            transaction.reply = text  # before it goes out: the ledger must not lag behind the client
        self.say(text)
        return text[0] in "23"

    def for_mail(self, entry):
        return self.mailed or self.number >= entry.from_connection

    def say(self, text):
        self.sock.sendall(text.encode() + b"\r\n")

    # ---- octets ----
    def more(self):
        got = self.sock.recv(262144)
        if not got:
            raise _Gone
        return got

    def line(self):
        while b"\r\n" not in self.buffer:
            self.buffer += self.more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode("utf-8", "surrogateescape")

    def content(self):
        """Up to the dot, in pieces: hashes, unstuffs, keeps if wanted, reads at the sink's rate."""
        t, digest, tail_digest, kept = self.transaction, hashlib.sha256(), None, []
        pending, began = b"\r\n" + self.buffer, time.monotonic()  # the CRLF of DATA is the first half of a terminator
        self.buffer = b""
        lead, self.tail = 2, b""
        while True:
            end = pending.find(b"\r\n.\r\n")
            take = end + 2 if end >= 0 else max(len(pending) - 4, 0)
            piece, rest = pending[:take], pending[take:]
            if piece:
                # Three octets of overlap show a stuffed dot whose "\r\n." ended the piece before.
                seen = self.tail + piece
                clear = seen.replace(b"\r\n..", b"\r\n.")[len(self.tail):]
                self.tail = seen[-3:]
                clear, lead = clear[lead:], max(lead - len(clear), 0)
                digest.update(clear)
                if tail_digest:
                    tail_digest.update(clear)
                elif (begins := (b"\r\n" + clear).find(b"\r\nFrom: ")) >= 0:
                    tail_digest = hashlib.sha256(clear[begins:])
                t.octets += len(clear)
                if self.sink.keep:
                    kept.append(clear)
            if end >= 0:
                self.buffer = rest[3:]
                break
            pending = rest
            if self.sink.drop_after is not None and t.octets >= self.sink.drop_after:
                raise _Gone
            if self.sink.rate:
                ahead = t.octets / self.sink.rate - (time.monotonic() - began)
                if ahead > 0:
                    time.sleep(min(ahead, 1.0))
            pending += self.sock.recv(65536) if self.sink.rate else self.more()
        t.tail_sha256 = tail_digest.hexdigest() if tail_digest else ""
        t.data, t.sha256, t.complete = b"".join(kept), digest.hexdigest(), True
