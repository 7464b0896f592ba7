"""The network of the machine as a part of the generation: made by the supervisor at apply, proven by a confirm, made as before when
nobody confirms, also over kill -9; and everything that listens, forwards and limits over IPv6."""
import json
import pathlib
import socket
import time
import unittest

from harness import mails, net, toml
from harness.client import Client
from harness.web import Web
from test_system import Box

NETWORK = {
    "hostname": "mx1", "resolvers": ["192.0.2.53"], "ntp": ["192.0.2.123"],
    "interface": [{"name": "eth9", "ipv4": "static", "ipv6": "none", "addresses": ["192.0.2.10/24"], "gateway4": "192.0.2.1"}],
}
OTHER = {"interface": [{"name": "eth9", "ipv4": "static", "ipv6": "none", "addresses": ["192.0.2.20/24"]}]}


class Network(Box):
    def text(self, network=None, **changes):
        return toml.dumps(toml.merged(self.s.table, {"network": network, **changes})).encode()

    def state(self):
        return self.web.local("GET", "/api/v1/config/state").json()

    def push(self, text, query=""):
        r = self.web.local("PUT", "/api/v1/config" + query, text, {"If-Match": "*"})
        self.assertEqual(r.status, 202, r.text)

    def wait_state(self, name, timeout=40):
        return net.wait_until(lambda: self.state()["state"] == name, timeout, f"state {name}")

    def made(self):
        """What the supervisor was given, oldest first."""
        return [x.decode() for x in self.sup.seen.get("network", [])]

    @property
    def applied(self):
        return pathlib.Path(self.s.folder) / "network.applied"

    def test_it_is_made_confirmed_and_there_after_a_restart(self):
        self.box()
        self.assertEqual(self.sup.asked, [], "a box that never had one is left alone")
        self.assertFalse(self.applied.exists())
        there = f"127.0.0.88:{self.web.port}"
        self.push(self.text(NETWORK, status={"listen": there}))
        self.wait_state("waiting")
        self.assertEqual(self.sup.asked, [("network", {"path": str(self.applied)})])
        text = self.made()[0]
        for line in ("hostname mx1", "resolver 192.0.2.53", "ntp 192.0.2.123", "interface eth9 static none6", "address eth9 192.0.2.10/24", "gateway 192.0.2.1"):
            self.assertIn(line + "\n", text)
        self.assertEqual(self.applied.read_text(), text)
        self.assertEqual(self.ask("GET", "/api/v1/system").json()["network"], text)
        self.web.host = "127.0.0.88"  # over the new address, as an administrator does who has followed the box
        self.assertEqual(self.ask("POST", "/api/v1/config/confirm").status, 200)
        self.s.stop()
        self.s.start()
        self.assertEqual(self.state()["running"], 2)
        self.assertEqual(self.sup.verbs(), ["network"], "nothing has changed")
        self.push(self.text(NETWORK, status={"listen": there}, domains=["example.net", "new.example"]))
        self.wait_state("waiting")
        self.assertEqual(self.sup.verbs(), ["network"], "another key, the same network")

    def test_without_a_confirm_the_former_network_is_made_again(self):
        self.box()
        self.push(self.text(NETWORK))
        self.wait_state("waiting")
        self.web.local("POST", "/api/v1/config/confirm")
        self.wait_state("idle")
        self.push(self.text(OTHER), "?confirm=60")
        self.wait_state("waiting")
        self.assertIn("192.0.2.20", self.applied.read_text())
        self.wait_state("idle", 90)
        first, second, third = self.made()
        self.assertNotEqual(first, second)
        self.assertEqual(third, first)
        self.assertEqual(self.applied.read_text(), first)
        self.assertFalse(self.applied.with_name("network.changing").exists())

    def test_without_a_network_of_its_own_every_interface_is_by_dhcp_again(self):
        self.box()
        self.push(self.text(OTHER), "?confirm=60")
        self.wait_state("waiting")
        self.assertEqual(self.web.local("POST", "/api/v1/config/rollback").status, 202)
        self.wait_state("idle")
        self.assertNotIn("eth9", self.applied.read_text())
        for line in self.applied.read_text().splitlines():
            self.assertRegex(line, r"^interface \S+ dhcp slaac$")

    def test_one_that_the_supervisor_refuses_is_not_applied(self):
        self.box()
        self.sup.script["network"] = lambda values: ["error network no such interface eth9" if b"eth9" in self.sup.seen["network"][-1] else "ok"]
        self.push(self.text(NETWORK))
        self.wait_state("idle")
        e = self.web.local("GET", "/api/v1/config/history/2").json()
        self.assertIn("no such interface eth9", json.dumps(e))
        self.assertEqual(self.state()["running"], 1)
        self.assertNotIn("eth9", self.applied.read_text())
        with self.s.client() as c:
            c.ehlo()
            self.assertReply(c.mail(mails.simple()), 250, "2.0.0")

    def test_kill_at_any_step_ends_with_the_network_of_the_generation_that_rules(self):
        for step in ("while it is made", "while it waits", "while the former is made again"):
            with self.subTest(step):
                self.setUp()
                self.box()
                self.push(self.text(NETWORK))
                self.wait_state("waiting")
                self.web.local("POST", "/api/v1/config/confirm")
                self.wait_state("idle")
                good = self.made()[0]
                if step == "while it is made":
                    self.sup.script["network"] = [20, "ok"]
                self.push(self.text(OTHER), "?confirm=60")
                if step == "while it is made":
                    net.wait_until(lambda: len(self.made()) == 2, 20, "the supervisor to be asked")
                else:
                    self.wait_state("waiting")
                if step == "while the former is made again":
                    self.sup.script["network"] = [20, "ok"]
                    self.web.local("POST", "/api/v1/config/rollback")
                    net.wait_until(lambda: len(self.made()) == 3, 20, "the supervisor to be asked")
                self.s.kill()
                self.sup.script["network"] = ["ok"]
                self.s.spawn()
                self.s.wait_event("started", since=1)
                self.assertEqual((self.state()["running"], self.state()["state"]), (2, "idle"))
                self.assertEqual(self.made()[-1], good)
                self.assertEqual(self.applied.read_text(), good)
                self.assertFalse(self.applied.with_name("network.changing").exists())
                self.assertEqual(self.s.stop(), 0)


