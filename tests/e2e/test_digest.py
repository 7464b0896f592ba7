"""Recipients are told of their held mail: digests and notices arrive masked, their links show on GET, act once on POST, for
that recipient only, and leave no trace of themselves in the log or the audit."""
import email
import email.policy
import http.client
import json
import os
import re
import signal
import ssl
import stat
import threading
import time
import urllib.parse

from harness import mails, net
from harness.case import E2E
from harness.web import Reply, Web

ENTRA, PAYPAL = "entra_tenant_name_scam.eml", "paypal_note_scam.eml"
SENDERS = {ENTRA: "bounce@microsoftonline.com", PAYPAL: "service@paypal.com"}
LINK = re.compile(r"https://[a-z0-9.:-]+/q/([A-Za-z0-9_-]+)")


class Digest(E2E):
    def box(self, digest=None, domain=None, recipients=None, config=None, **options):
        self.web = Web()
        self.link_port = net.free_port("127.0.0.1")
        table = {"link_listen": f"127.0.0.1:{self.link_port}", "link_url": f"https://mail.example.net:{self.link_port}",
                 "link_requests_per_client_per_minute": 1000, **(digest or {})}
        table["domain"] = [{"domain": "example.net", **(domain or {})}]
        if recipients:
            table["recipient"] = recipients
        self.sink_ = self.sink()
        self.s = self.sluice(self.sink_, self.web.config({"digest": table, **(config or {})}), **options)
        self.web.of(self.s)
        net.wait_until(lambda: self.web.local("GET", "/api/v1/digest").json()["domains"][0]["last_run"] > 0, 20, "the first look at the domain")
        return self.s

    def send(self, name, recipients, content=None):
        with self.s.client() as c:
            c.ehlo("mail.sender.example")
            reply = c.mail(content or mails.sample(name), sender=SENDERS[name], recipients=recipients)
            c.quit()
        self.assertReply(reply, 250, "2.0.0")
        return self.s.events("message")[-1]["id"]

    def send_now(self):
        reply = self.web.local("POST", "/api/v1/digest/send")
        self.assertEqual(reply.status, 202, reply.text)

    def told(self, n, timeout=30):
        """The first n mails of ours at the sink, as [(recipients, message)], ordered by recipient."""
        net.wait_until(lambda: len(self.ours()) >= n, timeout, f"{n} mails of ours")
        return self.ours()

    def ours(self):
        out = []
        for t in self.sink_.accepted:
            m = email.message_from_bytes(t.data, policy=email.policy.default)
            if m["Auto-Submitted"]:
                out.append(([r.split("<")[1].split(">")[0] for r in t.rcpt], m, t))
        return sorted(out, key=lambda o: o[0])

    @staticmethod
    def text_of(message, kind="plain"):
        return message.get_body((kind,)).get_content().replace("\r\n", "\n")

    def links(self, message, kind="plain"):
        """{action: token} of a mail with one row."""
        text = self.text_of(message, kind)
        if kind == "html":
            found = re.findall(r'href="(https://[^"]+)">([^<]+)</a>', text)
            return {label: LINK.fullmatch(url)[1] for url, label in found}
        return dict(re.findall(r"^\s*(\w[\w ]*):\n\s*https://[a-z0-9.:-]+/q/([A-Za-z0-9_-]+)$", text, re.M))

    def ask(self, method, path, body=None, headers=None, source=None):
        c = http.client.HTTPSConnection("127.0.0.1", self.link_port, timeout=20, context=ssl._create_unverified_context(),
                                        source_address=(source, 0) if source else None)
        try:
            c.request(method, path, body=urllib.parse.urlencode(body) if isinstance(body, dict) else body,
                      headers={"Content-Type": "application/x-www-form-urlencoded", **(headers or {})} if body else (headers or {}))
            answer = c.getresponse()
            return Reply(answer, answer.read())
        finally:
            c.close()

    def page(self, token):
        reply = self.ask("GET", f"/q/{token}")
        self.assertEqual(reply.status, 200, reply.text)
        return re.search(r'name="page" value="([^"]+)"', reply.text)[1]

    def press(self, token, page=None):
        return self.ask("POST", f"/q/{token}", {"page": page or self.page(token)})

    def states(self, id):
        answer = self.s.cli("quarantine", "show", id, "--json", "--config", self.s.config_file)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return {r["address"]: r["state"] for r in json.loads(answer.stdout)["recipient_states"]}

    def audit(self):
        return self.web.local("GET", "/api/v1/audit").text

    def assertNoTrace(self, *tokens):
        for place, text in (("log", self.s.log_text()), ("audit", self.audit()), ("status", self.web.local("GET", "/api/v1/status").text)):
            for token in tokens:
                self.assertNotIn(token, text, place)
                self.assertNotIn(token[:40], text, place)

    # ---- digests ----
    def test_a_scam_for_two_recipients_is_told_masked_released_by_one_and_once(self):
        """The sample's phone rule is an operator's by default; here recipients may release it."""
        self.box({"operator_rules": []})
        id = self.send(ENTRA, ["anna@example.net", "bob@example.net"])
        time.sleep(1.1)  # a digest tells of what came before its second
        self.send_now()
        told = self.told(2)
        self.assertEqual([r for r, _, _ in told], [["anna@example.net"], ["bob@example.net"]])
        for recipients, m, t in told:
            self.assertIn("MAIL FROM:<>", t.mail)
            self.assertEqual(m["To"], recipients[0])
            self.assertEqual(m["Subject"], "1 message held back for you")
            self.assertEqual(m["Auto-Submitted"], "auto-generated")
            self.assertIsNone(m["List-Id"])
            for kind in ("plain", "html"):
                text = self.text_of(m, kind)
                self.assertIn("[number hidden]", text, kind)
                self.assertNotRegex(re.sub(r"/q/[A-Za-z0-9_-]+|:\d+|20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ|id \w+", "", text), r"\d[\d() -]{6,}\d", kind)
                self.assertIn("microsoftonline[.]com", text)
                self.assertIn(id, text)
                self.assertLess(text.index("telephone number"), text.index("Subject:"), "our reason comes first")
            self.assertEqual(set(self.links(m)), {"Release it to me", "Delete it"})
            self.assertEqual(self.links(m), self.links(m, "html"))
        anna, bob = self.links(told[0][1]), self.links(told[1][1])
        before = len(self.sink_.accepted)

        # Programs that follow links: nothing changes.
        for _ in range(2):
            for token in (*anna.values(), *bob.values()):
                shown = self.ask("GET", f"/q/{token}")
                self.assertEqual(shown.status, 200)
                self.assertIn("[number hidden]", shown.text)
                self.assertEqual(self.ask("HEAD", f"/q/{token}").body, b"")
        self.assertEqual(set(self.states(id).values()), {"held"})
        # Programs that post to links without having read the page.
        release = bob["Release it to me"]
        for body in ({}, {"page": ""}, {"page": "A" * 22}, {"page": self.page(bob["Delete it"])}, {"page": self.page(anna["Release it to me"])}, None):
            self.assertEqual(self.ask("POST", f"/q/{release}", body or {"x": "y"}).status, 403, body)
        self.assertEqual(self.ask("POST", f"/q/{release}?page={self.page(release)}").status, 403)
        self.assertEqual(set(self.states(id).values()), {"held"})

        page = self.page(release)
        self.assertEqual(self.press(release, page).status, 200)
        got = self.sink_.wait_accepted(before + 1)[-1]
        self.assertSame(got, mails.sample(ENTRA))
        self.assertEqual([r.split(">")[0] for r in got.rcpt], ["RCPT TO:<bob@example.net"])
        net.wait_until(lambda: self.states(id)["bob@example.net"] == "released", 20, "released")
        self.assertEqual(self.states(id)["anna@example.net"], "held")
        again = self.press(release, page)
        self.assertEqual(again.status, 410)
        self.assertIn("used before", again.text)
        self.assertEqual(self.ask("GET", f"/q/{release}").status, 410)
        self.assertEqual(self.ask("GET", f"/q/{bob['Delete it']}").status, 410, "released already")
        self.assertEqual(self.press(anna["Delete it"]).status, 200)
        self.assertEqual(self.states(id), {"anna@example.net": "deleted", "bob@example.net": "released"})
        self.assertEqual(len(self.sink_.accepted), before + 1)

        audit = self.audit()
        self.assertIn(f"release {id} for bob@example.net", audit)
        self.assertIn(f"delete {id} for anna@example.net", audit)
        self.assertNoTrace(*anna.values(), *bob.values())
        shown = self.s.cli("quarantine", "show", id, "--config", self.s.config_file).stdout
        self.assertIn("link", shown)

    def test_what_abuses_a_genuine_sender_is_an_operators_and_the_request_shows(self):
        self.box()
        id = self.send(ENTRA, ["bob@example.net"])
        time.sleep(1.1)
        self.send_now()
        [(_, m, _)] = self.told(1)
        links = self.links(m)
        self.assertEqual(set(links), {"Ask an operator to look at it", "Delete it"})
        text = self.text_of(m)
        self.assertNotIn("555", text)
        self.assertIn("[number hidden]", text)
        self.assertIn("msonlineservicesteam at microsoftonline[.]com", text)
        self.assertEqual(self.web.local("GET", "/api/v1/quarantine/requests").json(), {"requests": [], "next": None})
        self.assertEqual(self.press(links["Ask an operator to look at it"]).status, 200)
        self.assertEqual(self.states(id), {"bob@example.net": "held"})
        [request] = self.web.local("GET", "/api/v1/quarantine/requests").json()["requests"]
        self.assertEqual((request["id"], request["recipient"]), (id, "bob@example.net"))
        self.assertEqual(len(self.sink_.accepted), 1, "nothing but the digest")
        # Released by the operator: the request is settled.
        self.assertEqual(self.s.cli("quarantine", "release", id, "--config", self.s.config_file).returncode, 0)
        self.sink_.wait_accepted(2)
        net.wait_until(lambda: self.web.local("GET", "/api/v1/quarantine/requests").json()["requests"] == [], 20, "no request any more")

    def test_a_release_link_does_not_outlive_a_stricter_configuration(self):
        self.box({"operator_rules": []})
        id = self.send(ENTRA, ["bob@example.net"])
        time.sleep(1.1)
        self.send_now()
        release = self.links(self.told(1)[0][1])["Release it to me"]
        page = self.page(release)
        digest = {k: v for k, v in self.s.table["digest"].items() if k != "operator_rules"}
        self.s.table["digest"] = digest
        self.s.write_config()
        self.s.process.send_signal(signal.SIGHUP)
        self.s.wait_event("reloaded")
        self.assertEqual(self.ask("GET", f"/q/{release}").status, 403)
        self.assertEqual(self.press(release, page).status, 403)
        self.assertEqual(self.states(id), {"bob@example.net": "held"})

    def test_digests_come_by_the_clock_once_and_survive_kill_9(self):
        self.box(domain={"interval": "1m"})
        first = self.send(PAYPAL, ["anna@example.net", "bob@example.net"])
        self.told(2, 75)
        self.s.process.send_signal(signal.SIGKILL)
        self.s.process.wait()
        self.s.start()
        second = self.send(ENTRA, ["bob@example.net"])
        told = self.told(3, 75)
        time.sleep(5)
        self.assertEqual([r for r, _, _ in self.ours()], [["anna@example.net"], ["bob@example.net"], ["bob@example.net"]])
        of_bob = [self.text_of(m) for r, m, _ in told if r == ["bob@example.net"]]
        self.assertEqual(sorted(((first in t), (second in t)) for t in of_bob), [(False, True), (True, False)])

    def test_a_long_digest_is_cut_and_counted_and_a_recipient_may_want_none(self):
        self.box({"rows": 2}, recipients=[{"address": "carl@example.net"}])
        ids = [self.send(PAYPAL, ["bob@example.net", "carl@example.net"]) for _ in range(5)]
        time.sleep(1.1)
        self.send_now()
        [(recipients, m, _)] = self.told(1)
        self.assertEqual(recipients, ["bob@example.net"])
        text = self.text_of(m)
        self.assertEqual(m["Subject"], "5 messages held back for you")
        self.assertIn("And 3 more", text)
        self.assertEqual([i for i in ids if i in text], ids[-2:])
        self.send_now()
        time.sleep(4)
        self.assertEqual(len(self.ours()), 1, "nothing new, no mail")

    def test_who_the_mail_server_refuses_is_not_written_to_again(self):
        self.box()
        self.send(PAYPAL, ["bob@example.net"])
        time.sleep(1.1)
        self.sink_.script = {"rcpt": ["550 5.1.1 no such user"]}
        self.send_now()
        net.wait_until(lambda: not self.sink_.script["rcpt"], 20, "one try, refused")
        self.sink_.script = {}
        time.sleep(1.5)
        self.send(PAYPAL, ["bob@example.net"])
        time.sleep(1.1)
        tries = len(self.sink_.command_lines("MAIL"))
        self.send_now()
        time.sleep(4)
        self.assertEqual(self.ours(), [])
        self.assertEqual(len(self.sink_.command_lines("MAIL")), tries)

    def test_a_full_outbox_keeps_the_digest_for_later(self):
        self.box(config={"own_mail": {"messages": 1}})
        for n in range(3):
            self.send(PAYPAL, [f"r{n}@example.net"])
        time.sleep(1.1)
        self.sink_.script = {"mail": ["451 4.3.0 later"] * 3}
        self.send_now()
        net.wait_until(lambda: self.web.local("GET", "/api/v1/digest").json()["state"] == "waits for the outbox", 20, "the outbox is full")
        self.assertTrue(self.s.events("digest-waits"))
        for own in self.web.local("GET", "/api/v1/own-mail").json()["mails"]:
            self.web.local("DELETE", f"/api/v1/own-mail/{own['id']}")
        self.sink_.script = {}
        told = self.told(2, 40)
        self.assertEqual(len({r[0] for r, _, _ in told}), 2)

    # ---- notices ----
    def test_a_notice_comes_at_once_for_the_rules_asked_for_and_the_digest_leaves_it_out(self):
        self.box({"notices_per_recipient_per_hour": 2}, domain={"notice": True, "notice_rules": ["slot-phone"]},
                 recipients=[{"address": "Dora@example.net", "digest": True}])
        id = self.send(ENTRA, ["bob@example.net", "dora@example.net"])
        [(recipients, m, _)] = self.told(1, 15)
        self.assertEqual(recipients, ["bob@example.net"])
        self.assertEqual(m["Subject"], "A message for you was held back")
        self.assertIn(id, self.text_of(m))
        more = [self.send(ENTRA, ["bob@example.net"]) for _ in range(3)]
        self.told(2, 15)
        time.sleep(4)
        self.assertEqual(len(self.ours()), 2, "two in an hour")
        self.send_now()
        told = self.told(4)
        digests = {r[0]: self.text_of(m) for r, m, _ in told if "messages" in m["Subject"] or "1 message" in m["Subject"]}
        self.assertEqual(set(digests), {"bob@example.net", "dora@example.net"})
        self.assertNotIn(id, digests["bob@example.net"])
        self.assertNotIn(more[0], digests["bob@example.net"])
        self.assertIn(more[1], digests["bob@example.net"])
        self.assertIn(id, digests["dora@example.net"])

    # ---- links ----
    def test_the_listener_of_links_serves_nothing_else(self):
        self.box()
        for path in ("/", "/login", "/setup", "/account", "/style.css", "/metrics", "/healthz", "/health/live", "/api/v1/status", "/api/v1/openapi.json",
                     "/api/v1/quarantine/requests", "/q", "/q/", "/q/a/b", "/quarantine", "/../etc/passwd", "/favicon.ico"):
            for method in ("GET", "POST", "PUT", "DELETE"):
                reply = self.ask(method, path, headers={"Authorization": f"Bearer {self.web.status_token}"})
                self.assertIn(reply.status, (404, 400), (method, path, reply.text))
                self.assertIsNone(reply.header("WWW-Authenticate"))
        for method in ("PUT", "DELETE", "PATCH"):
            reply = self.ask(method, "/q/abc")
            self.assertEqual((reply.status, reply.header("Allow")), (405, "GET, HEAD, POST"))
        missing = self.ask("GET", "/q/abc")
        self.assertEqual(missing.status, 404)
        for name, value in (("Referrer-Policy", "no-referrer"), ("X-Frame-Options", "DENY"), ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")):
            self.assertEqual(missing.header(name), value)
        self.assertRegex(missing.header("Content-Security-Policy"), r"^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'; form-action 'self'; ")
        self.assertIsNone(missing.header("Set-Cookie"))
        self.assertEqual(self.ask("POST", "/q/abc", "x" * 5000).status, 413)
        # and the management server knows no links
        self.assertIn(self.web.get("/q/abc").status, (303, 404))

    def test_forged_expired_and_revoked_links_do_nothing(self):
        self.box({"operator_rules": [], "link_lifetime": "1m"})
        key_file = self.web.data / "links.keys"
        self.assertEqual(stat.S_IMODE(os.stat(key_file).st_mode), 0o600)
        id = self.send(PAYPAL, ["anna@example.net", "bob@example.net"])
        time.sleep(1.1)
        self.send_now()
        sent = time.time()
        links = {r[0]: self.links(m) for r, m, _ in self.told(2)}
        token = links["bob@example.net"]["Release it to me"]
        other = links["anna@example.net"]["Release it to me"]
        half = len(token) // 2
        for forged in (token[:-1], token[:half], token + "A", token[:half] + other[half:], other[:half] + token[half:], "A" * len(token), token[::-1],
                       token[:10] + ("A" if token[10] != "A" else "B") + token[11:], token.swapcase(), "A" * 480):
            self.assertEqual(self.ask("GET", f"/q/{forged}").status, 404, forged)
            self.assertEqual(self.ask("POST", f"/q/{forged}", {"page": "x"}).status, 404, forged)
        page = self.page(token)
        # A new key: links go on, unless they are revoked.
        self.assertEqual(self.web.local("POST", "/api/v1/digest/rotate-key").status, 200)
        self.assertEqual(self.ask("GET", f"/q/{token}").status, 200)
        time.sleep(max(0.0, sent + 62 - time.time()))
        late = self.press(token, page)
        self.assertEqual((late.status, self.ask("GET", f"/q/{token}").status), (410, 410))
        self.assertEqual(self.web.local("POST", "/api/v1/digest/rotate-key?revoke=true").status, 200)
        self.assertEqual(self.ask("GET", f"/q/{token}").status, 404)
        self.s.stop()
        self.s.start()
        self.assertEqual(self.ask("GET", f"/q/{token}").status, 404)
        self.assertEqual(set(self.states(id).values()), {"held"})
        self.assertNoTrace(token, other)

    def test_new_keys_that_are_asked_for_at_once_are_made_one_after_the_other(self):
        self.box({"operator_rules": []}, config={"memory": {"sessions": 64, "loops": 2, "status_sessions": 16}})
        token = self.web.make_token("rotate", "admin")["token"]
        last = self.web.local("POST", "/api/v1/digest/rotate-key").json()["key"]
        refused = 0
        for _ in range(50):
            start, replies = threading.Barrier(4), []
            def rotate():
                start.wait()
                replies.append(self.web.ask("POST", "/api/v1/digest/rotate-key", token=token))
            threads = [threading.Thread(target=rotate) for _ in range(4)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            made = sorted((r.json()["key"] - last - 1) % 256 for r in replies if r.status == 200)
            self.assertEqual(len(replies), 4)
            self.assertEqual(made, list(range(len(made))), "each is the one after the last")
            self.assertGreaterEqual(len(made), 1)
            self.assertEqual({r.status for r in replies} - {200, 409}, set())
            last = (last + len(made)) % 256
            refused += len(replies) - len(made)
            if refused > 5:
                break
        self.assertGreater(refused, 0, "they never met")
        # What the program signs with and what it reads after a restart are the same key; one more key leaves its links alone, two do not.
        self.send(PAYPAL, ["anna@example.net"])
        time.sleep(1.1)
        self.send_now()
        token = self.links(self.told(1)[0][1])["Release it to me"]
        self.s.stop()
        self.s.start()
        self.assertEqual(self.ask("GET", f"/q/{token}").status, 200)
        for status in (200, 404):
            self.assertEqual(self.web.local("POST", "/api/v1/digest/rotate-key").status, 200)
            self.assertEqual(self.ask("GET", f"/q/{token}").status, status)

    def test_a_client_that_asks_too_often_waits_and_locks_nobody_out(self):
        self.box({"link_requests_per_client_per_minute": 5})
        while time.time() % 60 > 50:
            time.sleep(1)
        seen = [self.ask("GET", "/q/abc").status for _ in range(8)]
        self.assertEqual(seen, [404] * 5 + [429] * 3)
        late = self.ask("GET", "/q/abc")
        self.assertEqual((late.status, late.header("Retry-After")), (429, "60"))
        self.assertEqual(self.ask("GET", "/q/abc", source="127.0.0.9").status, 404)
        self.assertEqual(self.web.get("/healthz").status, 200)
        self.assertEqual(self.web.local("GET", "/api/v1/digest").json()["links"]["too_many"], 4)

    def test_silent_clients_of_the_links_hold_up_neither_mail_nor_the_operator(self):
        import socket
        self.box()
        quiet = [socket.create_connection(("127.0.0.1", self.link_port)) for _ in range(30)]
        try:
            self.assertEqual(self.web.get("/healthz").status, 200)
            self.send(PAYPAL, ["bob@example.net"])
            net.wait_until(lambda: self._answers(), 30, "a link is shown all the same")
        finally:
            for q in quiet:
                q.close()

    def _answers(self):
        try:
            return self.ask("GET", "/q/abc").status == 404
        except OSError:
            return False

    def test_without_a_listener_there_are_no_links(self):
        self.web = Web()
        self.sink_ = self.sink()
        self.s = self.sluice(self.sink_, self.web.config({"digest": {"domain": [{"domain": "example.net", "notice": True}]}}))
        self.web.of(self.s)
        net.wait_until(lambda: self.web.local("GET", "/api/v1/digest").json()["domains"][0]["last_run"] > 0, 20, "the first look at the domain")
        id = self.send(ENTRA, ["bob@example.net"])
        [(_, m, _)] = self.told(1, 15)
        self.assertNotIn("https://", self.text_of(m))
        self.assertIn(id, self.text_of(m))
        self.assertIn("administrator", self.text_of(m))

    def test_roles(self):
        self.box()
        w = self.web
        tokens = {role: w.make_token("t-" + role, role)["token"] for role in ("viewer", "operator", "admin")}
        rows = (("GET", "/api/v1/digest", "viewer", 200), ("GET", "/api/v1/quarantine/requests", "viewer", 200),
                ("POST", "/api/v1/digest/send", "operator", 202), ("POST", "/api/v1/digest/rotate-key", "admin", 200))
        order = ["viewer", "operator", "admin"]
        for method, path, least, good in rows:
            self.assertEqual(w.ask(method, path).status, 401, path)
            for role in order:
                expected = good if order.index(role) >= order.index(least) else 403
                self.assertEqual(w.ask(method, path, token=tokens[role]).status, expected, (path, role))
        self.assertEqual(w.ask("POST", "/api/v1/digest/send?domain=other.example", token=tokens["admin"]).status, 404)
        self.assertEqual(w.ask("POST", "/api/v1/digest/rotate-key?revoke=maybe", token=tokens["admin"]).status, 422)
        for cursor in ("x", "1", "0-1", "1-x", "1-1x", "-1-1"):
            self.assertEqual(w.ask("GET", f"/api/v1/quarantine/requests?before={cursor}", token=tokens["viewer"]).status, 422, cursor)
