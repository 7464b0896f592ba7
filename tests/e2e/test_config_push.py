"""P7: a pushed configuration is checked, applied, proven, confirmed or taken back; what is wrong with one changes nothing."""
import html
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import threading
import time

from harness import certs, mails, net, toml
from harness.case import E2E
from harness.client import Closed
from harness.web import Web


class ConfigCase(E2E):
    def box(self, extra=None, **sink_options):
        self.web = Web()
        self.s, self.sinks = self.pair(self.web.config(extra), **sink_options)
        self.web.of(self.s)
        return self.s

    def text(self, changes=None):
        return toml.dumps(toml.merged(self.s.table, changes or {}))

    def state(self):
        return self.web.local("GET", "/api/v1/config/state").json()

    def etag(self):
        return self.state()["etag"]

    def token_may_push(self):
        """The token by file is a viewer's on some boxes: pushes come with one of an administrator."""
        return self.web.make_token("pusher", "admin")["token"]

    def admin(self, method, path, body=None, headers=None):
        if not hasattr(self, "secret"):
            self.secret = self.token_may_push()
        return self.web.ask(method, path, body, headers, token=self.secret)

    def push(self, text, query="", headers=None, etag="*"):
        headers = {"Content-Type": "application/toml", **({"If-Match": etag} if etag else {}), **(headers or {})}
        until = time.monotonic() + 30
        while True:
            r = self.admin("PUT", "/api/v1/config" + query, text if isinstance(text, bytes) else text.encode(), headers)
            # A former generation may still have a session; a client asks again, too.
            if r.status != 409 or r.json()["title"] != "Not yet" or time.monotonic() > until:
                return r
            time.sleep(0.2)

    def wait_state(self, *names, timeout=60):
        def there():
            s = self.state()
            return s if s["state"] in names else None
        return net.wait_until(there, timeout, f"state {names}")

    def entry(self, number):
        return self.web.local("GET", f"/api/v1/config/history/{number}").json()

    def takes(self, domain):
        """Whether mail for this domain is accepted now."""
        with self.s.client() as c:
            c.ehlo()
            c.cmd("MAIL FROM:<a@example.org>")
            return c.cmd(f"RCPT TO:<x@{domain}>").code == 250

    def assertMailFlows(self):
        before = len(self.sinks.accepted)
        with self.s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")
        self.assertEqual(len(self.sinks.accepted), before + 1)


