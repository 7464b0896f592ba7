// Is an address one of the local network? Set-up answers only those. Loopback, private and link-local addresses, and the
// subnets of this machine's own interfaces.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::status {

struct subnet {
  std::array<std::uint8_t, 16> address{};  // IPv4 as ::ffff:a.b.c.d
  unsigned prefix = 128;                   // of 128
};

std::vector<subnet> own_subnets();  // asks the system
// `ip` is a literal; "local" is the control socket.
bool is_local_network(std::string_view ip, const std::vector<subnet>& own);

}  // namespace sluice::status
