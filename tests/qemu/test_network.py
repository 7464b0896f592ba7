"""apply-network: what a network file becomes, and what it refuses. On an image with a shell."""
from rig import images
from rig.case import Qemu

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

        since = m.position()
        m.run("echo interface eth0 dhcp slaac > /tmp/dhcp; /usr/lib/sluice/apply-network /tmp/dhcp; sleep 6")
        self.assertNotIn("eth0.100", m.run("ip addr")[1])
        self.assertIn("nameserver 10.0.2.3", m.run("cat /etc/resolv.conf")[1])
        self.assertIn("network: eth0 has 10.0.2.15/24", m.text[since:])

        since = m.position()
        m.run("reboot")
        m.wait_up(since=since)
        self.assertIn("192.0.2.7/24", m.run("ip addr")[1], "the file of the data partition is not in force after a start")
