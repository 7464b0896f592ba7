"""apply-network: what a network file becomes, what it refuses, what the kernel refuses of it. On an image with a shell; and a
[network] that is pushed to a box, with the way back when nobody confirms it."""
import http.client

from harness import net, toml
from rig import images
from rig.box import CONFIG, new_box
from rig.case import Qemu
from rig.machine import PATIENCE

STATIC = """hostname mx7
resolver 192.0.2.53
resolver 2001:db8::53
vlan eth0 100
interface eth0 static static6
interface eth0.100 static none6
address eth0 10.0.2.15/24
address eth0 2001:db8:1::15/64
address eth0.100 192.0.2.7/24
gateway 10.0.2.2
gateway 2001:db8:1::1
route 198.51.100.0/24 via 192.0.2.1 dev eth0.100
route 2001:db8:9::/48 via 2001:db8:1::9 dev eth0
"""


class Network(Qemu):
    def test_static_addresses_vlan_routes_and_back_to_dhcp(self):
        m = self.machine(images.variant("shell", disk=True) / "sluice.img")
        m.wait_up()
        m.wait_for(r"(?m) started sessions=|STANDIN READY")  # its log shares the console
        for line in STATIC.splitlines():
            m.run(f"echo {line} >> /data/config/network.applied")
        self.assertEqual(m.run("/usr/lib/sluice/apply-network /data/config/network.applied")[0], 0)
        addresses = m.run("ip addr")[1]
        for a in ("10.0.2.15/24", "2001:db8:1::15/64", "192.0.2.7/24"):
            self.assertIn(a, addresses)
        self.assertNotIn("fec0:", addresses)
        self.assertIn("mx7\n", m.run("hostname")[1])
        self.assertIn("nameserver 192.0.2.53\nnameserver 2001:db8::53\n", m.run("cat /etc/resolv.conf")[1])
        routes = m.run("ip route; ip -6 route")[1]
        for r in ("default via 10.0.2.2", "default via 2001:db8:1::1", "198.51.100.0/24 via 192.0.2.1", "2001:db8:9::/48 via 2001:db8:1::9"):
            self.assertIn(r, routes)

        for bad in ("interface eth0 maybe slaac", "address eth0 $(reboot)/24", "hostname -x", "nonsense", "vlan eth0 5000", "route 10.0.0.0/8 via 10.0.2.2"):
            m.run(f"echo '{bad}' > /tmp/bad")
            code, out = m.run("/usr/lib/sluice/apply-network /tmp/bad")
            self.assertEqual(code, 1, bad)
            self.assertIn("line 1 is not understood", out)
        self.assertIn("192.0.2.7/24", m.run("ip addr")[1], "a refused file changed the network")

        # Understood, but not to be had: the rest is made, and the answer says what is missing.
        keep = "interface eth0 static none6\naddress eth0 10.0.2.15/24"
        for bad, why in (("interface eth7 none none6", "there is no interface eth7"), ("vlan eth7 5", "VLAN eth7.5 was refused"),
                         ("address eth0 256.0.0.1/24", "address 256.0.0.1/24 on eth0 was refused"), ("gateway 203.0.113.1", "gateway 203.0.113.1 was refused"),
                         ("route 198.51.100.0/24 via 203.0.113.9 dev eth0", "route 198.51.100.0/24 via 203.0.113.9 was refused")):
            m.run(f"printf '{keep}\n{bad}\n' > /tmp/bad".replace("\n", "\\n"))
            code, out = m.run("/usr/lib/sluice/apply-network /tmp/bad")
            self.assertEqual(code, 1, bad)
            self.assertEqual(out.splitlines()[-1], f"apply-network: {why}")
            self.assertIn("10.0.2.15/24", m.run("ip addr")[1])
        m.run("printf 'interface eth0 static none6\\nvlan eth7 5\\ngateway 203.0.113.1\\n' > /tmp/bad")
        self.assertIn("apply-network: VLAN eth7.5 was refused; gateway 203.0.113.1 was refused\n", m.run("/usr/lib/sluice/apply-network /tmp/bad")[1])
        # A way behind a router of DHCP's network is there when the address is.
        m.run("printf 'interface eth0 dhcp none6\\nroute 198.51.100.0/24 via 10.0.2.77 dev eth0\\n' > /tmp/later")
        since = m.position()
        self.assertEqual(m.run("/usr/lib/sluice/apply-network /tmp/later")[0], 0)
        m.wait_for("network: eth0 has 10.0.2.15/24", since=since)
        self.assertIn("198.51.100.0/24 via 10.0.2.77", m.run("ip route")[1])
        self.assertEqual(m.run(": > /tmp/empty; /usr/lib/sluice/apply-network /tmp/empty; sleep 6")[0], 0)  # as without a file: DHCP
        self.assertRegex(m.run("ip addr")[1], r"(?s)10\.0\.2\.15/24.*fec0:")

        since = m.position()
        m.run("echo interface eth0 dhcp slaac > /tmp/dhcp; /usr/lib/sluice/apply-network /tmp/dhcp; sleep 6")
        self.assertNotIn("eth0.100", m.run("ip addr")[1])
        self.assertIn("nameserver 10.0.2.3", m.run("cat /etc/resolv.conf")[1])
        self.assertIn("network: eth0 has 10.0.2.15/24", m.text[since:])

        since = m.position()
        m.run("reboot")
        m.wait_up(since=since)
        self.assertIn("192.0.2.7/24", m.run("ip addr")[1], "the file of the data partition is not in force after a start")

    def test_a_pushed_network_with_a_vlan_and_a_time_server_goes_back_without_a_confirm(self):
        box = new_box(self, image=images.variant("shell", disk=True) / "sluice.img")
        box.wait_up()
        box.set_up()
        box.push()
        box.wait_mail()
        network = {
            "hostname": "mx8", "resolvers": ["192.0.2.53"], "ntp": ["192.0.2.123", "ntp.example.net"],
            "vlan": [{"parent": "eth0", "id": 100}],
            "interface": [{"name": "eth0", "ipv4": "static", "ipv6": "none", "addresses": ["10.0.2.15/24"], "gateway4": "10.0.2.2"},
                          {"name": "eth0.100", "ipv4": "static", "ipv6": "none", "addresses": ["192.0.2.7/24"]}],
        }
        text = toml.dumps(toml.merged(CONFIG, {"network": network})).encode()
        r = box.api("PUT", "/config?confirm=60", text, {"Content-Type": "application/toml", "If-Match": "*"})
        self.assertEqual(r.status, 202, r.text)

        def state():
            try:
                return box.api("GET", "/config/state").json()["state"]
            except (OSError, http.client.HTTPException):  # its addresses go and come
                return None
        net.wait_until(lambda: state() == "waiting", PATIENCE, "the network to be made", 1)
        self.assertIn("192.0.2.7/24", box.run("ip addr show eth0.100")[1])
        self.assertIn("mx8\n", box.run("hostname")[1])
        self.assertEqual(box.run("cat /run/sluice/network/ntpd.conf")[1], "servers 192.0.2.123\nservers ntp.example.net\n")
        self.assertEqual(box.run("sleep 3; kill -0 $(cat /run/sluice/network/ntpd.pid)")[0], 0, "ntpd does not run")
        self.assertEqual(box.run("test -e /run/sluice/network/dhcp.eth0")[0], 1)
        self.assertEqual(box.send("by a static address"), 250)

        net.wait_until(lambda: state() == "idle", PATIENCE, "the former network", 1)
        net.wait_until(lambda: box.run("cat /run/sluice/network/dhcp.eth0")[0] == 0 and "10.0.2.15/24" in box.run("ip addr show eth0")[1], PATIENCE, "DHCP", 1)
        self.assertNotEqual(box.run("ip link show eth0.100")[0], 0)
        self.assertNotIn("mx8\n", box.run("hostname")[1])
        self.assertEqual(box.run("pidof ntpd")[0], 1, "ntpd still asks the servers of the network that is gone")
        box.wait_page()
        box.wait_mail()
        self.assertEqual(box.send("by DHCP again"), 250)
        net.wait_until(lambda: set(box.sent) <= box.arrived(), PATIENCE, "both mails")