class Push(ConfigCase):
    def test_a_push_is_on_trial_until_it_is_confirmed_and_rules_after_a_restart(self):
        self.box()
        first = self.state()
        self.assertEqual((first["state"], first["running"], first["confirmed"], first["candidate"]), ("idle", 1, 1, None))
        self.assertFalse(self.takes("new.example"))
        r = self.push(self.text({"domains": ["example.net", "new.example"]}), "?confirm=120", etag=first["etag"])
        self.assertEqual(r.status, 202, r.text)
        self.assertEqual(r.json()["generation"], 2)
        self.assertEqual([c["key"] for c in r.json()["changes"]], ["domains"])
        s = self.wait_state("waiting")
        self.assertEqual((s["running"], s["confirmed"], s["candidate"]), (2, 1, 2))
        self.assertTrue(60 < s["seconds_left"] <= 120)
        self.assertTrue(self.takes("new.example"))
        self.assertEqual(self.push(self.text({"domains": ["example.net", "third.example"]})).status, 409, "one at a time")
        self.assertEqual(self.admin("POST", "/api/v1/config/confirm?generation=7").status, 409, "another one than was seen")
        self.assertEqual(self.admin("POST", "/api/v1/config/confirm").status, 200)
        self.assertEqual(self.admin("POST", "/api/v1/config/confirm").status, 409)
        e = self.entry(2)
        self.assertEqual((e["result"], e["from"], e["before"], e["running"]), ("confirmed", "api", 1, True))
        self.assertIn("pusher", e["who"])
        self.assertIn("pusher", e["by"])
        self.assertEqual(e["changes"][0]["key"], "domains")
        self.s.stop()
        self.s.start()
        self.assertEqual(self.state()["running"], 2)
        self.assertTrue(self.takes("new.example"))
        self.assertMailFlows()

    def test_the_time_to_confirm_is_the_configured_one_unless_the_push_names_another(self):
        self.box({"management": {"confirm_timeout": "3m"}})
        for query, most in (("", 180), ("?confirm=120", 120)):
            with self.subTest(query):
                self.assertEqual(self.push(self.text({"domains": ["example.net", "new.example"]}), query).status, 202)
                self.assertTrue(most - 30 < self.wait_state("waiting")["seconds_left"] <= most)
                self.assertEqual(self.admin("POST", "/api/v1/config/rollback").status, 202)
                self.wait_state("idle")

    def test_without_a_confirm_the_former_one_comes_back(self):
        self.box()
        with self.s.client() as session:
            session.ehlo()
            self.assertEqual(self.push(self.text({"domains": ["new.example", "example.net"]}), "?confirm=60").status, 202)
            self.wait_state("waiting")
            self.assertTrue(self.takes("new.example"))
            began = time.monotonic()
            s = self.wait_state("idle", timeout=90)
            self.assertGreater(time.monotonic() - began, 45)
            self.assertEqual((s["running"], s["confirmed"]), (1, 1))
            self.assertFalse(self.takes("new.example"))
            self.assertEqual(self.entry(2)["result"], "no-confirm")
            self.assertReply(session.mail(mails.simple()), 250, "2.0.0")  # a session of before all that
        self.assertMailFlows()

    def test_what_is_wrong_with_a_push_is_told_and_changes_nothing(self):
        self.box()
        before = self.etag()
        good = self.text({"domains": ["example.net", "new.example"]})
        cases = {
            "empty": (b"", 422), "blank": (b" \n\n", 422), "no TOML": (b"domains = [", 422), "not UTF-8": (b"domains = [\"\xff\"]", 422),
            "NUL": (b"domains = [\"a\x00\"]", 422), "unknown key": ((good + "\n[limitt]\nx = 1\n").encode(), 422),
            "wrong unit": (good.replace('"1s"', '"1 parsec"').encode(), 422),
            "budget": (self.text({"memory": {"total": "16MiB", "sessions": 10000}}).encode(), 422),
            "no such file": (self.text({"tls": {"certificates": [{"certificate": "/nowhere.pem", "key": "/nowhere.key"}]}}).encode(), 422),
            "data directory": (self.text({"data_directory": str(self.folder / "elsewhere")}).encode(), 422),
            "nested": (b"a = " + b"[" * 5000, 422),
        }
        (self.folder / "elsewhere").mkdir()
        for name, (body, status) in cases.items():
            with self.subTest(name):
                r = self.push(body)
                self.assertEqual(r.status, status, r.text[:500])
                self.assertEqual(r.header("Content-Type"), "application/problem+json")
                self.assertEqual(self.etag(), before)
        r = self.push(good.replace("domains", "domians", 1)).json()
        p = next(p for p in r["problems"] if p["key"] == "domians")
        self.assertGreater(p["line"], 0)
        self.assertIn("did you mean domains?", p["remedy"])
        self.assertEqual(self.push(good, etag=None).status, 428)
        self.assertEqual(self.push(good, etag='"1-0000000000000000"').status, 412)
        for seconds in ("5", "x", "-60", "86401", "60.5"):
            self.assertEqual(self.push(good, f"?confirm={seconds}").status, 422, seconds)
        self.assertEqual(self.push(self.s.config_file.read_bytes()).status, 200, "it runs already")
        self.assertEqual((self.etag(), self.state()["state"]), (before, "idle"))
        self.assertEqual(len(self.web.local("GET", "/api/v1/config/history").json()["entries"]), 1)
        self.assertMailFlows()

    def test_a_truncated_body_changes_nothing(self):
        self.box()
        before, token = self.etag(), self.token_may_push()
        body = self.text({"domains": ["example.net", "new.example"]}).encode()
        head = (f"PUT /api/v1/config HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nIf-Match: *\r\n"
                f"Content-Length: {len(body) + 10}\r\n\r\n").encode()
        for cut in (0, 1, len(body) // 2, len(body)):
            plain = socket.create_connection((self.web.host, self.web.port), timeout=20)
            with ssl._create_unverified_context().wrap_socket(plain) as c:
                c.sendall(head + body[:cut])
                c.shutdown(socket.SHUT_RDWR)
        time.sleep(0.5)
        self.assertEqual((self.etag(), self.state()["state"]), (before, "idle"))
        self.assertMailFlows()

    def test_only_an_administrator_pushes(self):
        self.box()
        for role in ("viewer", "operator"):
            token = self.web.make_token(f"t-{role}", role)["token"]
            headers = {"If-Match": "*"}
            self.assertEqual(self.web.ask("PUT", "/api/v1/config", b"", headers, token=token).status, 403)
            for path in ("check", "confirm", "rollback"):
                self.assertEqual(self.web.ask("POST", f"/api/v1/config/{path}", b"", token=token).status, 403)
            r = self.web.get("/api/v1/config", token=token)
            self.assertEqual((r.status, r.text), (200, self.s.config_file.read_text()))
            self.assertEqual(self.web.ask("GET", "/api/v1/config", headers={"If-None-Match": r.header("ETag")}, token=token).status, 304)
        self.assertEqual(self.web.ask("PUT", "/api/v1/config", b"", {"If-Match": "*"}).status, 401)

    def test_signatures_and_serials(self):
        self.box()
        cli = self.s.cli
        key, other = self.folder / "fleet.key", self.folder / "other.key"
        public = cli("config", "keys", key).stdout.strip()
        cli("config", "keys", other)
        self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)

        def signed(text, by):
            path = self.folder / "new.toml"
            path.write_text(text)
            return cli("config", "sign", path, "--key", by).stdout.strip()

        def accept(text, by=None):
            r = self.push(text, headers={"Sluice-Signature": signed(text, by)} if by else None)
            self.assertEqual(r.status, 202, r.text)
            self.wait_state("waiting")
            self.assertEqual(self.admin("POST", "/api/v1/config/confirm").status, 200)

        base = {"management": {"signature_keys": [public], "signature_required": True}}
        accept(self.text({**base, "serial": 5}))
        five = self.text({**base, "serial": 5})
        six = self.text({**base, "serial": 6, "domains": ["example.net", "new.example"]})
        before = self.etag()
        self.assertEqual(self.push(six).status, 403, "not signed")
        self.assertEqual(self.push(six, headers={"Sluice-Signature": signed(six, other)}).status, 403, "by another key")
        self.assertEqual(self.push(six + "\n", headers={"Sluice-Signature": signed(six, key)}).status, 403, "of other octets")
        self.assertEqual(self.push(six, headers={"Sluice-Signature": "AAAA"}).status, 403)
        again = self.text({**base, "serial": 5, "domains": ["example.net", "evil.example"]})
        self.assertEqual(self.push(again, headers={"Sluice-Signature": signed(again, key)}).status, 409, "a serial counts for one content")
        self.assertEqual(self.etag(), before)
        accept(six, key)
        r = self.push(five, headers={"Sluice-Signature": signed(five, key)})
        self.assertEqual(r.status, 409, "an old one, rightly signed, played again")
        self.assertIn("serial", r.json()["detail"])
        self.assertTrue(self.takes("new.example"))
        self.assertMailFlows()

    def test_a_crash_of_the_parser_is_a_refusal(self):
        self.box()
        stop, killed = threading.Event(), []

        def killer():
            while not stop.is_set():
                for p in pathlib.Path("/proc").glob("[0-9]*"):
                    try:
                        words = (p / "cmdline").read_bytes().split(b"\0")
                        parent = (p / "stat").read_text().rsplit(") ", 1)[1].split()[1]
                        if words[1:3] == [b"internal", b"parse"] and int(parent) == self.s.process.pid:
                            os.kill(int(p.name), signal.SIGSEGV)
                            killed.append(p.name)
                    except (OSError, IndexError):
                        pass
        thread = threading.Thread(target=killer, daemon=True)
        thread.start()
        token, seen = self.token_may_push(), set()
        text = self.text({"domains": ["example.net"] + [f"d{i}.example" for i in range(900)]}).encode()
        for _ in range(60):
            r = self.web.ask("POST", "/api/v1/config/check", text, token=token)
            seen.add((r.status, r.json().get("title")))
            if (422, "Not readable") in seen:
                break
        stop.set()
        thread.join()
        self.assertTrue(killed)
        self.assertIn((422, "Not readable"), seen)
        self.assertEqual(self.web.ask("POST", "/api/v1/config/check", text, token=token).status, 200)
        self.assertMailFlows()

    def test_an_unreachable_mail_server_never_takes_a_good_generation_back(self):
        self.box()
        self.assertEqual(self.push(self.text({"domains": ["example.net", "new.example"]}), "?confirm=120").status, 202)
        self.wait_state("waiting")
        self.sinks.stop()
        time.sleep(3)
        self.assertEqual(self.state()["state"], "waiting")
        self.assertEqual(self.admin("POST", "/api/v1/config/confirm").status, 200)
        r = self.push(self.text({"domains": ["example.net", "third.example"]}))
        self.assertEqual(r.status, 202)
        self.wait_state("waiting")
        self.assertEqual(self.admin("POST", "/api/v1/config/confirm").status, 200)

    def test_the_confirm_comes_on_the_new_address(self):
        self.box()
        old, new = self.web.port, net.free_port(self.web.host)
        token = self.token_may_push()
        r = self.web.ask("PUT", "/api/v1/config?confirm=60", self.text({"status": {"listen": f"{self.web.host}:{new}"}}).encode(), {"If-Match": "*"}, token=token)
        self.assertEqual(r.status, 202, r.text)
        self.wait_state("waiting")
        self.assertEqual(self.web.get("/api/v1/config/state", token=token).status, 200, "the old one still answers")
        self.web.port = new
        self.assertEqual(self.web.ask("POST", "/api/v1/config/confirm", token=token).status, 200)
        net.wait_until(lambda: not net.connects(self.web.host, old), 20, "the old address to close")
        self.assertEqual(self.web.get("/api/v1/config/state", token=token).json()["confirmed"], 2)


