// Addresses; see ip.hpp.
#include "auth/common/ip.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace sluice::auth {
namespace {

bool is_mapped(const ip_address& ip) {
  static constexpr std::uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return ip.v6 && std::equal(std::begin(prefix), std::end(prefix), ip.octets.begin());
}

void unmap(ip_address& ip) {
  if (!is_mapped(ip)) return;
  std::copy_n(ip.octets.begin() + 12, 4, ip.octets.begin());
  std::fill(ip.octets.begin() + 4, ip.octets.end(), std::uint8_t{0});
  ip.v6 = false;
}

}  // namespace

bool parse_ip(byte_view text, ip_address& out, bool keep_mapped) {
  char copy[46];
  if (text.empty() || text.size() >= sizeof copy || text.find('\0') != byte_view::npos) return false;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  out = {};
  out.v6 = text.find(':') != byte_view::npos;
  if (inet_pton(out.v6 ? AF_INET6 : AF_INET, copy, out.octets.data()) != 1) return false;
  if (!keep_mapped) unmap(out);
  return true;
}

ip_address ip_from_octets(byte_view four_or_sixteen) {
  ip_address out;
  out.v6 = four_or_sixteen.size() == 16;
  std::memcpy(out.octets.data(), four_or_sixteen.data(), std::min<std::size_t>(four_or_sixteen.size(), 16));
  return out;
}

ip_text to_text(const ip_address& ip) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(ip.v6 ? AF_INET6 : AF_INET, ip.octets.data(), text, sizeof text);
  return ip_text(text);
}

bool same_network(const ip_address& a, const ip_address& b, unsigned bits) {
  if (a.v6 != b.v6) return false;
  bits = std::min<unsigned>(bits, static_cast<unsigned>(a.size() * 8));
  const unsigned whole = bits / 8, rest = bits % 8;
  if (!std::equal(a.octets.begin(), a.octets.begin() + whole, b.octets.begin())) return false;
  return rest == 0 || (a.octets[whole] ^ b.octets[whole]) >> (8 - rest) == 0;
}

fixed_string<63> reversed_labels(const ip_address& ip) {
  static constexpr char digits[] = "0123456789abcdef";
  fixed_string<63> out;
  for (std::size_t i = ip.size(); i-- > 0;) {
    const unsigned octet = ip.octets[i];
    if (!out.empty()) out.push_back('.');
    if (ip.v6) {
      out.push_back(digits[octet & 15]);
      out.push_back('.');
      out.push_back(digits[octet >> 4]);
    } else {
      if (octet >= 100) out.push_back(static_cast<char>('0' + octet / 100));
      if (octet >= 10) out.push_back(static_cast<char>('0' + octet / 10 % 10));
      out.push_back(static_cast<char>('0' + octet % 10));
    }
  }
  return out;
}

}  // namespace sluice::auth