def six_port():
    with socket.socket(socket.AF_INET6) as s:
        s.bind(("::1", 0))
        return s.getsockname()[1]


class Six(Box):
    def test_listener_route_page_and_limits_over_ipv6(self):
        sink = self.sink(host="::1")
        port, web_port = six_port(), six_port()
        (self.folder / "update").mkdir()
        self.web = Web("::1", web_port)
        s = self.sluice(sink, {**self.web.config(), "limit": {"connections_per_client": 3, "connections_per_client_per_minute": 1000}},
                        listeners=[{"address": f"[::1]:{port}"}], ready=False)
        self.web.of(s)
        s.wait_event("listening", address="::1")
        def mail():
            with Client("::1", port) as c:
                if c.greeting.code != 220:
                    return None
                c.ehlo()
                return c.mail(mails.simple())
        reply = net.wait_until(mail, 20, "a greeting")
        self.assertReply(reply, 250, "2.0.0")
        self.assertEqual(len(sink.accepted), 1)
        self.assertIn(b"[IPv6:::1]", sink.accepted[0].data)
        admin = self.web.set_up()
        self.assertEqual(self.web.get("/system", session=admin).status, 200)
        held = [Client("::1", port) for _ in range(3)]
        self.assertEqual([c.greeting.code for c in held], [220] * 3)
        self.assertEqual(Client("::1", port).greeting.code, 421, "limit.connections_per_client")
        for c in held:
            c.close()

    def test_an_ipv6_client_is_its_64(self):
        """Addresses of one /64 are one client, others are others; shown by the PROXY protocol."""
        sink = self.sink()
        s = self.sluice(sink, {"limit": {"connections_per_client": 2, "connections_per_client_per_minute": 1000}},
                        listeners=[{"proxy_protocol": True, "proxy_protocol_from": ["127.0.0.0/8"]}])
        def connect(address):
            return Client(s.host, s.port, first=f"PROXY TCP6 {address} 2001:db8::25 40000 25\r\n".encode())
        net.wait_until(lambda: connect("2001:db8:9::1").greeting.code == 220, 20, "a greeting")
        time.sleep(0.5)
        one = [connect("2001:db8:0:1::1"), connect("2001:db8:0:1:ffff::2")]
        self.assertEqual([c.greeting.code for c in one], [220, 220])
        self.assertEqual(connect("2001:db8:0:1::3").greeting.code, 421, "the same /64")
        self.assertEqual(connect("2001:db8:0:2::1").greeting.code, 220, "the next /64")


if __name__ == "__main__":
    unittest.main()