class Page(ConfigCase):
    def test_the_page_pushes_confirms_and_goes_back(self):
        self.box()
        s = self.web.set_up()
        shown = re.search(r'<textarea[^>]*>\n(.*?)</textarea>', self.web.get("/config", session=s).text, re.S)[1]
        self.assertEqual(html.unescape(shown), self.s.config_file.read_text(), "exactly what runs")

        def post(path, **fields):
            return self.web.form(path, {"csrf": s.csrf, **fields}, session=s, csrf=False)

        def offer(what, text, **fields):
            return post("/config", do=what, text=text.replace("\n", "\r\n"), etag=self.etag(), confirm="120", **fields)
        text = self.text({"domains": ["example.net", "new.example"]})
        r = offer("check", text.replace("domains", "domians", 1))
        self.assertEqual(r.status, 422)
        self.assertIn("did you mean domains?", r.text)
        r = offer("check", text)
        self.assertEqual(r.status, 200)
        self.assertIn("new.example", re.search("<ins>(.*?)</ins>", r.text)[1])
        self.assertEqual(self.state()["running"], 1)
        self.assertEqual(offer("push", text).header("Location"), "/config")
        self.wait_state("waiting")
        page = self.web.get("/config", session=s).text
        self.assertRegex(page, r'data-countdown="\d+"')
        self.assertEqual(post("/config/confirm", generation="9").status, 409)
        self.assertEqual(post("/config/rollback", generation="2").status, 303)
        self.wait_state("idle")
        # 409 as long as the one that was taken back is still held by somebody.
        net.wait_until(lambda: offer("push", text).status == 303, 20, "the next push to be taken")
        self.wait_state("waiting")
        self.assertEqual(post("/config/confirm", generation="3").status, 303)
        self.assertTrue(self.takes("new.example"))
        one = self.web.get("/config/history/3", session=s).text
        self.assertIn(html.escape(text).replace("&#x27;", "'"), one)
        self.assertEqual(self.web.get("/config/history/77", session=s).status, 404)
        self.web.add_user("vera", "viewer")
        vera = self.web.login("vera")
        self.assertNotIn("<textarea", self.web.get("/config", session=vera).text)
        self.assertEqual(self.web.form("/config", {"csrf": vera.csrf, "text": text, "do": "push"}, session=vera, csrf=False).status, 403)
        self.assertMailFlows()


