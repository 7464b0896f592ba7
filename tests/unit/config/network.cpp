#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>

#include "tests/unit/config/support.hpp"

using namespace sluice::config;
using namespace sluice::config::test;
using lines = std::vector<std::string>;

namespace {

constexpr const char* frame =
    "[network]\n"
    "hostname = \"mx1.example.org\"\n"
    "resolvers = [\"192.0.2.53\", \"2001:db8::53\"]\n"
    "ntp = [\"ntp.example.org\", \"192.0.2.123\"]\n";

// What is said of [network] with these tables, without the places.
lines said(const std::string& tables) {
  lines out;
  for (const std::string& line : errors(std::string(minimal) + frame + tables)) out.push_back(line.substr(line.find(": ") + 2));
  return out;
}

std::string eth0(const std::string& more) { return "[[network.interface]]\nname = \"eth0\"\n" + more + "\n"; }

}  // namespace

TEST_CASE("a network with static addresses, a VLAN and a route is read") {
  const read_result r = read_toml(std::string(minimal) + frame +
                                  eth0("ipv4 = \"static\"\nipv6 = \"static\"\naddresses = [\"192.0.2.10/24\", \"2001:db8::10/64\"]\n"
                                       "gateway4 = \"192.0.2.1\"\ngateway6 = \"fe80::1\"") +
                                  "[[network.vlan]]\nparent = \"eth0\"\nid = 100\n"
                                  "[[network.interface]]\nname = \"eth0.100\"\nipv6 = \"none\"\n"
                                  "[[network.route]]\nto = \"198.51.100.0/24\"\nvia = \"192.0.2.7\"\ninterface = \"eth0\"\n");
  REQUIRE(r.ok());
  const machine_network& n = r.value.network_of_machine;
  REQUIRE(n.is_set());
  REQUIRE(n.interfaces.size() == 2);
  CHECK(n.interfaces[0].ipv4 == ipv4_method::fixed);
  CHECK(n.interfaces[0].addresses.size() == 2);
  CHECK(n.interfaces[1].ipv4 == ipv4_method::dhcp);
  CHECK(n.interfaces[1].ipv6 == ipv6_method::none);
  CHECK(n.vlans[0].id == 100);
  CHECK(n.routes[0].via == "192.0.2.7");
  CHECK(read_toml(minimal).value.network_of_machine.is_set() == false);
}

TEST_CASE("what cannot be an address or a name is refused where it stands") {
  CHECK(said(eth0("ipv4 = \"static\"\naddresses = [\"192.0.2.10\"]")) ==
        lines{"network.interface[1].addresses: \"192.0.2.10\" has no prefix length; write for example \"192.0.2.10/24\" or \"2001:db8::10/64\""});
  CHECK(said(eth0("ipv4 = \"static\"\naddresses = [\"192.0.2.10/33\"]")).size() == 1);
  CHECK(said(eth0("ipv4 = \"static\"\naddresses = [\"192.0.2.10/0\"]")).size() == 1);
  CHECK(said(eth0("ipv4 = \"static\"\naddresses = [\"010.0.0.1/8\"]")).size() == 1);
  CHECK(said(eth0("ipv4 = \"bootp\"")) ==
        lines{"network.interface[1].ipv4: \"bootp\" is not one of \"dhcp\", \"static\", \"none\""});
  CHECK(said("[[network.interface]]\nname = \"lo\"").size() == 1);
  CHECK(said("[[network.interface]]\nname = \"eth0; reboot\"").size() == 1);
  CHECK(said("[[network.interface]]\nname = \"waytoolongname0\\n\"").size() == 1);
  CHECK(said("[[network.interface]]\nname = \"..\"").size() == 1);
  for (const char* a : {"0.0.0.0/8", "127.0.0.1/8", "224.0.0.1/24", "255.255.255.255/32", "192.0.2.0/24", "192.0.2.255/24"}) {
    INFO(a);
    CHECK(said(eth0("ipv4 = \"static\"\naddresses = [\"" + std::string(a) + "\"]")).size() == 1);
  }
  for (const char* a : {"::/64", "::1/128", "ff02::1/64", "2001:db8::/64"}) {
    INFO(a);
    CHECK(said(eth0("ipv6 = \"static\"\naddresses = [\"" + std::string(a) + "\"]")).size() == 1);
  }
  for (const char* a : {"192.0.2.0/31", "192.0.2.255/32", "192.0.2.1/31"}) {
    INFO(a);
    CHECK(said(eth0("ipv4 = \"static\"\naddresses = [\"" + std::string(a) + "\"]")).empty());
  }
}

