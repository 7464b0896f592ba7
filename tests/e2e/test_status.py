"""The status page, the metrics and the report: who may see them, what they say, and that mail never locks them out."""
import base64
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import stat
import subprocess
import time
import unittest

from harness import mails, net
from harness.case import E2E

SCAM, SENDER = "entra_tenant_name_scam.eml", "bounce@microsoftonline.com"
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


class Status(E2E):
    def watched(self, config=None):
        self.http_port = net.free_port("127.0.0.1")
        config = dict(config or {})
        config["status"] = {**config.get("status", {}), "listen": f"127.0.0.1:{self.http_port}"}
        s, sink = self.pair(config)
        self.token_file = s.folder / "data" / "status.token" if (s.folder / "data").exists() else None
        for path in s.folder.rglob("status.token"):
            self.token_file = path
        self.token = self.token_file.read_text().strip()
        return s, sink

    def get(self, path, headers=None, method="GET", token=True):
        connection = http.client.HTTPSConnection("127.0.0.1", self.http_port, timeout=20, context=ssl._create_unverified_context())
        if token:
            headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer, body

    def test_nothing_is_told_without_the_token(self):
        self.watched()
        self.assertEqual(stat.S_IMODE(os.stat(self.token_file).st_mode), 0o600)
        self.assertGreaterEqual(len(self.token), 32)
        wrong = base64.b64encode(b"admin:" + b"x" * 64).decode()
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {self.token}x"}, {"Authorization": f"Bearer {self.token[:-1]}"},
                        {"Authorization": f"Basic {wrong}"}, {"Authorization": "Basic !!"}, {"Authorization": self.token}):
            for path in ("/", "/metrics", "/api/v1/status"):
                with self.subTest(headers=headers, path=path):
                    answer, body = self.get(path, headers, token=False)
                    self.assertEqual(answer.status, 303 if path == "/" and not headers else 401)  # people are led, machines refused
                    self.assertNotIn("sluice_", body)
        self.assertEqual(self.get("/healthz", token=False)[1], "ok\n")
        right = base64.b64encode(f"anyone:{self.token}".encode()).decode()
        self.assertEqual(self.get("/", {"Authorization": f"Basic {right}"}, token=False)[0].status, 200)

    def test_answers_carry_the_headers_that_keep_a_browser_safe(self):
        self.watched()
        for path, token in (("/", True), ("/metrics", True), ("/", False), ("/nothing", True)):
            answer, _ = self.get(path, token=token)
            policy = answer.getheader("Content-Security-Policy")
            self.assertIn("default-src 'none'", policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(answer.getheader("X-Content-Type-Options"), "nosniff")
            self.assertEqual(answer.getheader("X-Frame-Options"), "DENY")
            self.assertEqual(answer.getheader("Cache-Control"), "no-store")
        for method in ("POST", "PUT", "DELETE"):
            self.assertEqual(self.get("/", method=method)[0].status, 405)
        answer, body = self.get("/", method="HEAD")
        self.assertEqual((answer.status, body), (200, ""))
        self.assertEqual(self.get("/nothing")[0].status, 404)

    def test_the_page_shows_verdicts_with_their_reasons_and_no_live_markup(self):
        s, _ = self.watched()
        lure = mails.sample(SCAM).replace(b"Subject: ", b"Subject: \xe2\x80\xae<script>alert(1)</script> ", 1)
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250)
            self.assertReply(c.mail(lure, sender=SENDER, parameters=" BODY=8BITMIME"), 250)
        event = s.events("message")[-1]
        overview, verdict = self.get("/")[1], self.get(f"/messages/{event['id']}")[1]
        for words in ("quarantined", event["id"], "slot-phone", "&lt;script&gt;", "U+202E", "process memory", "window"):
            self.assertIn(words, overview)
        for words in ("quarantined", event["id"], "slot-phone", "555-0142", "&lt;script&gt;", "U+202E"):
            self.assertIn(words, verdict)
        for page in (overview, verdict):
            self.assertEqual(page.count("<script"), 1, "our own file only")
            self.assertIn('<script src="/app.js?v=', page)
            self.assertNotIn("\u202e", page)
        _, text = self.get("/api/v1/status")
        report = json.loads(text)
        self.assertIn(event["id"], text)
        self.assertTrue(report)

    def test_the_metrics_are_well_formed_and_grow(self):
        s, _ = self.watched()
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250)
            self.assertReply(c.mail(mails.sample(SCAM), sender=SENDER), 250)
        _, text = self.get("/metrics")
        values, kinds = {}, {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                kinds[line.split()[2]] = line.split()[3]
            elif not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                family = re.sub(r"_(bucket|sum|count)$", "", name.split("{")[0])
                self.assertIn(family if kinds.get(family) == "histogram" else name.split("{")[0], kinds, "a sample without a type")
                self.assertNotIn(name, values, "a sample twice")
                values[name] = float(value)
        self.assertEqual(values["sluice_forwarded_total"], 1)
        self.assertEqual(values["sluice_quarantined_total"], 1)
        self.assertEqual(values["sluice_messages_total"], 2)
        self.assertEqual(values["sluice_internal_errors_total"], 0)
        self.assertGreater(values["process_resident_memory_bytes"], 1 << 20)
        self.assertEqual(sum(v for k, v in values.items() if k.startswith("sluice_downstream_up")), 1)
        net.wait_until(lambda: "sluice_quarantine_messages 1" in self.get("/metrics")[1], 15, "the held message to be counted")
        peak = next(v for k, v in values.items() if k.startswith("sluice_budget_peak") and "mail sessions" in k)
        self.assertGreaterEqual(peak, 1)

    def test_a_full_house_of_mail_leaves_the_page_open(self):
        s, _ = self.watched({"memory": {"sessions": 4}})
        clients = []  # who has a recipient accepted is not asked to leave
        for _ in range(4):
            clients.append(s.client())
            clients[-1].ehlo()
            clients[-1].envelope()
        self.assertReply(s.client().greeting, 421, "4.3.2")
        answer, page = self.get("/")
        self.assertEqual(answer.status, 200)
        self.assertIn("mail sessions", page)

    def test_a_request_that_never_ends_is_cut(self):
        self.watched({"status": {"request_timeout": "2s"}})
        for raw in (b"", b"GET / HTTP/1.1\r\nX-Half: "):
            with ssl._create_unverified_context().wrap_socket(socket.create_connection(("127.0.0.1", self.http_port))) as c:
                c.settimeout(20)
                c.sendall(raw)
                began = time.monotonic()
                self.assertEqual(c.recv(100), b"")
                self.assertGreater(time.monotonic() - began, 1.5)
        plain = socket.create_connection(("127.0.0.1", self.http_port))  # and a handshake that never begins
        plain.settimeout(20)
        self.assertEqual(plain.recv(100), b"")
        plain.close()

    def test_oversized_and_broken_requests_end_only_themselves(self):
        self.watched()
        for raw in (b"GET / HTTP/1.1\r\nX: " + b"y" * 20000 + b"\r\n\r\n", b"\x00" * 500, b"GET\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n"):
            with ssl._create_unverified_context().wrap_socket(socket.create_connection(("127.0.0.1", self.http_port))) as c:
                c.settimeout(20)
                try:
                    c.sendall(raw)
                    while c.recv(4096):
                        pass
                except OSError:
                    pass
        self.assertEqual(self.get("/healthz", token=False)[1], "ok\n")

    @unittest.skipUnless(BROWSER, "SKIPPED: no Chromium here (package chromium)")
    def test_a_browser_is_led_to_the_set_up(self):
        s, _ = self.watched()
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.sample(SCAM), sender=SENDER), 250)
        url = f"https://127.0.0.1:{self.http_port}/"
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--ignore-certificate-errors", f"--user-data-dir={self.folder}/browser"]
        dom = subprocess.run([BROWSER, *flags, "--dump-dom", url], capture_output=True, text=True, timeout=120).stdout
        self.assertIn("Set-up secret", dom)  # nobody has set this box up: every page leads there
        self.assertNotIn("quarantined", dom)
