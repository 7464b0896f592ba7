"""What the tests of the quarantine desk share: a box with roles, and held mail."""
import re
import urllib.parse

from . import mails
from .case import E2E
from .web import Web

ENTRA, PAYPAL = "entra_tenant_name_scam.eml", "paypal_note_scam.eml"
SENDERS = {ENTRA: "bounce@microsoftonline.com", PAYPAL: "service@paypal.com"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class DeskCase(E2E):
    def box(self, config=None, **sink_options):
        self.web = Web()
        s, self.target = self.pair(self.web.config({"domains": ["example.net"], **(config or {})}), **sink_options)
        self.web.of(s)
        self.admin = self.web.set_up()
        for role in ("viewer", "operator"):
            self.web.add_user(role, role)
        return s

    def hold(self, s, content, sender, recipients=("bob@example.net",)):
        known = {m["id"] for m in self.list()}
        with s.client() as c:
            c.ehlo("mail.sender.example")
            self.assertEqual(c.mail(content, sender=sender, recipients=recipients).code, 250)
            c.quit()
        new = [m["id"] for m in self.list() if m["id"] not in known]
        self.assertEqual(len(new), 1)
        return new[0]

    def sample(self, s, name, recipients=("bob@example.net",)):
        return self.hold(s, mails.sample(name), SENDERS[name], recipients)

    def list(self, query="?state=all"):
        reply = self.web.get("/api/v1/quarantine" + query, session=self.admin)
        self.assertEqual(reply.status, 200, reply.text)
        return reply.json()["messages"]

    def api(self, method, path, body=None, session=None):
        return self.web.ask(method, "/api/v1/quarantine" + path, body, session=session or self.admin)

    def state(self, id):
        m = self.api("GET", "/" + id).json()
        return {r["address"]: r["state"] for r in m["recipient_states"]}

    def post(self, page, path, fields):
        """As a browser without script: the token comes from the page."""
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', page)[1]
        pairs = [("csrf", token), *fields]
        return self.web.ask("POST", path, urllib.parse.urlencode(pairs), FORM, session=self.admin, csrf=False)
