"""What the tests of the management surface share: a box of one's own, and problems as RFC 9457 has them."""
from .case import E2E
from .web import Web


class AccessCase(E2E):
    def box(self, config=None, start=True, host="127.0.0.1"):
        self.web = Web(host)
        s = self.sluice(self.sink(), self.web.config(config), start=start)
        self.web.of(s)
        return s

    def assertProblem(self, reply, status):
        self.assertEqual(reply.status, status, reply.text)
        self.assertEqual(reply.header("Content-Type"), "application/problem+json")
        self.assertEqual(reply.json()["status"], status)