TEST_CASE("tables of the network that contradict each other are named") {
  const std::string fixed = "ipv4 = \"static\"\naddresses = [\"192.0.2.10/24\"]\n";
  struct row {
    std::string tables, error;
  };
  const row rows[] = {
      {eth0("ipv4 = \"static\""), "network.interface[1].addresses: has no IPv4 address, but ipv4 is \"static\"; add one"},
      {eth0("addresses = [\"192.0.2.10/24\"]"),
       "network.interface[1].addresses: has IPv4 addresses, but ipv4 is not \"static\"; set ipv4 = \"static\""},
      {eth0("ipv4 = \"none\"\nipv6 = \"none\""),
       "network.interface: no interface gets an address: nobody could reach this box; set ipv4 or ipv6 of one"},
      {eth0("") + eth0(""), "network.interface[2].name: \"eth0\" is there twice"},
      {eth0(fixed) + "[[network.interface]]\nname = \"eth1\"\n" + fixed,
       "network.interface[2].addresses: \"192.0.2.10/24\" is an address of eth0 already"},
      {eth0(fixed + "gateway4 = \"192.0.3.1\""),
       "network.interface[1].gateway4: \"192.0.3.1\" is in no network of eth0; take a router within the networks of its addresses"},
      {eth0(fixed + "gateway4 = \"192.0.2.10\""), "network.interface[1].gateway4: \"192.0.2.10\" is an address of this machine"},
      {eth0(fixed + "gateway4 = \"2001:db8::1\""), "network.interface[1].gateway4: \"2001:db8::1\" is no IPv4 address"},
      {eth0("gateway4 = \"192.0.2.1\""),
       "network.interface[1].gateway4: goes with static addresses alone; otherwise the network tells it; remove it, or set ipv4 = \"static\""},
      {eth0(fixed + "gateway4 = \"192.0.2.1\"") +
           "[[network.interface]]\nname = \"eth1\"\nipv4 = \"static\"\naddresses = [\"198.51.100.2/24\"]\ngateway4 = \"198.51.100.1\"",
       "network.interface[2].gateway4: eth0 has one already; take a [[network.route]] for what is behind this interface"},
      {"[[network.interface]]\nname = \"eth0.5\"",
       "network.interface[1].name: there is no [[network.vlan]] that makes \"eth0.5\"; add one with its parent and id"},
      {eth0("") + "[[network.vlan]]\nparent = \"eth0\"\nid = 5",
       "network.vlan[1]: nothing uses it: there is no [[network.interface]] with name = \"eth0.5\"; add one, or remove this"},
      {eth0("") + "[[network.vlan]]\nparent = \"eth0\"\nid = 4095", "network.vlan[1].id: 4095 is outside the range 1 to 4094"},
      {eth0(fixed) + "[[network.route]]\nto = \"0.0.0.0/0\"\nvia = \"192.0.2.1\"\ninterface = \"eth0\"",
       "network.route[1].to: is everything: that is the gateway; set gateway4 or gateway6 of an interface"},
      {eth0(fixed) + "[[network.route]]\nto = \"10.0.0.0/8\"\nvia = \"198.51.100.1\"\ninterface = \"eth0\"",
       "network.route[1].via: \"198.51.100.1\" is in no network of eth0; take a router within the networks of its addresses"},
      {eth0(fixed) + "[[network.route]]\nto = \"10.0.0.0/8\"\nvia = \"2001:db8::1\"\ninterface = \"eth0\"",
       "network.route[1].via: is of another family than \"10.0.0.0/8\""},
      {eth0(fixed) + "[[network.route]]\nto = \"10.0.0.0/8\"\nvia = \"192.0.2.1\"\ninterface = \"eth7\"",
       "network.route[1].interface: there is no [[network.interface]] with name = \"eth7\""},
  };
  for (const row& r : rows) {
    INFO(r.tables);
    const lines all = said(r.tables);
    CHECK_FALSE(all.empty());
    CHECK(std::find(all.begin(), all.end(), r.error) != all.end());
  }
}

TEST_CASE("the factory's configuration is the page alone, and half a configuration is refused") {
  std::ifstream in(std::string(SLUICE_SOURCE_DIR) + "/config/defaults/factory.toml");
  const std::string factory{std::istreambuf_iterator<char>(in), {}};
  const read_result r = read_toml(factory);
  CHECK(r.ok());
  CHECK(r.value.unconfigured);
  CHECK(r.value.listeners.empty());
  CHECK(errors("unconfigured = true\n" + std::string(minimal)).size() == 3);
  CHECK(errors("unconfigured = true\n[status]\nlisten = \"off\"").size() == 1);
  CHECK(errors("unconfigured = false").size() == 3);
}
