"""Who sees what of a configuration: the query of management.pull.url may be a secret, and is one for all but administrators."""
from harness import net
from harness.case import E2E
from harness.web import PASSWORD, Web

SECRETS = ("first-s3cret", "second-s3cret", "box-17")
URL = "https://127.0.0.1:{}/mx1.toml?box=box-17&token={}"


class ConfigRoles(E2E):
    def test_only_administrators_see_the_query_of_the_pull_address(self):
        self.web = w = Web()
        port = net.free_port("127.0.0.1")  # nobody there: it is asked for in vain
        pull = {"url": URL.format(port, SECRETS[0]), "interval": "1h"}
        s = self.sluice(self.sink(), w.config({"management": {"signature_keys": ["A" * 43 + "="], "pull": pull}}))
        w.of(s)
        admin = w.set_up()
        text = w.local("GET", "/api/v1/config").text
        self.assertIn(SECRETS[0], text)
        pushed = w.local("PUT", "/api/v1/config", text.replace(SECRETS[0], SECRETS[1]) + f"# before: {URL.format(port, SECRETS[0])}\n", {"If-Match": "*"})
        self.assertEqual(pushed.status, 202, pushed.text)
        number = pushed.json()["generation"]
        net.wait_until(lambda: w.local("GET", "/api/v1/config/state").json()["state"] == "waiting", 30, "the test mails")
        self.assertEqual(w.local("POST", "/api/v1/config/confirm").status, 200)
        places = ["/api/v1/config", "/api/v1/config/diff", "/api/v1/config/history", f"/api/v1/config/history/{number}", f"/api/v1/config/history/{number}/text",
                  f"/api/v1/config/history/{number - 1}/text", "/config", f"/config/history/{number}", "/", "/system"]
        told = {p: w.get(p, session=admin).text for p in places}
        for place in (0, 1, 3, 4, 5, 6, 7):
            self.assertTrue(any(x in told[places[place]] for x in SECRETS), places[place])
        for role in ("viewer", "operator"):
            w.add_user(role, role)
            person, token = w.login(role, PASSWORD), w.make_token(role, role)["token"]
            for path in places:
                for reply in (w.get(path, session=person), w.get(path, token=token)):
                    with self.subTest(role=role, path=path):
                        self.assertEqual(reply.status, 200)
                        for secret in SECRETS:
                            self.assertNotIn(secret, reply.text)
            shown = w.get("/api/v1/config", session=person)
            self.assertIn(f'"https://127.0.0.1:{port}/mx1.toml?box=<hidden>&token=<hidden>"', shown.text)
            changes = w.get("/api/v1/config/diff", session=person).json()["changes"]
            self.assertEqual([c["key"] for c in changes], ["management.pull.url"], "that it changed is told")
            # Whoever got it this way does not put it into force by accident.
            again = w.local("PUT", "/api/v1/config", shown.text, {"If-Match": "*"})
            self.assertEqual((again.status, again.json()["problems"][0]["key"]), (422, "management.pull.url"))
        self.assertFalse([e for e in s.events() if any(x in str(e) for x in SECRETS)], "nor does the log")
