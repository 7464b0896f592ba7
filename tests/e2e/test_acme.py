"""The certificate that a box gets by itself (ACME, RFC 8555): from pebble, a real server, with its faults switched on; a server of straw for what pebble does not do."""
import base64
import datetime
import http.server
import json
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import threading
import time
import unittest

from harness import certs, mails, net
from harness.case import E2E
from harness.client import trusting
from harness.pebble import PEBBLE, Pebble
from harness.web import Web

NAME = "mx.example.net"


def skipped_without_pebble(cls):
    return unittest.skipUnless(PEBBLE, "pebble is not installed (toolchains/setup --test): NO ACME SERVER IS TESTED AGAINST")(cls)


class Acme(E2E):
    def box(self, directory, names=(NAME,), config=None, start=True, env=None, **acme):
        self.web = Web()
        self.down = self.sink()
        self.challenge_port = getattr(self, "challenge_port", None) or net.free_port(net.own_address())
        table = {"tls": {"acme": {"directory": directory, "accept_terms": True, "contact": "hostmaster@example.net", "names": list(names), "ca_file": str(certs.ca() / "ca.crt"),
                                  "listen": f"{net.own_address()}:{self.challenge_port}", **acme}}}
        s = self.sluice(self.down, self.web.config({**table, **(config or {})}), [{"tls": "starttls"}], start=start, env=env)
        self.web.of(s)
        return s

    def state(self):
        return self.web.local("GET", "/api/v1/acme").json()

    def shown(self, where="smtp", name=NAME):
        """The chain that a client gets, as PEM."""
        s = self.web.sluice
        at = f"{s.host}:{s.port}" if where == "smtp" else f"127.0.0.1:{self.web.port}"
        words = ["openssl", "s_client", "-connect", at, "-servername", name, "-showcerts", *(["-starttls", "smtp"] if where == "smtp" else [])]
        text = subprocess.run(words, input=b"QUIT\n", capture_output=True, timeout=60).stdout.decode()
        self.last_shown = text
        return re.findall(r"-----BEGIN CERTIFICATE.*?END CERTIFICATE-----", text, re.S)

    def ask_challenge(self, octets, wait=5, source=None):
        """What the listener for the CA's question says; None when nobody listens."""
        try:
            with socket.create_connection((net.own_address(), self.challenge_port), timeout=wait) as c:
                c.sendall(octets)
                out = b""
                while piece := c.recv(4096):
                    out += piece
                return out
        except ConnectionRefusedError:
            return None
        except OSError:
            return b""

    def listens(self):
        try:
            socket.create_connection((net.own_address(), self.challenge_port), timeout=5).close()
            return True
        except OSError:
            return False


