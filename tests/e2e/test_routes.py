"""Every route of the management surface, from the box's own description: what it takes, and that it asks for its role."""
import hashlib
import re

from harness import openapi
from harness.case import E2E
from harness.web import Web

ROLES = ["nobody", "viewer", "operator", "admin"]


class Routes(E2E):
    def box(self, set_up=True):
        """With everything switched on that brings routes of its own."""
        self.web = Web()
        s = self.sluice(self.sink(), self.web.config({"digest": {"domain": [{"domain": "example.net"}]}}))
        self.web.of(s)
        if set_up:
            self.web.set_up()
        return s

    def test_every_route_asks_for_its_role(self):
        s = self.box()
        w = self.web
        tokens = {r: w.make_token(r, r)["token"] for r in ROLES[1:]}
        revoked = w.make_token("revoked", "admin")
        self.assertEqual(w.local("DELETE", f"/api/v1/tokens/{revoked['id']}").status, 204)
        w.make_token("old", "admin")
        listed = w.local("GET", "/api/v1/tokens").text
        s.stop()
        book = w.data / "access" / "book"
        text = book.read_text()
        for t in tokens.values():
            self.assertNotIn(t, text + listed, "only digests are kept")
        expired = "slu_" + "e" * 64
        lines = text.splitlines()[:-1]
        lines = [l if "\told\t" not in l else "\t".join(["token", "0000beef", "old", "admin", hashlib.sha256(expired.encode()).hexdigest(), "1", "2"]) for l in lines]
        body = "\n".join(lines) + "\n"
        book.write_text(body + "sum\t" + hashlib.sha256(body.encode()).hexdigest() + "\n")
        s.start()
        self.assertIn('"valid":false', w.local("GET", "/api/v1/tokens").text)
        routes = w.get("/api/v1/openapi.json", token=tokens["viewer"]).json()["paths"]
        checked = 0
        for pattern, operations in routes.items():
            path = re.sub(r"\{\w+\}", "0", pattern)
            machine = path.startswith(("/api/", "/metrics"))
            for method, facts in operations.items():
                least, method = facts["x-role"], method.upper()
                # Nothing is done: a body that is too large is refused after the role was looked at and before the handler runs.
                safe = method == "GET"
                headers = {} if safe else {"Content-Length": "99999999"}
                for who, token in [("nobody", None), ("nobody", expired), ("nobody", revoked["token"]), ("nobody", "slu_x"), *tokens.items()]:
                    with self.subTest(route=f"{method} {pattern}", who=who, token=bool(token)):
                        status = self.status_of(method, path, token, headers)
                        checked += 1
                        if ROLES.index(who) >= ROLES.index(least):
                            self.assertIn(status, (200, 204, 303, 404, 409, 412, 422, 503) if safe else (413,))
                        elif who == "nobody":
                            self.assertEqual(status, 401 if machine or token or not safe else 303)
                        else:
                            self.assertEqual(status, 403)
        self.assertGreater(checked, 150)

    def test_the_description_says_what_each_route_takes_and_gives(self):
        self.box()
        w = self.web
        document = w.local("GET", "/api/v1/openapi.json").json()
        self.assertEqual(openapi.faults(document), [])
        paths = document["paths"]
        self.assertGreater(len([p for p in paths if p.startswith("/api/")]), 50)
        named = {p["name"]: p for p in paths["/api/v1/lists"]["get"]["parameters"]}
        self.assertEqual(named["limit"]["schema"], {"type": "integer", "minimum": 1, "maximum": 100, "default": 100})
        self.assertEqual(named["kind"]["schema"]["enum"], ["block", "allow", "exception"])
        user = paths["/api/v1/users"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        self.assertEqual((set(user["properties"]), set(user["required"])), ({"name", "role", "password"}, {"name", "role", "password"}))
        self.assertEqual(list(paths["/api/v1/config"]["put"]["requestBody"]["content"]), ["application/toml"])
        self.assertEqual(list(paths["/api/v1/system/update"]["post"]["requestBody"]["content"]), ["application/octet-stream"])
        self.assertIn("file", paths["/system/update"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"])
        # Each GET route without a name in it, and a few that change something, answer as described: harness/web.py compares.
        answered = 0
        for path, operations in paths.items():
            if "get" in operations and "{" not in path and path not in ("/api/v1/events", "/api/v1/backup"):
                answered += w.local("GET", path).status == 200
        self.assertGreater(answered, 35)
        self.assertEqual(w.local("POST", "/api/v1/lists", {"kind": "block", "subject": "domain", "what": "example.org"}).status, 201)
        self.assertEqual(w.local("POST", "/api/v1/users", {"name": "ann", "role": "viewer", "password": "a long enough one"}).status, 201)
        self.assertEqual(w.local("PATCH", "/api/v1/users/ann", {"role": "operator"}).status, 204)
        self.assertEqual(w.local("POST", "/api/v1/digest/send?domain=example.net").status, 202)
        with self.assertRaises(AssertionError, msg="the comparison sees what nobody declared"):
            w.local("GET", "/api/v1/lists?color=red")

    def test_before_the_set_up_nothing_answers_but_the_way_to_it(self):
        self.box(set_up=False)
        w, shown = self.web, set()
        routes = w.local("GET", "/api/v1/openapi.json").json()["paths"]
        for pattern, operations in routes.items():
            path = re.sub(r"\{\w+\}", "0", pattern)
            for method, facts in operations.items():
                with self.subTest(f"{method} {pattern}"):
                    reply = w.ask(method.upper(), path)
                    if reply.status == 200:
                        shown.add(path)
                    elif reply.status == 303:
                        self.assertEqual((reply.header("Location"), path.startswith("/api/")), ("/setup", False))
                    else:
                        self.assertIn(reply.status, (401, 403))
        self.assertEqual({p for p in shown if not p.startswith("/health")}, {"/setup", "/style.css", "/app.js", "/icon.svg"})
        self.assertTrue((w.data / "setup.secret").exists())

    def status_of(self, method, path, token, headers):
        """The status alone: event streams have no end."""
        c = self.web.connect()
        c.putrequest(method, path)
        for name, value in {**headers, **({"Authorization": f"Bearer {token}"} if token else {})}.items():
            c.putheader(name, value)
        c.endheaders()
        status = c.getresponse().status
        c.close()
        return status
