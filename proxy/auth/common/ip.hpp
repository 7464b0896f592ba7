// Addresses of IPv4 and IPv6 as values: text to octets and back, networks, and their names in the DNS.
#pragma once
#include <array>
#include <cstdint>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "dns/name.hpp"

namespace sluice::auth {

struct ip_address {
  std::array<std::uint8_t, 16> octets{};  // an IPv4 address is in the first four
  bool v6 = false;

  std::size_t size() const { return v6 ? 16 : 4; }
  byte_view bytes() const { return {reinterpret_cast<const char*>(octets.data()), size()}; }
  bool operator==(const ip_address&) const = default;
};

using ip_text = fixed_string<45>;

// Dotted quad without leading zeros, or RFC 4291 2.2. An IPv4-mapped address becomes IPv4 (RFC 7208 5). No brackets,
// no zone index. `keep_mapped` leaves "::ffff:1.2.3.4" what it is written as.
bool parse_ip(byte_view text, ip_address& out, bool keep_mapped = false);
ip_address ip_from_octets(byte_view four_or_sixteen);
ip_text to_text(const ip_address& ip);

// The first `bits` of both are equal; never for addresses of different families.
bool same_network(const ip_address& a, const ip_address& b, unsigned bits);

// "4.3.2.1" or 32 nibbles with dots, most specific first: what stands before in-addr.arpa, ip6.arpa or a list's zone.
fixed_string<63> reversed_labels(const ip_address& ip);

}  // namespace sluice::auth
