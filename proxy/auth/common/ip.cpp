// Addresses; see ip.hpp.
#include "auth/common/ip.hpp"

#include <algorithm>
#include <cstring>

#include "core/ascii.hpp"
#include "core/hex_digit.hpp"

namespace sluice::auth {
namespace {

constexpr char digits[] = "0123456789abcdef";

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

// Four numbers of 0 to 255 without leading zeros, nothing else.
bool parse_v4(byte_view text, std::uint8_t* out) {
  for (int i = 0; i < 4; ++i) {
    if (i != 0) {
      if (text.empty() || text[0] != '.') return false;
      text.remove_prefix(1);
    }
    unsigned value = 0;
    std::size_t n = 0;
    for (; n < text.size() && n < 4 && ascii::is_digit(text[n]); ++n) value = value * 10 + static_cast<unsigned>(text[n] - '0');
    if (n == 0 || value > 255 || (n > 1 && text[0] == '0')) return false;
    out[i] = static_cast<std::uint8_t>(value);
    text.remove_prefix(n);
  }
  return text.empty();
}

// One group of up to four hex digits, taken off `text`.
bool take_group(byte_view& text, unsigned& value) {
  value = 0;
  std::size_t n = 0;
  for (; n < text.size() && n < 5 && ascii::hex_value(text[n]) >= 0; ++n)
    value = value << 4 | static_cast<unsigned>(ascii::hex_value(text[n]));
  text.remove_prefix(n);
  return n >= 1 && n <= 4;
}

// RFC 4291 2.2: groups with one "::" at most, an IPv4 address as the last two groups.
bool parse_v6(byte_view text, std::uint8_t* out) {
  std::array<std::uint8_t, 16> octets{};
  std::size_t used = 0, gap = 17;
  if (text.substr(0, 2) == "::") {
    gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    if (text.find(':') == byte_view::npos && text.find('.') != byte_view::npos) {
      if (used > 12 || !parse_v4(text, octets.data() + used)) return false;
      used += 4;
      break;
    }
    unsigned value = 0;
    if (used > 14 || !take_group(text, value)) return false;
    octets[used++] = static_cast<std::uint8_t>(value >> 8);
    octets[used++] = static_cast<std::uint8_t>(value & 0xff);
    if (text.empty()) break;
    if (text[0] != ':' || text.size() == 1) return false;
    text.remove_prefix(1);
    if (text[0] != ':') continue;
    if (gap != 17) return false;
    gap = used;
    text.remove_prefix(1);
  }
  if (gap == 17 ? used != 16 : used > 14) return false;
  if (gap != 17) {
    std::copy_backward(octets.begin() + static_cast<std::ptrdiff_t>(gap), octets.begin() + static_cast<std::ptrdiff_t>(used),
                       octets.end());
    std::fill_n(octets.begin() + static_cast<std::ptrdiff_t>(gap), 16 - used, std::uint8_t{0});
  }
  std::copy(octets.begin(), octets.end(), out);
  return true;
}

template <std::size_t N>
void append_decimal(unsigned value, fixed_string<N>& out) {
  if (value >= 100) out.push_back(static_cast<char>('0' + value / 100));
  if (value >= 10) out.push_back(static_cast<char>('0' + value / 10 % 10));
  out.push_back(static_cast<char>('0' + value % 10));
}

void append_hex(unsigned value, ip_text& out) {
  bool begun = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const unsigned digit = value >> shift & 15;
    begun = begun || digit != 0 || shift == 0;
    if (begun) out.push_back(digits[digit]);
  }
}

}  // namespace

bool parse_ip(byte_view text, ip_address& out, bool keep_mapped) {
  out = {};
  out.v6 = text.find(':') != byte_view::npos;
  if (!(out.v6 ? parse_v6(text, out.octets.data()) : parse_v4(text, out.octets.data()))) return false;
  if (!keep_mapped) unmap(out);
  return true;
}

ip_address ip_from_octets(byte_view four_or_sixteen) {
  ip_address out;
  out.v6 = four_or_sixteen.size() == 16;
  std::memcpy(out.octets.data(), four_or_sixteen.data(), std::min<std::size_t>(four_or_sixteen.size(), 16));
  return out;
}

// IPv6 as RFC 5952 4 wants it: the longest run of two or more zero groups as "::", the first of equal ones.
ip_text to_text(const ip_address& ip) {
  ip_text out;
  if (!ip.v6) {
    for (std::size_t i = 0; i < 4; ++i) {
      if (i != 0) out.push_back('.');
      append_decimal(ip.octets[i], out);
    }
    return out;
  }
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(ip.octets[2 * i]) << 8 | ip.octets[2 * i + 1];
  std::size_t best = 8, length = 1;
  for (std::size_t i = 0, run = 0; i < 8; ++i) {
    run = groups[i] == 0 ? run + 1 : 0;
    if (run > length) {
      length = run;
      best = i + 1 - run;
    }
  }
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      out.append("::");
      i += length - 1;
      continue;
    }
    if (i != 0 && out.back() != ':') out.push_back(':');
    append_hex(groups[i], out);
  }
  return out;
}

bool same_network(const ip_address& a, const ip_address& b, unsigned bits) {
  if (a.v6 != b.v6) return false;
  bits = std::min<unsigned>(bits, static_cast<unsigned>(a.size() * 8));
  const unsigned whole = bits / 8, rest = bits % 8;
  if (!std::equal(a.octets.begin(), a.octets.begin() + whole, b.octets.begin())) return false;
  return rest == 0 || (a.octets[whole] ^ b.octets[whole]) >> (8 - rest) == 0;
}

fixed_string<63> reversed_labels(const ip_address& ip) {
  fixed_string<63> out;
  for (std::size_t i = ip.size(); i-- > 0;) {
    const unsigned octet = ip.octets[i];
    if (!out.empty()) out.push_back('.');
    if (ip.v6) {
      out.push_back(digits[octet & 15]);
      out.push_back('.');
      out.push_back(digits[octet >> 4]);
    } else {
      append_decimal(octet, out);
    }
  }
  return out;
}

}  // namespace sluice::auth
