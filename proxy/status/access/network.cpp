#include "status/access/network.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <bit>
#include <boost/asio/ip/address.hpp>
#include <cstring>
#include <string>

namespace sluice::status {
namespace {

using octets = std::array<std::uint8_t, 16>;

octets mapped(const std::uint8_t* v4) {
  octets out{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::memcpy(out.data() + 12, v4, 4);
  return out;
}

bool within(const octets& a, const octets& net, unsigned prefix) {
  for (unsigned i = 0; i < prefix; ++i)
    if (((a[i / 8] ^ net[i / 8]) >> (7 - i % 8)) & 1) return false;
  return true;
}

// RFC 1918, 3927, 4193, 4291, loopback.
const std::vector<subnet>& always_local() {
  static const std::vector<subnet> all = [] {
    const auto v4 = [](std::uint8_t a, std::uint8_t b, unsigned prefix) {
      const std::uint8_t raw[4] = {a, b, 0, 0};
      return subnet{mapped(raw), 96 + prefix};
    };
    subnet loopback6{{}, 128}, unique{{0xfc}, 7}, link{{0xfe, 0x80}, 10};
    loopback6.address[15] = 1;
    return std::vector<subnet>{v4(127, 0, 8), v4(10, 0, 8), v4(172, 16, 12), v4(192, 168, 16), v4(169, 254, 16), loopback6, unique, link};
  }();
  return all;
}

template <class Bytes>
unsigned ones(const Bytes& mask, std::size_t n) {
  unsigned out = 0;
  for (std::size_t i = 0; i < n; ++i) out += static_cast<unsigned>(std::popcount(static_cast<std::uint8_t>(mask[i])));
  return out;
}

}  // namespace

std::vector<subnet> own_subnets() {
  std::vector<subnet> out;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return out;
  for (const ifaddrs* i = first; i != nullptr; i = i->ifa_next) {
    if (i->ifa_addr == nullptr || i->ifa_netmask == nullptr) continue;
    subnet s;
    if (i->ifa_addr->sa_family == AF_INET) {
      in_addr address{}, mask{};
      std::memcpy(&address, &reinterpret_cast<const sockaddr_in*>(i->ifa_addr)->sin_addr, sizeof address);
      std::memcpy(&mask, &reinterpret_cast<const sockaddr_in*>(i->ifa_netmask)->sin_addr, sizeof mask);
      s.address = mapped(reinterpret_cast<const std::uint8_t*>(&address));
      s.prefix = 96 + ones(reinterpret_cast<const std::uint8_t*>(&mask), 4);
    } else if (i->ifa_addr->sa_family == AF_INET6) {
      std::memcpy(s.address.data(), &reinterpret_cast<const sockaddr_in6*>(i->ifa_addr)->sin6_addr, 16);
      s.prefix = ones(reinterpret_cast<const sockaddr_in6*>(i->ifa_netmask)->sin6_addr.s6_addr, 16);
    } else {
      continue;
    }
    out.push_back(s);
  }
  ::freeifaddrs(first);
  return out;
}

bool is_local_network(std::string_view ip, const std::vector<subnet>& own) {
  if (ip == "local") return true;
  boost::system::error_code ec;
  const auto a = boost::asio::ip::make_address(std::string(ip.substr(0, ip.find('%'))), ec);
  if (ec) return false;
  octets raw{};
  if (a.is_v4()) {
    const auto b = a.to_v4().to_bytes();
    raw = mapped(b.data());
  } else {
    const auto b = a.to_v6().to_bytes();
    std::memcpy(raw.data(), b.data(), raw.size());
  }
  for (const auto* list : {&always_local(), &own})
    for (const subnet& s : *list)
      if (within(raw, s.address, s.prefix)) return true;
  return false;
}

}  // namespace sluice::status
