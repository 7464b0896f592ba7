// https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, sections 2.1 and 2.2.
#include "smtp/proxy_protocol.hpp"

#include <algorithm>
#include <cstring>

#include "core/ascii.hpp"
#include "smtp/limits.hpp"

namespace sluice::smtp {
namespace {

using status = proxy_header::status;

constexpr byte_view v1_start = "PROXY ";
constexpr byte_view v2_signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t v2_fixed_bytes = 16;

proxy_header malformed() { return {.what = status::malformed}; }

bool starts_alike(byte_view in, byte_view with) {
  const std::size_t n = std::min(in.size(), with.size());
  return in.substr(0, n) == with.substr(0, n);
}

// One field and the single blank behind it, or the end.
byte_view take_field(byte_view& line) {
  const byte_view field = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(field.size() + 1, line.size()));
  return field;
}

bool parse_port(byte_view s, std::uint16_t& port) {
  if (s.empty() || s.size() > 5 || (s.size() > 1 && s.front() == '0') ||
      !std::all_of(s.begin(), s.end(), ascii::is_digit))
    return false;
  unsigned value = 0;
  for (char c : s) value = value * 10 + static_cast<unsigned>(c - '0');
  port = static_cast<std::uint16_t>(value);
  return value <= 65535;
}

proxy_header parse_v1(byte_view in) {
  const byte_view window = in.substr(0, limits::proxy_v1_bytes);
  const std::size_t line_feed = window.find('\n');
  if (line_feed == byte_view::npos) return window.size() < limits::proxy_v1_bytes ? proxy_header{} : malformed();
  if (window[line_feed - 1] != '\r') return malformed();
  byte_view line = window.substr(0, line_feed - 1).substr(v1_start.size());

  proxy_header h{.what = status::done, .size = line_feed + 1, .version = 1};
  const byte_view transport = take_field(line);
  if (transport == "UNKNOWN") return h;  // the rest of the line is to be ignored
  const bool v4 = transport == "TCP4";
  if (!v4 && transport != "TCP6") return malformed();
  const auto parse = v4 ? parse_ipv4 : parse_ipv6;
  if (std::count(line.begin(), line.end(), ' ') != 3 || !parse(take_field(line), h.source.ip) ||
      !parse(take_field(line), h.destination.ip) || !parse_port(take_field(line), h.source.port) ||
      !parse_port(take_field(line), h.destination.port))
    return malformed();
  h.has_addresses = true;
  return h;
}

std::uint16_t big_endian(const char* p) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(p[0]) << 8 | static_cast<unsigned char>(p[1]));
}

ip_address ip_at(const char* p, ip_family family) {
  ip_address ip{family, {}};
  std::memcpy(ip.octets.data(), p, family == ip_family::v4 ? 4 : 16);
  return ip;
}

proxy_header parse_v2(byte_view in) {
  if (in.size() < v2_fixed_bytes) return {};
  const auto version_command = static_cast<unsigned char>(in[12]);
  const auto family_protocol = static_cast<unsigned char>(in[13]);
  const unsigned command = version_command & 0x0fU, family = family_protocol >> 4, protocol = family_protocol & 0x0fU;
  const std::size_t length = big_endian(in.data() + 14);
  if ((version_command >> 4) != 2 || command > 1 || family > 3 || protocol > 2) return malformed();
  if (v2_fixed_bytes + length > limits::proxy_v2_bytes) return malformed();
  const bool addresses = command == 1 && protocol == 1 && (family == 1 || family == 2);
  const std::size_t ip_bytes = family == 1 ? 4 : 16;
  if (addresses && length < 2 * ip_bytes + 4) return malformed();
  if (in.size() < v2_fixed_bytes + length) return {};

  proxy_header h{.what = status::done, .size = v2_fixed_bytes + length, .version = 2};
  if (!addresses) return h;  // LOCAL, UNSPEC, UNIX, datagrams: good, and nobody named
  const ip_family kind = family == 1 ? ip_family::v4 : ip_family::v6;
  const char* p = in.data() + v2_fixed_bytes;
  h.source = {ip_at(p, kind), big_endian(p + 2 * ip_bytes)};
  h.destination = {ip_at(p + ip_bytes, kind), big_endian(p + 2 * ip_bytes + 2)};
  h.has_addresses = true;
  return h;
}

}  // namespace

proxy_header parse_proxy_header(byte_view in) {
  if (starts_alike(in, v2_signature)) return in.size() < v2_signature.size() ? proxy_header{} : parse_v2(in);
  if (starts_alike(in, v1_start)) return in.size() < v1_start.size() ? proxy_header{} : parse_v1(in);
  return malformed();
}

}  // namespace sluice::smtp
