// Who may set a box up: addresses of the local network, in both families, and of the subnets that the machine is in.
#include "status/access/network.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace sluice::status;

namespace {

subnet v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, unsigned prefix) {
  return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, 96 + prefix};
}

}  // namespace

TEST_CASE("private, link-local and loopback addresses are of the local network, and no others") {
  for (const char* ip : {"local", "127.0.0.1", "127.255.255.254", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.7.7", "::1", "fe80::1", "fe80::1%eth0",
                         "febf::1", "fc00::1", "fdff::1", "::ffff:192.168.1.1", "::ffff:127.0.0.1"})
    CHECK(is_local_network(ip, {}));
  for (const char* ip : {"", "nonsense", "localhost", "192.168.1", "11.0.0.1", "9.255.255.255", "172.15.255.255", "172.32.0.1", "192.167.255.255", "192.169.0.1", "169.253.0.1", "203.0.113.9", "0.0.0.0",
                         "255.255.255.255", "::", "::2", "2001:db8::1", "fec0::1", "fbff::1", "fe00::1", "::ffff:203.0.113.9", "::127.0.0.1"})
    CHECK_FALSE(is_local_network(ip, {}));
}

TEST_CASE("the machine's own subnets are local to the bit") {
  const std::vector<subnet> own{v4(203, 0, 113, 64, 26), {{0x20, 0x01, 0x0d, 0xb8, 0, 1}, 64}, v4(198, 51, 100, 7, 32)};
  for (const char* ip : {"203.0.113.64", "203.0.113.127", "::ffff:203.0.113.100", "2001:db8:1::1", "2001:db8:1:0:ffff::", "198.51.100.7"}) CHECK(is_local_network(ip, own));
  for (const char* ip : {"203.0.113.63", "203.0.113.128", "2001:db8:1:1::1", "2001:db8::1", "198.51.100.8"}) CHECK_FALSE(is_local_network(ip, own));
}

TEST_CASE("the system tells its subnets, loopback among them") {
  const std::vector<subnet> own = own_subnets();
  REQUIRE_FALSE(own.empty());
  for (const subnet& s : own) CHECK(s.prefix <= 128);
}
