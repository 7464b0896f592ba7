// IP addresses as text: dotted IPv4 and RFC 4291 IPv6, into octets in network order. No scope ids, no leading zeros in
// IPv4 (inet_aton forms such as 0177.1 are refused).
#pragma once
#include <array>
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::smtp {

enum class ip_family : std::uint8_t { none, v4, v6 };

struct ip_address {
  ip_family family = ip_family::none;
  std::array<std::uint8_t, 16> octets{};  // the first 4 for IPv4
  friend bool operator==(const ip_address&, const ip_address&) = default;
};

inline constexpr std::size_t ip_text_bytes = 45;  // the longest text form of an address

bool parse_ipv4(byte_view text, ip_address& out);
bool parse_ipv6(byte_view text, ip_address& out);
bool parse_ip(byte_view text, ip_address& out);  // either
// RFC 5952 form. Returns octets written, 0 when family is none or `out` is smaller than ip_text_bytes.
std::size_t format_ip(const ip_address& ip, byte_span out);

}  // namespace sluice::smtp