@skipped_without_pebble
class FromPebble(Acme):
    def ca(self, zone=None, **how):
        address = net.own_address()
        self.names = self.dns({(NAME, "A"): [address], ("smtp.example.net", "A"): [address], **(zone or {})})
        self.challenge_port = net.free_port(address)
        pebble = Pebble(self.names, self.challenge_port, **how)
        self.addCleanup(pebble.stop)
        return pebble

    def assertServed(self, pebble, names=(NAME,)):
        """Both listeners serve a chain that leads to pebble's root."""
        root = self.folder / "root.pem"
        root.write_text(pebble.root())
        for where in ("smtp", "https"):
            chain = self.shown(where)
            self.assertGreaterEqual(len(chain), 2, where + self.last_shown)
            (self.folder / "leaf.pem").write_text(chain[0])
            (self.folder / "rest.pem").write_text("\n".join(chain[1:]))
            for name in names:
                done = subprocess.run(["openssl", "verify", "-verify_hostname", name, "-CAfile", root, "-untrusted", self.folder / "rest.pem", self.folder / "leaf.pem"], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return chain[0]

    def test_a_box_gets_its_certificate_by_itself_and_serves_it_without_a_restart(self):
        pebble = self.ca(nonce_reject=50, sleep=2)
        s = self.box(pebble.directory, (NAME, "smtp.example.net"))
        with s.client() as before:
            before.ehlo()
            before.starttls(trusting())
            before.ehlo()
            own = self.shown()[0]
            s.wait_event("acme-certificate", timeout=120)
            self.assertReply(before.mail(mails.simple()), 250)  # a session goes on
        mine = self.assertServed(pebble, (NAME, "smtp.example.net"))
        self.assertNotEqual(mine, own)
        # The listener for the question is closed again, key and account are nobody else's business
        net.wait_until(lambda: not self.listens(), 20, "the listener to be closed")
        folder = self.web.data / "acme"
        self.assertEqual({p.name: stat.S_IMODE(os.stat(p).st_mode) for p in folder.iterdir()}, {"account.pem": 0o600, "state": 0o600})
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(os.stat(self.web.data / "certificates" / "acme.pem").st_mode), 0o600)
        self.assertFalse((self.web.data / "certificates" / "acme.request").exists())
        net.wait_until(lambda: self.state().get("next"), 20, "the next order to be planned")
        state = self.state()
        self.assertEqual((state["state"], state["error"], state["failures"], state["orders"], state["cause"]), ("waits", None, 0, 1, "renewal"))
        self.assertGreaterEqual(state["challenges_answered"], 2)
        self.assertRegex(self.web.local("GET", "/api/v1/audit").text, r"certificate from the CA stored as acme, sha256 [0-9a-f]{64}")
        metrics = self.web.local("GET", "/metrics").text
        self.assertIn('sluice_acme_orders_total{outcome="issued"} 1', metrics)
        self.assertIn('sluice_acme_failures 0', metrics)
        # A restart orders nothing; "renew now" orders with the same account and replaces
        account = re.search(r"^account (.*)$", (folder / "state").read_text(), re.M)[1]
        key = (folder / "account.pem").read_text()
        s.stop()
        s.start()
        time.sleep(6)
        self.assertEqual(self.state()["orders"], 0)
        self.assertEqual(self.assertServed(pebble, (NAME,)), mine)
        done = s.cli("certificate", "renew", "--config", s.config_file)
        self.assertEqual(done.returncode, 0, done.stderr)
        s.wait_event("acme-certificate", since=1, timeout=120)
        again = self.assertServed(pebble, (NAME, "smtp.example.net"))
        self.assertNotEqual(again, mine)
        self.assertEqual(re.search(r"^account (.*)$", (folder / "state").read_text(), re.M)[1], account)
        self.assertEqual((folder / "account.pem").read_text(), key)
        net.wait_until(lambda: self.state()["next"], 20, "the next order to be planned")
        listed = s.cli("certificate", "list", "--config", s.config_file).stdout
        self.assertRegex(listed, r"(?s)acme: mx\.example\.net.*From a CA by itself \(ACME\)\n  mx\.example\.net smtp\.example\.net, waits, next order .*\(renewal\)")
        self.assertNotIn("PRIVATE KEY", s.log_text())

    def test_a_certificate_is_renewed_when_a_third_of_its_time_is_left(self):
        pebble = self.ca(more={"certificateValidityPeriod": 60})
        s = self.box(pebble.directory)
        s.wait_event("acme-certificate", timeout=120)
        first = self.assertServed(pebble)
        began = time.monotonic()
        s.wait_event("acme-certificate", since=1, timeout=120)
        self.assertGreater(time.monotonic() - began, 15, "not before it is time")
        self.assertNotEqual(self.assertServed(pebble), first)

    def test_only_the_question_is_answered_and_only_while_it_is_open(self):
        pebble = self.ca()
        s = self.box(pebble.directory, start=False, challenge_connections=3)
        self.names.silent = True  # pebble goes on looking for the name, and the order stays open
        s.start()
        self.assertIsNone(self.ask_challenge(b"GET / HTTP/1.1\r\n\r\n"), "nobody listens before")
        net.wait_until(self.listens, 60, "the listener")
        pebble.process.send_signal(signal.SIGSTOP)  # so that the order stays open as long as this takes
        self.addCleanup(pebble.process.send_signal, signal.SIGCONT)
        self.assertEqual(self.state()["state"], "ordering")
        for octets, status in ((b"GET / HTTP/1.1\r\nHost: mx.example.net\r\n\r\n", b"404"), (b"GET /.well-known/acme-challenge/x HTTP/1.1\r\n\r\n", b"404"),
                               (b"GET /.well-known/acme-challenge/ HTTP/1.1\r\n\r\n", b"404"), (b"GET /metrics HTTP/1.1\r\n\r\n", b"404"), (b"GET /api/v1/acme HTTP/1.1\r\n\r\n", b"404"),
                               (b"GET /.well-known/acme-challenge/../../etc/passwd HTTP/1.1\r\n\r\n", b"404"), (b"POST /login HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", b"404"),
                               (b"EHLO x\r\n\r\n", b"404"), (b"GET /\r\n\r\n", b"400")):
            answer = self.ask_challenge(octets)
            self.assertEqual(answer[9:12], status, octets)
            self.assertTrue(answer.endswith(b"Content-Length: 0\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"), answer)
        self.assertEqual(self.ask_challenge(b"GET /" + b"x" * 3000), b"", "a head that is too long")
        # Those who only hold a connection make room: the oldest goes first
        idle = [socket.create_connection((net.own_address(), self.challenge_port)) for _ in range(3)]
        time.sleep(0.5)
        self.assertEqual(self.ask_challenge(b"GET / HTTP/1.1\r\n\r\n")[9:12], b"404")
        idle[0].settimeout(10)
        self.assertEqual(idle[0].recv(10), b"", "the oldest was told to leave")
        began = time.monotonic()
        idle[2].settimeout(30)
        self.assertEqual(idle[2].recv(10), b"", "and nobody stays longer than ten seconds")
        self.assertGreater(time.monotonic() - began, 4)
        self.assertLess(time.monotonic() - began, 15)
        self.assertEqual(self.state()["state"], "ordering", "it was the time that ended it")
        for c in idle:
            c.close()
        self.names.silent = False
        pebble.process.send_signal(signal.SIGCONT)
        net.wait_until(lambda: s.events("acme-failed") or s.events("acme-certificate"), 180, "an end")
        if not s.events("acme-certificate"):
            net.wait_until(lambda: not self.listens(), 20, "the listener to be closed after a failure, too")
            self.assertEqual(self.web.local("POST", "/api/v1/acme/renew", {}).status, 202)
        s.wait_event("acme-certificate", timeout=180)
        self.assertServed(pebble)
        net.wait_until(lambda: not self.listens(), 20, "the listener to be closed")

    def test_a_proof_that_fails_is_told_in_words_and_leaves_what_is_in_use(self):
        pebble = self.ca({(NAME, "A"): ["127.0.0.2"]})  # nobody there
        s = self.box(pebble.directory)
        own = self.shown()
        event = s.wait_event("acme-failed", timeout=120)
        self.assertRegex(event["why"], r"could not connect to mx\.example\.net; port 80 .* The CA says: ")
        self.assertEqual(self.shown(), own)
        state = self.state()
        self.assertEqual((state["failures"], state["orders"], state["failed_orders"]), (1, 1, 1))
        self.assertIn("port 80", state["error"])
        self.assertIn("order a certificate from the CA for mx.example.net: the CA could not connect", self.web.local("GET", "/api/v1/audit").text)
        self.assertFalse(self.listens())
        admin = self.web.set_up()
        page = self.web.get("/certificates", session=admin).text
        self.assertIn("The last order failed: the CA could not connect to mx.example.net", page)
        self.assertIn("1 failed in a row", page)
        # A restart keeps the pause; so nobody is asked again and again by a box that restarts
        s.stop()
        s.start()
        time.sleep(6)
        self.assertEqual((self.state()["orders"], self.state()["failures"]), (0, 1))
        # The administrator repairs the DNS and presses the button
        self.names.zone[(NAME.lower(), "A")] = [net.own_address()]
        admin = self.web.login()
        self.web.add_user("olga", "operator")
        olga = self.web.login("olga")
        self.assertNotIn("/certificates/acme/renew", self.web.get("/certificates", session=olga).text)
        self.assertEqual(self.web.form("/certificates/acme/renew", {"csrf": olga.csrf}, session=olga, csrf=False).status, 403)
        self.assertEqual(self.web.ask("POST", "/api/v1/acme/renew", {}, session=olga).status, 403)
        self.assertEqual(self.web.form("/certificates/acme/renew", {"csrf": admin.csrf}, session=admin, csrf=False).status, 303)
        s.wait_event("acme-certificate", timeout=120)
        self.assertServed(pebble)
        self.assertEqual((self.state()["failures"], self.state()["error"]), (0, None))
        self.assertIn("order a certificate from the CA now", self.web.local("GET", "/api/v1/audit").text)

    def test_a_port_that_is_taken_and_a_store_that_is_full_are_told(self):
        pebble = self.ca()
        with socket.create_server((net.own_address(), self.challenge_port)):
            s = self.box(pebble.directory)
            self.assertRegex(s.wait_event("acme-failed", timeout=60)["why"], r"tls\.acme\.listen, 127\..*: Address already in use")
        for i in range(4):
            crt, key = certs.leaf(f"n{i}.example.net", folder=self.folder)
            self.assertEqual(self.web.local("POST", "/api/v1/certificates", {"certificate": crt.read_text(), "key": key.read_text(), "name": f"n{i}"}).status, 201)
        self.assertEqual(self.web.local("POST", "/api/v1/acme/renew", {}).status, 202)
        self.assertIn("tls.stored_certificates", s.wait_event("acme-failed", since=1, timeout=60)["why"])
        self.assertEqual(self.web.local("DELETE", "/api/v1/certificates/n0").status, 204)
        self.assertEqual(self.web.local("POST", "/api/v1/acme/renew", {}).status, 202)
        s.wait_event("acme-certificate", timeout=120)

    def test_kill_minus_9_in_the_middle_of_an_order_and_a_ca_that_goes_away(self):
        pebble = self.ca()
        s = self.box(pebble.directory, start=False)
        self.names.silent = True
        s.start()
        net.wait_until(self.listens, 60, "the order to be open")
        # left by an order that ended between request and answer
        self.assertEqual(self.web.local("POST", "/api/v1/certificates/csr", {"name": "acme", "names": [NAME]}).status, 201)
        s.kill()
        s.starts = s.log_text().count('"started"')
        s.start()
        net.wait_until(self.listens, 60, "the order to be open again")
        pebble.stop(keep=True)  # its memory is gone with it: accounts, orders, nonces
        self.names.silent = False
        pebble.start()
        net.wait_until(lambda: s.events("acme-failed") or s.events("acme-certificate"), 180, "an end")
        if not s.events("acme-certificate"):
            self.assertEqual(self.web.local("POST", "/api/v1/acme/renew", {}).status, 202)
        s.wait_event("acme-certificate", timeout=180)  # with a new account: the CA does not know the old one
        self.assertServed(pebble)
        self.assertEqual(self.web.local("GET", "/api/v1/certificates").json()["requests"], [])

    def test_a_ca_that_binds_accounts_to_its_customers(self):
        secret = base64.urlsafe_b64encode(bytes(range(48))).decode()
        pebble = self.ca(more={"externalAccountBindingRequired": True, "externalAccountMACKeys": {"customer-1": secret}})
        s = self.box(pebble.directory)
        self.assertIn("tls.acme.account_binding", s.wait_event("acme-failed", timeout=60)["why"])
        binding = self.folder / "binding"
        binding.write_text(f"customer-1\n{secret}\n")
        os.chmod(binding, 0o600)
        s.write_config({"tls": {"acme": {**s.table["tls"]["acme"], "account_binding": str(binding)}}})
        s.stop()
        s.start()
        self.assertEqual(self.web.local("POST", "/api/v1/acme/renew", {}).status, 202)
        s.wait_event("acme-certificate", timeout=120)
        self.assertServed(pebble)
        self.assertNotIn(secret, s.log_text())

    def test_names_and_key_change_with_the_configuration_under_running_sessions(self):
        pebble = self.ca()
        s = self.box("", start=False)
        s.table["tls"]["acme"] = {}
        s.write_config()
        s.start()
        self.assertEqual(self.state(), {"state": "off"})
        self.assertEqual(self.web.local("POST", "/api/v1/acme/renew", {}).status, 409)
        trusted = self.web.data / "ca.pem"  # where the running program may read
        trusted.write_text((certs.ca() / "ca.crt").read_text())
        acme = {"directory": pebble.directory, "accept_terms": True, "ca_file": str(trusted), "listen": f"{net.own_address()}:{self.challenge_port}"}
        with s.client() as c:
            c.ehlo()
            s.write_config({"tls": {"acme": acme}})
            s.send_signal(1)
            s.wait_event("acme-certificate", timeout=120)  # for the host name
            self.assertReply(c.mail(mails.simple()), 250)  # a session of the generation before, which the certificate waits for
        net.wait_until(lambda: len(self.shown()) > 1 and len(self.shown("https")) > 1, 30, "the certificate to be in force")
        self.assertServed(pebble)
        s.write_config({"tls": {"acme": {**acme, "names": [NAME, "smtp.example.net"], "key": "rsa-2048"}}})
        s.send_signal(1)
        s.wait_event("acme-certificate", since=1, timeout=240)
        self.assertServed(pebble, (NAME, "smtp.example.net"))
        stored = self.web.local("GET", "/api/v1/certificates").json()["stored"]
        self.assertEqual([(p["name"], p["key"]) for p in stored], [("acme", "rsa-2048")])

    def test_a_clock_that_cannot_be_believed_is_waited_for(self):
        pebble = self.ca()
        self.box(pebble.directory, env={"SLUICE_CLOCK_FLOOR": str(int(time.time()) + 86400 * 365)})
        net.wait_until(lambda: self.state()["state"] == "waits for the clock", 20, "the state")
        time.sleep(6)
        self.assertEqual(self.state()["orders"], 0)
        self.assertNotIn("newOrder", pebble.log_text())
        reply = self.web.local("POST", "/api/v1/acme/renew", {})
        self.assertEqual(reply.status, 409)
        self.assertIn("clock", reply.json()["detail"])