class Shell(ConfigCase):
    def config(self, *words, stdin=None):
        return self.s.cli("config", words[0], "--config", self.s.config_file, *words[1:], stdin=stdin)

    def test_the_shell_does_all_of_it(self):
        self.box()
        new = self.folder / "new.toml"
        new.write_text(self.text({"domains": ["example.net", "new.example"]}))
        d = self.config("diff", new)
        self.assertEqual(d.returncode, 0, d.stderr)
        self.assertIn('+ ["example.net", "new.example"]', d.stdout)
        p = self.config("push", new, "--within", 100)
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertIn("sluice config confirm", p.stdout)
        self.assertIn("on trial   2", self.config("state").stdout)
        self.assertEqual(self.config("push", new).returncode, 1)
        self.assertEqual(self.config("rollback").returncode, 0)
        self.assertEqual(json.loads(self.config("state", "--json").stdout)["running"], 1)
        self.assertEqual(self.config("push", "-", "--confirm", stdin=new.read_text()).returncode, 0)
        self.assertTrue(self.takes("new.example"))
        h = self.config("history").stdout
        self.assertRegex(h, r"(?m)^ +3\* +confirmed .* shell")
        self.assertRegex(h, r"(?m)^ +2 +taken-back .* shell")
        self.assertEqual(self.config("export").stdout, new.read_text())
        self.assertEqual(self.config("export", 1).stdout, self.s.config_file.read_text())
        self.assertEqual(self.config("export", 99).returncode, 1)
        self.assertIn("domains", self.config("diff", "--from", 3, "--to", 1).stdout)
        bad = self.folder / "bad.toml"
        bad.write_text("domains = [\n")
        b = self.config("push", bad)
        self.assertEqual(b.returncode, 3)
        self.assertRegex(b.stderr, r"bad\.toml:\d+:\d+: error: ")
        self.s.config_file.write_text("nonsense\n" + f'data_directory = "{self.folder}/sluice0/data"\n')
        self.assertEqual(self.config("state").returncode, 0, "a broken file still names its data directory")
        self.s.stop()
        self.assertEqual(self.config("state").returncode, 4)


