"""Requests to the management surface: those that attack it, slow and large ones, streams of live numbers, health."""
import json
import socket
import threading
import time

from harness.access import AccessCase
from harness.web import PASSWORD, LocalConnection, Web


class WebRequests(AccessCase):
    def test_who_finds_the_control_socket_taken_waits_for_a_place(self):
        self.box()
        idle = [LocalConnection(self.web.data / "control.sock") for _ in range(2)]
        for c in idle:
            c.request("GET", "/api/v1/status")
            self.assertEqual(c.getresponse().read(1), b"{")
            self.addCleanup(c.close)
        threading.Timer(1, idle[0].close).start()
        began = time.monotonic()
        self.assertEqual(self.web.local("GET", "/api/v1/status").status, 200)
        self.assertGreater(time.monotonic() - began, 0.8, "nobody had taken it")

    # ---- attacks on the requests themselves ----
    def test_requests_that_could_be_read_in_two_ways_are_refused(self):
        self.box()
        w = self.web
        post, host = b"POST /login HTTP/1.1\r\n", b"Host: x\r\n"
        smuggled = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        for name, octets, status in (
                ("length and chunks", post + host + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, 411),
                ("chunks", post + host + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, 411),
                ("hidden chunks", post + host + b"Content-Length: 3\r\nTransfer-Encoding : chunked\r\n\r\nabc" + smuggled, 400),
                ("strange chunks", post + host + b"Content-Length: 3\r\ntransfer-encoding: xchunked\r\n\r\nabc" + smuggled, 411),
                ("two lengths", post + host + b"Content-Length: 3\r\nContent-Length: 40\r\n\r\nabc" + smuggled, 400),
                ("the same length twice", post + host + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc" + smuggled, 400),
                ("a list of lengths", post + host + b"Content-Length: 3, 3\r\n\r\nabc" + smuggled, 400),
                ("a signed length", post + host + b"Content-Length: +3\r\n\r\nabc" + smuggled, 400),
                ("a negative length", post + host + b"Content-Length: -1\r\n\r\n" + smuggled, 400),
                ("a huge length", post + host + b"Content-Length: 99999999999999999999999\r\n\r\n", 413),
                ("folded field", b"GET /healthz HTTP/1.1\r\n" + host + b"X: a\r\n Content-Length: 5\r\n\r\n" + smuggled, 400),
                ("bare LF", b"GET /healthz HTTP/1.1\nHost: x\n\n" + smuggled, 400),
                ("bare LF in a field", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\nContent-Length: 5\r\n\r\n" + smuggled, 400),
                ("bare CR", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n" + smuggled, 400),
                ("NUL", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n" + smuggled, 400),
                ("two hosts", b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + smuggled, 400),
                ("no host", b"GET /healthz HTTP/1.1\r\n\r\n" + smuggled, 400),
                ("absolute form", b"GET http://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled, 400),
                ("two authorizations", b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n" + smuggled, 400),
                ("another version", b"GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n" + smuggled, 400),
                ("many fields", b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 100 + b"\r\n" + smuggled, 431),
                ("large fields", b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 9000 + b"\r\n\r\n" + smuggled, 431),
                ("a long path", b"GET /" + b"a" * 600 + b" HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled, 414),
                ("a method of its own", b"BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled, 501)):
            with self.subTest(name):
                answer = w.raw(octets)
                self.assertTrue(answer.startswith(b"HTTP/1.1 %d " % status), answer[:80])
                self.assertEqual(answer.count(b"HTTP/1."), 1, "one answer, then the end")
                self.assertNotIn(b"\r\n\r\nok\n", answer)
        two = w.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertEqual(two.count(b"HTTP/1.1 200"), 2, "honest pipelining works")

    def test_paths_lead_nowhere_else(self):
        self.box()
        w = self.web
        token = w.status_token
        for path in ("/../etc/passwd", "/%2e%2e/etc/passwd", "/..%2fetc/passwd", "/assets/../../x", "/.%2e/x", "/c/./b", "/%00", "/a%00b", "/a%5c..%5cb",
                     "/a%0d%0aSet-Cookie:x", "/%zz", "/a//b", "/a%2fb"):
            answer = w.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n".encode())
            self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), (path, answer[:60]))
            self.assertNotIn(b"root:", answer)
            self.assertNotIn(b"Set-Cookie", answer)
        for path in ("/nothing", "/style.css/", "/api/v1/", "/API/v1/status", "/setup.secret", "/data/setup.secret"):
            self.assertEqual(w.get(path, token=token).status, 404, path)

    def test_values_do_not_become_header_fields(self):
        self.box()
        w = self.web
        w.set_up()
        reply = w.form("/login", {"user": "admin", "password": PASSWORD, "next": "/a\r\nSet-Cookie: evil=1\r\nX: "})
        self.assertEqual(len(reply.headers.get_all("Set-Cookie")), 1)
        self.assertNotIn("evil", reply.header("Set-Cookie"))
        for name in ("a\r\nX-Evil: 1", "a\tb", "A", "a b", "../a", "<b>", "-a", "a" * 33, ""):
            reply = w.local("POST", "/api/v1/tokens", {"name": name, "role": "viewer"})
            self.assertProblem(reply, 422)
            self.assertIsNone(reply.header("X-Evil"))
        reply = w.get("/login?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
        self.assertNotIn("<script>alert", reply.text)

    def test_bodies_are_bounded_and_slow_ones_end(self):
        self.box({"status": {"request_timeout": "2s"}})
        w = self.web
        w.set_up()
        token = w.make_token("a", "admin")["token"]
        head = f"POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: ".encode()
        self.assertTrue(w.raw(head + b"5000\r\n\r\n" + b"x" * 5000).startswith(b"HTTP/1.1 413 "))
        began = time.monotonic()
        self.assertTrue(w.raw(head + b"50\r\n\r\n{").startswith(b"HTTP/1.1 408 "))
        self.assertLess(time.monotonic() - began, 6)
        for body in (b"", b"{", b"[]", b"null", b'{"name":1}', b"{" * 1000, b"\xff\xfe", b'{"name":"a","role":"root"}'):
            reply = w.ask("POST", "/api/v1/tokens", body, token=token)
            self.assertIn(reply.status, (400, 422), body)
        self.assertEqual(w.get("/healthz").text, "ok\n")

    def test_slow_connections_of_one_address_leave_the_page_to_others(self):
        self.box({"status": {"request_timeout": "30s"}})
        w = self.web
        slow = []
        for _ in range(12):
            plain = socket.create_connection((w.host, w.port), timeout=20, source_address=("127.0.0.66", 0))
            slow.append(plain)
            plain.setblocking(False)
        for source in ("127.0.0.67", "127.0.0.68"):
            began = time.monotonic()
            self.assertEqual(w.get("/healthz", source=source).text, "ok\n")
            self.assertLess(time.monotonic() - began, 2, source)
        for c in slow:
            c.close()

    # ---- live numbers, health ----
    def test_numbers_stream_until_the_session_ends(self):
        s = self.box()
        w = self.web
        admin = w.set_up()
        c = w.connect(timeout=10)
        c.request("GET", "/api/v1/events", headers={"Cookie": f"__Host-sluice={admin.cookie}"})
        stream = c.getresponse()
        self.assertEqual((stream.status, stream.getheader("Content-Type")), (200, "text/event-stream"))

        def event():
            lines = []
            while (line := stream.readline().decode()) not in ("\n", ""):
                lines.append(line.strip())
            return json.loads(lines[1].removeprefix("data: ")) if lines else None

        before = event()
        with s.client() as client:
            client.ehlo()
            self.assertReply(client.mail(b"Subject: a\r\n\r\nb\r\n"), 250)
        began, now = time.monotonic(), event()
        while now["messages"] == before["messages"] and time.monotonic() - began < 5:
            now = event()
        self.assertEqual(now["messages"], before["messages"] + 1)
        others = []
        for _ in range(3):
            other = w.connect()
            other.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {w.status_token}"})
            others.append((other, other.getresponse().status))
            if others[-1][1] == 503:
                break
        self.assertEqual(others[-1][1], 503, "streams are bounded")
        for other, _ in others:
            other.close()
        self.assertEqual(w.form("/logout", {"csrf": admin.csrf}, session=admin, csrf=False).status, 303)
        began = time.monotonic()
        while event() is not None:
            self.assertLess(time.monotonic() - began, 5)
        c.close()
        c = w.connect()
        c.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {w.status_token}"})
        stream = c.getresponse()
        self.assertTrue(event())
        began = time.monotonic()
        self.assertEqual(s.stop(), 0)
        self.assertLess(time.monotonic() - began, 10, "a stream does not hold up the stop")

    def test_health_tells_alive_ready_and_the_mail_path(self):
        self.web = Web()
        sink = self.sink()
        self.web.of(self.sluice(sink, self.web.config()))
        w = self.web
        for path in ("/healthz", "/health/live", "/health/ready", "/health/mail-path"):
            self.assertEqual((w.get(path).status, w.get(path).text), (200, "ok\n"), path)
        sink.stop()
        deadline = time.monotonic() + 20
        while w.get("/health/mail-path").status == 200 and time.monotonic() < deadline:
            time.sleep(0.3)
        self.assertEqual(w.get("/health/mail-path").status, 503)
        self.assertEqual(w.get("/health/live").status, 200)
