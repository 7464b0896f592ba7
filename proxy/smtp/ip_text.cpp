// Text forms of IP addresses, written out by hand: inet_pton belongs to the sockets API, wants a final NUL and differs
// between C libraries in the forms it accepts.
#include "smtp/ip_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "core/ascii.hpp"
#include "core/hex_digit.hpp"

namespace sluice::smtp {
namespace {

// Up to 4 hex digits at the front.
bool take_group(byte_view& text, unsigned& value) {
  std::size_t n = 0;
  value = 0;
  while (n < text.size() && n < 4 && ascii::hex_value(text[n]) >= 0)
    value = value * 16 + static_cast<unsigned>(ascii::hex_value(text[n++]));
  text.remove_prefix(n);
  return n != 0;
}

// 1 to 3 digits without a leading zero, at most 255.
bool take_decimal_octet(byte_view& text, std::uint8_t& out) {
  std::size_t n = 0;
  unsigned value = 0;
  while (n < text.size() && n < 3 && ascii::is_digit(text[n]))
    value = value * 10 + static_cast<unsigned>(text[n++] - '0');
  if (n == 0 || value > 255 || (n > 1 && text[0] == '0')) return false;
  text.remove_prefix(n);
  out = static_cast<std::uint8_t>(value);
  return true;
}

std::size_t put_ipv4(const std::uint8_t* octets, char* out) {
  char* at = out;
  for (int i = 0; i < 4; ++i) {
    if (i != 0) *at++ = '.';
    at = std::to_chars(at, at + 3, static_cast<unsigned>(octets[i])).ptr;
  }
  return static_cast<std::size_t>(at - out);
}

// The longest run of two or more zero groups, the first of equal ones (RFC 5952 4.2).
void longest_zero_run(const unsigned (&groups)[8], int& begin, int& length) {
  begin = -1;
  length = 1;
  for (int i = 0; i < 8;) {
    int n = 0;
    while (i + n < 8 && groups[i + n] == 0) ++n;
    if (n > length) begin = i, length = n;
    i += n == 0 ? 1 : n;
  }
}

std::size_t put_ipv6(const std::uint8_t* octets, char* out) {
  unsigned groups[8];
  for (int i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(octets[2 * i]) << 8 | octets[2 * i + 1];
  int skip = -1, skip_length = 0;
  longest_zero_run(groups, skip, skip_length);
  char* at = out;
  for (int i = 0; i < 8; ++i) {
    if (i == skip) {
      *at++ = ':';
      if (i == 0) *at++ = ':';
      i += skip_length - 1;
      continue;
    }
    at = std::to_chars(at, at + 4, groups[i], 16).ptr;
    if (i != 7) *at++ = ':';
  }
  return static_cast<std::size_t>(at - out);
}

}  // namespace

bool parse_ipv4(byte_view text, ip_address& out) {
  ip_address ip{ip_family::v4, {}};
  for (std::size_t i = 0; i < 4; ++i) {
    if (i != 0) {
      if (text.empty() || text.front() != '.') return false;
      text.remove_prefix(1);
    }
    if (!take_decimal_octet(text, ip.octets[i])) return false;
  }
  if (!text.empty()) return false;
  out = ip;
  return true;
}

bool parse_ipv6(byte_view text, ip_address& out) {
  ip_address ip{ip_family::v6, {}};
  std::size_t filled = 0;  // octets
  constexpr std::size_t nowhere = 17;
  std::size_t gap = nowhere;  // octets before "::"
  if (text.substr(0, 2) == "::") gap = 0, text.remove_prefix(2);
  while (!text.empty()) {
    ip_address tail;  // "::ffff:192.0.2.1"
    if (text.find(':') == byte_view::npos && text.find('.') != byte_view::npos) {
      if (filled > 12 || !parse_ipv4(text, tail)) return false;
      std::copy_n(tail.octets.begin(), 4, ip.octets.begin() + static_cast<std::ptrdiff_t>(filled));
      filled += 4;
      break;
    }
    unsigned group = 0;
    if (filled > 14 || !take_group(text, group)) return false;
    ip.octets[filled++] = static_cast<std::uint8_t>(group >> 8);
    ip.octets[filled++] = static_cast<std::uint8_t>(group & 0xff);
    if (text.empty()) break;
    if (text.front() != ':') return false;
    text.remove_prefix(1);
    if (text.empty()) return false;  // ends with a single ':'
    if (text.front() == ':') {
      if (gap != nowhere) return false;
      gap = filled;
      text.remove_prefix(1);
    }
  }
  if (gap == nowhere ? filled != 16 : filled > 14) return false;  // "::" stands for at least one group
  if (gap != nowhere) {
    const auto begin = ip.octets.begin();
    const auto moved = static_cast<std::ptrdiff_t>(filled - gap);
    std::copy_backward(begin + static_cast<std::ptrdiff_t>(gap), begin + static_cast<std::ptrdiff_t>(filled),
                       ip.octets.end());
    std::fill(begin + static_cast<std::ptrdiff_t>(gap), ip.octets.end() - moved, std::uint8_t{0});
  }
  out = ip;
  return true;
}

bool parse_ip(byte_view text, ip_address& out) { return parse_ipv4(text, out) || parse_ipv6(text, out); }

std::size_t format_ip(const ip_address& ip, byte_span out) {
  if (ip.family == ip_family::none || out.size() < ip_text_bytes) return 0;
  return ip.family == ip_family::v4 ? put_ipv4(ip.octets.data(), out.data()) : put_ipv6(ip.octets.data(), out.data());
}

}  // namespace sluice::smtp