class FromStraw(Acme):
    """What pebble does not do."""
    def serve(self, answer):
        """An HTTPS server; `answer(method, path)` gives (status, fields, octets)."""
        asked = []
        crt, key = certs.leaf("localhost", tag="-straw")

        class Handler(http.server.BaseHTTPRequestHandler):
            def do(self):
                asked.append(f"{self.command} {self.path}")
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, fields, octets = answer(self.command, self.path)
                self.send_response(status)
                for name, value in {"Replay-Nonce": f"n{len(asked)}", "Content-Length": str(len(octets)), **fields}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(octets)
            do_GET = do_HEAD = do_POST = do

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass
        server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(crt, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        return f"https://localhost:{server.server_port}", asked

    def directory(self, at):
        return json.dumps({"newNonce": f"{at}/nonce", "newAccount": f"{at}/account", "newOrder": f"{at}/order"}).encode()

    def test_a_rate_limit_is_kept_to_over_restarts_and_by_the_button(self):
        def answer(method, path):
            if path == "/dir":
                return 200, {}, self.directory(at)
            if method == "HEAD":
                return 200, {}, b""
            return 429, {"Retry-After": "86400"}, json.dumps({"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many for example.net"}).encode()
        at, asked = self.serve(answer)
        s = self.box(f"{at}/dir")
        event = s.wait_event("acme-failed", timeout=60)
        self.assertRegex(event["why"], "too many certificates.*The CA says: too many for example.net")
        before = len(asked)
        for _ in range(2):
            reply = self.web.local("POST", "/api/v1/acme/renew", {})
            self.assertEqual(reply.status, 409)
            self.assertIn("The CA wants no order before", reply.json()["detail"])
            s.stop()
            s.start()
            time.sleep(5)
        self.assertEqual(len(asked), before)

    def test_answers_that_are_too_long_cut_off_or_nonsense_end_the_order_and_mail_flows(self):
        bodies = iter([b"{" + b" " * 40_000 + b"}", b"[" * 30_000, b"<html>", b"{}", b""])
        current = [b""]
        at, asked = self.serve(lambda method, path: (200, {}, current[0]))
        current[0] = next(bodies)
        s = self.box(f"{at}/dir")
        for i, body in enumerate(bodies):
            s.wait_event("acme-failed", since=i, timeout=90)
            current[0] = body
            self.assertEqual(self.web.local("POST", "/api/v1/acme/renew", {}).status, 202)
        s.wait_event("acme-failed", since=4, timeout=90)
        whys = [e["why"] for e in s.events("acme-failed")]
        self.assertIn("larger than", whys[0])
        for why in whys[1:]:
            self.assertIn("no directory of a CA", why)
        with s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250)

    def test_a_server_that_cannot_be_verified_is_not_talked_to(self):
        at, asked = self.serve(lambda method, path: (200, {}, self.directory(at)))
        s = self.box(f"{at}/dir", ca_file=str(certs.leaf("stranger.example.net", folder=self.folder)[0]))
        self.assertIn("certificate", s.wait_event("acme-failed", timeout=120)["why"])
        begun = datetime.datetime.fromisoformat(s.events("acme-order")[0]["time"])
        ended = datetime.datetime.fromisoformat(s.events("acme-failed")[0]["time"])
        self.assertLess((ended - begun).total_seconds(), 5, "a server that is away is asked again after 5, 15 and 45 seconds; this one is there")
        self.assertEqual(asked, [])
        metrics = self.web.local("GET", "/metrics").text
        self.assertIn('sluice_acme_orders_total{outcome="failed"} 1', metrics)
        self.assertIn("sluice_acme_failures 1", metrics)

    def test_a_configuration_that_cannot_work_is_refused(self):
        s = self.box("https://localhost:1/dir", start=False)
        for change, words in (({"accept_terms": False}, "terms of service"), ({"names": ["*.example.net"]}, "DNS"), ({"names": [NAME, NAME]}, "twice"), ({"directory": "http://localhost/dir"}, "https://"),
                              ({"listen": f"{s.host}:{s.port}"}, "already taken"), ({"key": "rsa-512"}, "rsa-2048")):
            with self.subTest(words):
                table = json.loads(json.dumps(s.table))
                table["tls"]["acme"].update(change)
                from harness import toml
                s.config_file.write_text(toml.dumps(table))
                done = s.cli("check", s.config_file)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