class File(ConfigCase):
    def confirm_pushed(self, changes):
        new = self.folder / "new.toml"
        new.write_text(self.text(changes))
        r = self.s.cli("config", "push", "--config", self.s.config_file, new, "--confirm")
        self.assertEqual(r.returncode, 0, r.stderr)

    def test_the_file_counts_when_it_changes_and_not_otherwise(self):
        self.box()
        self.confirm_pushed({"domains": ["example.net", "pushed.example"]})
        self.s.send_signal(signal.SIGHUP)
        self.s.wait_event("reloaded")
        self.assertTrue(self.takes("pushed.example"), "a reload of an unchanged file undoes nothing")
        self.s.stop()
        self.s.start()
        self.assertTrue(self.takes("pushed.example"))
        n = len(self.s.events("reload-refused"))
        self.s.config_file.write_text(f'data_directory = "{self.web.data}"\ndomains = [')
        self.s.send_signal(signal.SIGHUP)
        self.s.wait_event("reload-refused", since=n)
        self.s.stop()
        self.s.start()  # with a broken file: the confirmed generation rules
        self.s.wait_event("file-refused")
        self.assertTrue(self.takes("pushed.example"))
        self.s.write_config({"domains": ["example.net", "file.example"]})
        n = len(self.s.events("reloaded"))
        self.s.send_signal(signal.SIGHUP)
        self.s.wait_event("reloaded", since=n)
        self.assertTrue(self.takes("file.example"))
        self.wait_state("idle")
        e = self.entry(self.state()["running"])
        self.assertEqual((e["from"], e["result"]), ("file", "confirmed"))
        self.s.stop()
        self.s.write_config({"domains": ["example.net", "start.example"]})
        self.s.start()
        self.wait_state("idle")
        self.assertTrue(self.takes("start.example"))
        self.assertEqual(self.state()["running"], self.state()["confirmed"])

    def test_a_file_that_cannot_be_started_with_gives_way_to_the_confirmed_generation(self):
        self.box()
        taken = net.free_port(self.s.host)
        with socket.create_server((self.s.host, taken)):
            self.s.stop()
            listeners = [*self.s.table["listener"], {"address": f"{self.s.host}:{taken}"}]
            self.s.write_config({"listener": listeners})
            self.s.start(ready=False)
            self.s.wait_event("generation-not-applied")
            self.s.wait_event("started", since=1)
            self.assertEqual(self.state()["running"], 1)
        self.s.table["listener"] = listeners[:1]
        self.assertMailFlows()




