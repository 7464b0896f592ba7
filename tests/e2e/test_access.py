"""Who comes in on the management surface: set-up, logins, sessions, tokens, the audit log, the control socket and the shell."""
import json
import os
import pathlib
import pty
import socket
import stat
import subprocess
import threading
import time

from harness.access import AccessCase
from harness.process import PROGRAM
from harness.web import PASSWORD


class Access(AccessCase):
    # ---- set-up ----
    def test_until_it_is_set_up_a_box_shows_only_the_set_up(self):
        self.box()
        w = self.web
        secret_file = w.data / "setup.secret"
        secret = secret_file.read_text().strip()
        self.assertEqual(stat.S_IMODE(os.stat(secret_file).st_mode), 0o600)
        self.assertGreaterEqual(len(secret), 25)
        self.assertNotIn(secret, w.sluice.log_text())
        for path in ("/", "/account", "/login"):
            self.assertEqual((w.get(path).status, w.get(path).header("Location")), (303, "/setup"), path)
        self.assertProblem(w.get("/api/v1/users"), 401)
        self.assertEqual([w.get(p).status for p in ("/setup", "/healthz", "/style.css")], [200] * 3)
        self.assertEqual(w.get("/api/v1/status", token=w.status_token).status, 200)  # an image that brings its token along
        form = {"secret": secret, "user": "root.admin", "password": "short", "again": "short"}
        self.assertEqual(w.form("/setup", form).status, 422)
        form |= {"password": PASSWORD, "again": PASSWORD + "x"}
        self.assertEqual(w.form("/setup", form).status, 422)
        self.assertEqual(w.form("/setup", form | {"again": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}).status, 403)
        self.assertEqual(w.form("/setup", form | {"again": PASSWORD}, headers={"Origin": "https://evil.example"}).status, 403)
        done = w.form("/setup", form | {"again": PASSWORD})
        self.assertEqual(done.status, 303)
        self.assertFalse(secret_file.exists(), "the secret is void")
        self.assertEqual(w.form("/setup", form | {"again": PASSWORD, "user": "second"}).status, 404)
        self.assertEqual(w.get("/setup").header("Location"), "/login")
        s = w.sluice
        s.stop()
        s.start()
        self.assertFalse(secret_file.exists())
        self.assertEqual(w.login("root.admin").web, w)

    def test_another_network_cannot_set_it_up_even_with_the_secret(self):
        self.box()
        w, foreign = self.web, "203.0.113.77"
        # After the start: what the machine had then is its own network.
        if os.geteuid() != 0 or subprocess.run(["ip", "address", "add", f"{foreign}/32", "dev", "lo"], capture_output=True).returncode != 0:
            self.skipTest("SKIPPED: needs root and the program ip, for an address of another network")
        self.addCleanup(subprocess.run, ["ip", "address", "delete", f"{foreign}/32", "dev", "lo"], capture_output=True)
        form = {"secret": (w.data / "setup.secret").read_text().strip(), "user": "admin", "password": PASSWORD, "again": PASSWORD}
        self.assertProblem(w.get("/setup", source=foreign), 403)
        for path in ("/", "/login", "/config"):
            self.assertNotEqual(w.get(path, source=foreign).status, 200, path)
        reply = w.form("/setup", form, source=foreign)
        self.assertEqual(reply.status, 403)
        self.assertIn("local network", reply.text)
        self.assertTrue((w.data / "setup.secret").exists())
        self.assertEqual(w.form("/setup", form).status, 303, "from this network it is done")

    def test_the_sixth_try_of_a_minute_is_not_looked_at(self):
        self.box()
        w = self.web
        secret = (w.data / "setup.secret").read_text().strip()
        form = {"secret": "abcde-abcde-abcde-abcde-abcde", "user": "admin", "password": PASSWORD, "again": PASSWORD}
        self.assertEqual([w.form("/setup", form).status for _ in range(5)], [403] * 5)
        late = w.form("/setup", form | {"secret": secret})
        self.assertEqual(late.status, 429)
        self.assertTrue(late.header("Retry-After"))
        self.assertEqual(w.get("/").header("Location"), "/setup")

    # ---- logins and sessions ----
    def test_a_login_makes_a_session_that_scripts_and_other_sites_cannot_use(self):
        self.box()
        w = self.web
        w.set_up()
        for wrong in ({"user": "admin", "password": "wrong horse battery"}, {"user": "nobody", "password": PASSWORD}, {"user": "", "password": ""},
                      {"user": "admin' or 1=1", "password": PASSWORD}):
            self.assertEqual(w.form("/login", wrong).status, 403)
        s = w.login()
        for attribute in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
            self.assertIn(attribute, s.set_cookie)
        self.assertNotIn("Domain", s.set_cookie)
        self.assertEqual(w.get("/", session=s).status, 200)
        # CSRF: without the token, with another one, from another site
        new = {"name": "t", "role": "viewer"}
        self.assertProblem(w.ask("POST", "/api/v1/tokens", new, session=s, csrf=False), 403)
        self.assertProblem(w.ask("POST", "/api/v1/tokens", new, {"X-CSRF-Token": "0" * 32}, session=s, csrf=False), 403)
        self.assertProblem(w.ask("POST", "/api/v1/tokens", new, {"Origin": "https://evil.example"}, session=s), 403)
        self.assertProblem(w.ask("POST", "/api/v1/tokens", new, {"Origin": "null"}, session=s), 403)
        self.assertProblem(w.ask("POST", "/api/v1/tokens", new, {"Sec-Fetch-Site": "same-site"}, session=s), 403)
        self.assertEqual(w.ask("POST", "/api/v1/tokens", new, {"Origin": f"https://127.0.0.1:{w.port}", "Sec-Fetch-Site": "same-origin"}, session=s).status, 201)
        self.assertEqual(w.form("/logout", {"csrf": "x"}, session=s, csrf=False).status, 403)
        self.assertEqual(w.form("/logout", {"csrf": s.csrf}, session=s, csrf=False).status, 303)
        self.assertEqual(w.get("/", session=s).header("Location"), "/login")

    def test_a_login_never_keeps_a_session_id_from_before(self):
        self.box()
        w = self.web
        first = w.set_up()
        planted = "0" * 64
        second = w.login(headers={"Cookie": f"__Host-sluice={planted}"})
        self.assertNotEqual(second.cookie, planted)
        third = w.login(headers={"Cookie": f"__Host-sluice={first.cookie}"})
        self.assertNotEqual(third.cookie, first.cookie)
        self.assertEqual(w.get("/", session=first).status, 303, "the former session of this browser is over")
        self.assertEqual(w.get("/", session=third).status, 200)
        for target, leads in (("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil.example", "/"), ("/account", "/account")):
            reply = w.form("/login", {"user": "admin", "password": PASSWORD, "next": target})
            self.assertEqual(reply.header("Location"), leads)

    def test_sessions_end_by_the_clock_by_others_and_with_the_password(self):
        self.box({"status": {"session_idle": "1m"}})
        w = self.web
        admin = w.set_up()
        w.add_user("vera", "viewer")
        vera, again = w.login("vera"), w.login("vera")
        self.assertEqual(len(w.get("/api/v1/sessions", session=vera).json()["sessions"]), 2)
        self.assertEqual(len(w.get("/api/v1/sessions", session=admin).json()["sessions"]), 3)
        of_admin = next(x["id"] for x in w.get("/api/v1/sessions", session=admin).json()["sessions"] if x["user"] == "admin")
        self.assertEqual(w.ask("DELETE", f"/api/v1/sessions/{of_admin}", session=vera).status, 404, "not hers")
        other = next(x["id"] for x in w.get("/api/v1/sessions", session=vera).json()["sessions"] if not x["this"])
        self.assertEqual(w.ask("DELETE", f"/api/v1/sessions/{other}", session=vera).status, 204)
        self.assertEqual(w.get("/", session=again).status, 303)
        fresh = "another long password"
        change = {"old": PASSWORD, "password": fresh, "again": fresh, "csrf": vera.csrf}
        self.assertEqual(w.form("/account", change | {"old": "wrong wrong wrong"}, session=vera, csrf=False).status, 403)
        self.assertEqual(w.form("/account", change, session=vera, csrf=False).status, 303)
        self.assertEqual(w.get("/", session=vera).status, 303, "all sessions of the user are over")
        self.assertEqual(w.login("vera").status, 403)
        vera = w.login("vera", fresh)
        given = "given by the administrator"
        form = {"name": "vera", "password": given, "csrf": admin.csrf}
        self.assertEqual(w.form("/system/users/password", form | {"csrf": vera.csrf}, session=vera, csrf=False).status, 403)
        self.assertEqual(w.form("/system/users/password", form | {"password": "short"}, session=admin, csrf=False).status, 422)
        self.assertEqual(w.form("/system/users/password", form | {"name": "nobody.there"}, session=admin, csrf=False).status, 404)
        self.assertEqual(w.form("/system/users/password", form, session=admin, csrf=False).status, 303)
        self.assertEqual(w.get("/", session=vera).status, 303, "all sessions of the user are over")
        self.assertEqual(w.login("vera", given).web, w)
        self.assertEqual(w.ask("PATCH", "/api/v1/users/vera", {"password": fresh}, session=admin).status, 204)
        vera = w.login("vera", fresh)
        self.assertEqual(w.local("PATCH", "/api/v1/users/vera", {"role": "operator"}).status, 204)
        self.assertEqual(w.get("/", session=vera).status, 303, "a new role needs a new login")
        vera = w.login("vera", fresh)
        self.assertEqual(w.local("DELETE", "/api/v1/users/vera").status, 204)
        self.assertEqual(w.get("/", session=vera).status, 303)
        self.assertProblem(w.local("DELETE", "/api/v1/users/admin"), 409)
        self.assertProblem(w.local("PATCH", "/api/v1/users/admin", {"role": "viewer"}), 409)
        self.assertEqual(w.get("/", session=admin).status, 200)
        time.sleep(61)
        self.assertEqual(w.get("/", session=admin).status, 303, "nothing was asked for a minute")

    def test_wrong_passwords_make_the_address_and_the_name_wait(self):
        self.box()
        w = self.web
        w.set_up()
        statuses = [w.form("/login", {"user": "admin", "password": f"wrong password {i}"}, source="127.0.0.9").status for i in range(6)]
        self.assertEqual(statuses[:5], [403] * 5)
        self.assertEqual(statuses[5], 429)
        waiting = w.form("/login", {"user": "admin", "password": PASSWORD}, source="127.0.0.9")
        self.assertEqual(waiting.status, 429, "the right password does not help")
        self.assertGreaterEqual(int(waiting.header("Retry-After")), 1)
        deadline = time.monotonic() + 15
        while w.form("/login", {"user": "admin", "password": PASSWORD}).status == 429 and time.monotonic() < deadline:
            time.sleep(0.3)
        self.assertEqual(w.login().web, w)

    def test_logins_at_once_are_looked_at_one_after_the_other_or_get_503(self):
        s = self.box({"memory": {"status_sessions": 24}})
        w = self.web
        w.set_up()
        seen, most, done = [], [0], threading.Event()

        def children():
            n = 0
            for p in pathlib.Path("/proc").glob("[0-9]*"):
                try:
                    words, parent = (p / "cmdline").read_bytes().split(b"\0"), (p / "stat").read_text().rsplit(") ", 1)[1].split()[1]
                    n += words[1:3] == [b"internal", b"hash"] and int(parent) == s.process.pid
                except (OSError, IndexError):
                    pass
            return n

        def count():
            while not done.is_set():
                most[0] = max(most[0], children())

        def login(i):
            seen.append(w.form("/login", {"user": "admin", "password": PASSWORD}, source=f"127.0.3.{i}"))
        counter = threading.Thread(target=count)
        counter.start()
        people = [threading.Thread(target=login, args=(i,)) for i in range(1, 17)]
        for t in people:
            t.start()
        for t in people:
            t.join()
        done.set()
        counter.join()
        self.assertEqual({r.status for r in seen}, {303, 503}, [r.text for r in seen if r.status not in (303, 503)])
        self.assertGreaterEqual(len([r for r in seen if r.status == 303]), 5, "one is looked at, four wait")
        self.assertEqual({r.header("Retry-After") for r in seen if r.status == 503}, {"2"})
        self.assertEqual(most, [1])
        self.assertEqual(w.login().web, w, "being sent away is no wrong password")

    # ---- the audit log, the control socket ----
    def test_the_audit_log_tells_who_did_what(self):
        s = self.box()
        w = self.web
        admin = w.set_up()
        w.form("/login", {"user": "admin", "password": "not this one, no"}, source="127.0.0.8")
        w.form("/login", {"user": "typed my pass phrase", "password": "and something here"}, source="127.0.0.9")
        link = "bGluay10b2tlbi1vZi1hLXJlY2lwaWVudC10aGF0LXdlbnQtdG8tdGhlLXdyb25nLXBvcnQ"
        for path in (f"/q/{link}", f"/{link}"):  # a recipient's link that went to this port
            self.assertEqual(w.ask("POST", path, "x").status, 401)
        token = w.ask("POST", "/api/v1/tokens", {"name": "ops", "role": "operator"}, session=admin).json()["token"]
        c = w.connect()  # one refusal is one answer and one entry, on a connection that stays open
        c.request("DELETE", "/api/v1/users/admin", headers={"Authorization": f"Bearer {token}"})
        answer = c.getresponse()
        self.assertEqual((answer.status, answer.read()[:1]), (403, b"{"))
        time.sleep(0.3)
        c.request("GET", "/api/v1/sessions", headers={"Authorization": f"Bearer {token}"})
        answer = c.getresponse()
        self.assertEqual((answer.status, answer.read()[:12]), (200, b'{"sessions":'))
        c.close()
        entries = w.get("/api/v1/audit", session=admin).json()["entries"]
        told = [(e["who"], e["via"], e["address"], e["what"], e["result"]) for e in entries]
        self.assertIn(("admin", "session", "127.0.0.1", "make token ops as operator", 201), told)
        self.assertIn(("", "", "127.0.0.8", "failed login as admin", 403), told)
        self.assertIn(("", "", "127.0.0.9", "failed login, no such user", 403), told)
        self.assertEqual([e["target"] for e in entries if e["what"] == "unknown"], 2 * ["POST (nothing served)"])
        for secret in ("pass phrase", link):
            self.assertNotIn(secret, json.dumps(entries) + s.log_text())
        self.assertEqual(told.count(("ops", "token", "127.0.0.1", "Remove a user", 403)), 1)
        self.assertNotIn(token, json.dumps(entries))
        self.assertNotIn(PASSWORD, json.dumps(entries) + s.log_text())
        serials = [e["serial"] for e in entries]
        self.assertEqual(serials, sorted(serials, reverse=True))
        first = w.get("/api/v1/audit?limit=2", session=admin).json()
        second = w.get(f"/api/v1/audit?limit=2&before={first['before']}", session=admin).json()
        self.assertEqual([e["serial"] for e in first["entries"] + second["entries"]], serials[:4])
        for _ in range(110):
            w.local("DELETE", "/api/v1/tokens/none")
        page = w.get("/api/v1/audit?limit=1000", session=admin).json()
        self.assertEqual((len(page["entries"]), page["before"]), (100, page["entries"][-1]["serial"]), "there is more, and it says so")
        entries = page["entries"] + w.get(f"/api/v1/audit?limit=1000&before={page['before']}", session=admin).json()["entries"]
        serials = [e["serial"] for e in entries]
        self.assertEqual(serials, list(range(serials[0], 0, -1)))
        s.kill()
        s.spawn()
        s.wait_event("started", since=1)
        again = w.local("GET", "/api/v1/audit").json()["entries"]
        self.assertEqual([e["serial"] for e in again], serials[:100], "what was told is on the disk")

    def test_the_control_socket_is_for_its_owner(self):
        self.box()
        w = self.web
        self.assertEqual(stat.S_IMODE(os.stat(w.data / "control.sock").st_mode), 0o600)
        self.assertEqual(w.local("GET", "/api/v1/users").json(), {"users": []})
        w.add_user("first", "admin")
        self.assertFalse((w.data / "setup.secret").exists(), "an administrator made in the shell ends the set-up")
        if os.geteuid() == 0:  # another user cannot, even if the folder let him
            os.chmod(w.data / "control.sock", 0o666)
            os.chmod(w.data, 0o755)
            read, write = os.pipe()
            child = os.fork()
            if child == 0:
                try:
                    c = socket.socket(socket.AF_UNIX)
                    os.chdir(w.data)
                    os.setgid(65534)
                    os.setuid(65534)
                    c.connect("control.sock")
                    c.settimeout(5)
                    c.sendall(b"GET /api/v1/users HTTP/1.1\r\nHost: x\r\n\r\n")
                    os.write(write, b"got:" + c.recv(100))
                except OSError:
                    os.write(write, b"got:")
                os._exit(0)
            os.waitpid(child, 0)
            self.assertEqual(os.read(read, 100), b"got:")
        self.web.sluice.stop()
        self.assertFalse((w.data / "control.sock").exists())

    # ---- the shell ----
    def shell(self, *words, stdin=None):
        return self.web.sluice.cli("access", *words, "--config", self.web.sluice.config_file, stdin=stdin)

    def test_users_and_tokens_from_the_shell(self):
        s = self.box()
        w, run = self.web, self.shell
        self.assertEqual((run("users").returncode, run("users").stdout, run("tokens").stdout), (0, "", ""))
        added = run("add-user", "ann", "--role", "admin", stdin=PASSWORD + "\n")
        self.assertEqual((added.returncode, added.stdout, added.stderr), (0, "", ""))
        self.assertFalse((w.data / "setup.secret").exists(), "the first administrator ends the set-up")
        ann = w.login("ann")
        (self.folder / "secret").write_text("given by somebody\nnot this\n")
        added = run("add-user", "bob", "--role", "viewer", "--password-file", self.folder / "secret", "--json")
        self.assertEqual(json.loads(added.stdout), {"name": "bob"})
        bob = w.login("bob", "given by somebody")
        self.assertEqual([(u["name"], u["role"]) for u in json.loads(run("users", "--json").stdout)["users"]], [("ann", "admin"), ("bob", "viewer")])
        self.assertRegex(run("users").stdout, r"(?m)^bob +viewer +since 2\d{3}-")
        self.assertEqual(run("role", "bob", "operator").returncode, 0)
        self.assertEqual(w.get("/", session=bob).status, 303, "a new role needs a new login")
        bob = w.login("bob", "given by somebody")
        self.assertEqual(run("password", "bob", stdin="another long one\r\n").returncode, 0)
        self.assertEqual(w.get("/", session=bob).status, 303)
        self.assertEqual(w.login("bob", "another long one").web, w)
        # What is refused, and what is not understood.
        for words, stdin, code, said in ((("add-user", "bob", "--role", "viewer"), PASSWORD, 1, "one of this name"), (("add-user", "eve", "--role", "viewer"), "short", 1, "at least 10"),
                                         (("add-user", "../eve", "--role", "viewer"), PASSWORD, 1, "A name has"), (("password", "nobody"), PASSWORD, 1, "none of this name"),
                                         (("role", "ann", "viewer"), None, 1, "has to stay"), (("remove-user", "ann"), None, 1, "has to stay"),
                                         (("remove-user", "nobody"), None, 1, "none of this name"), (("remove-token", "0000"), None, 1, "none of this name"),
                                         (("add-user", "eve", "--role", "root"), PASSWORD, 2, "--role"), (("add-user", "eve"), PASSWORD, 2, "--role"),
                                         (("add-user", "eve", "--role", "viewer", "a password"), None, 2, ""), (("add-token", "t", "--role", "viewer", "--days", "4000"), None, 2, "--days"),
                                         ((), None, 2, ""), (("add-user", "eve", "--role", "viewer"), "", 4, "no password"),
                                         (("password", "bob", "--password-file", self.folder / "nothing"), None, 4, "No such file")):
            with self.subTest(words):
                done = run(*words, stdin=stdin)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(said, done.stderr)
        self.assertEqual(w.get("/", session=ann).status, 200)
        # Tokens.
        made = run("add-token", "backup", "--role", "viewer", "--days", "3")
        token = made.stdout.strip()
        self.assertRegex(token, r"^slu_[0-9a-f]{64}$")
        self.assertEqual(w.get("/api/v1/status", token=token).status, 200)
        listed = run("tokens").stdout
        self.assertRegex(listed, r"(?m)^[0-9a-f]{8}  backup +viewer +until 2\d{3}-")
        self.assertNotIn(token, listed)
        self.assertEqual(run("remove-token", listed.split()[0]).returncode, 0)
        self.assertEqual(w.get("/api/v1/status", token=token).status, 401)
        self.assertIsNone(json.loads(run("add-token", "ever", "--role", "viewer", "--days", "0", "--json").stdout)["expires"])
        self.assertEqual(run("remove-user", "bob").returncode, 0)
        audit = json.dumps(w.local("GET", "/api/v1/audit").json()["entries"])
        for told in ("add user ann as admin", "make user bob operator", "set the password of bob", "make token backup as viewer"):
            self.assertIn(told, audit)
        for secret in (PASSWORD, "another long one", token):
            self.assertNotIn(secret, audit + s.log_text())
        s.stop()
        gone = run("users")
        self.assertEqual((gone.returncode, gone.stdout), (4, ""))
        self.assertTrue(gone.stderr)

    def test_a_password_typed_at_a_terminal_is_not_shown(self):
        self.box()
        for first, second, code in ((PASSWORD, PASSWORD, 0), (PASSWORD, PASSWORD + "x", 4)):
            pid, screen = pty.fork()
            if pid == 0:
                os.execv(PROGRAM, [PROGRAM, "access", "add-user", f"user{code}", "--role", "admin", "--config", str(self.web.sluice.config_file)])
            shown = b""
            for asked, typed in ((b"The password: ", first), (b"The same again: ", second)):
                while not shown.endswith(asked):
                    shown += os.read(screen, 1024)
                os.write(screen, typed.encode() + b"\n")
            try:
                while piece := os.read(screen, 1024):
                    shown += piece
            except OSError:
                pass  # the program ended
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), code, shown)
            self.assertNotIn(PASSWORD.encode(), shown)
        self.assertEqual([u["name"] for u in self.web.local("GET", "/api/v1/users").json()["users"]], ["user0"])
        self.assertEqual(self.web.login("user0").web, self.web)