class Pull(ConfigCase):
    def serve(self, files):
        """An HTTPS server with a certificate of our own CA; `files` maps paths to (octets, ETag) and may change."""
        crt, key = certs.leaf("localhost", tag="-pull")
        seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append((self.path, self.headers.get("If-None-Match")))
                found = files.get(self.path)
                if not found:
                    self.send_error(404)
                    return
                octets, etag = found
                if etag and self.headers.get("If-None-Match") == etag:
                    self.send_response(304)
                    self.end_headers()
                    return
                self.send_response(200)
                if etag:
                    self.send_header("ETag", etag)
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, *_):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(crt, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        return f"https://localhost:{server.server_port}/mx1.toml", seen

    def test_a_signed_generation_is_fetched_and_proven_and_nothing_else_counts(self):
        files = {}
        url, seen = self.serve(files)
        key, other = self.folder / "fleet.key", self.folder / "other.key"
        fresh = self.folder / "fresh.toml"
        web = Web()
        # The program makes the keys that its own configuration names: any running one will do.
        maker = self.sluice("127.0.0.1:9", start=False)
        public = maker.cli("config", "keys", key).stdout.strip()
        maker.cli("config", "keys", other)

        def publish(text, by, etag):
            fresh.write_text(text)
            files["/mx1.toml"] = (text.encode(), etag)
            files["/mx1.toml.sig"] = (maker.cli("config", "sign", fresh, "--key", by).stdout.encode(), None)

        self.web = web
        self.s, self.sinks = self.pair(web.config({"management": {"signature_keys": [public], "pull": {
            "url": url, "interval": "1m", "ca_file": str(certs.ca() / "ca.crt")}}}))
        web.of(self.s)
        text = self.text({"domains": ["example.net", "pulled.example"]})
        publish(text, other, '"1"')
        self.s.wait_event("pull-failed", timeout=40)
        self.assertEqual(self.state()["running"], 1, "a signature of a stranger")
        self.assertIn("signature", self.s.events("pull-failed")[-1]["why"])
        publish(text, key, '"2"')
        self.s.wait_event("pull-works", timeout=90)
        state = self.wait_state("idle")
        e = self.entry(state["running"])
        self.assertEqual((e["from"], e["result"]), ("pull", "confirmed"))
        self.assertTrue(self.takes("pulled.example"))
        net.wait_until(lambda: seen[-1] == ("/mx1.toml", '"2"'), 90, "it to be asked for by its ETag")
        self.assertEqual(self.state()["running"], state["running"])
        self.assertMailFlows()
