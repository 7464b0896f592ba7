// Values as they are written in a configuration file: sizes, durations, rates, endpoints, networks, domain names; both
// ways. Pure functions without limits of their own: ranges are checked by the caller against the schema.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "config/model.hpp"

namespace sluice::config {

// A value, or what is wrong with the text (a sentence that quotes it) and what to write instead.
template <class T>
struct parsed {
  T value{};
  std::string wrong;
  std::string remedy;
  bool ok() const { return wrong.empty(); }
};

// "32MiB", "10MB", "512 KiB", "100B". Units B, kB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (of 1024).
parsed<std::uint64_t> parse_size(std::string_view text);
// "256B/s": a size per second.
parsed<std::uint64_t> parse_rate(std::string_view text);
// "250ms", "30s", "5m", "2h", "7d"; one number and one unit.
parsed<milliseconds> parse_duration(std::string_view text);

// "10.0.0.5:25", "[::]:25"; with `names_allowed` also "mail.example.net:25". The port is mandatory, 1 to 65535.
parsed<endpoint> parse_endpoint(std::string_view text, bool names_allowed);
// "192.0.2.0/24", "2001:db8::/32", "192.0.2.1". Bits beyond the prefix must be zero.
parsed<network> parse_network(std::string_view text);

// "192.0.2.10/24", "2001:db8::10/64": a machine's own address; the bits beyond the prefix stay.
parsed<network> parse_own_address(std::string_view text);
// "192.0.2.1", "2001:db8::1"; in the shortest spelling.
parsed<std::string> parse_ip_address(std::string_view text);
// The same, or a name.
parsed<std::string> parse_host(std::string_view text);
// "eth0", "eth0.100": what the kernel takes as a name, without "lo".
parsed<std::string> parse_interface_name(std::string_view text);

// "https://host[:port]/path?query": no user, no fragment.
struct web_address {
  endpoint at;
  std::string target;  // begins with '/'
};
parsed<web_address> parse_web_address(std::string_view text);
// An Ed25519 public key: 44 characters of base64 (RFC 4648).
parsed<std::string> parse_public_key(std::string_view text);

// "192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]:5353": an address literal, the port optional.
parsed<std::string> parse_server(std::string_view text);

// Lower-cased "example.org"; with `wildcard_allowed` also "*.example.org". A-labels only (RFC 5890), RFC 1035 lengths.
parsed<std::string> parse_domain(std::string_view text, bool wildcard_allowed);

// "name@example.org", plain (RFC 5321 section 4.1.2 without quoted strings and literals); the domain in lower case.
parsed<std::string> parse_mail_address(std::string_view text);
// "07:00": hours 00 to 23, minutes 00 to 59, two digits each.
parsed<std::string> parse_clock(std::string_view text);
// "https://mail.example.com", with or without port, a name or an IP literal; no user, path, query or fragment. A final
// slash goes.
parsed<std::string> parse_https_url(std::string_view text);

// The shortest exact spelling; parse_x(format_x(v)) == v.
std::string format_size(std::uint64_t bytes);
std::string format_rate(std::uint64_t bytes_per_second);
std::string format_duration(milliseconds value);
std::string format_endpoint(const endpoint& e);
std::string format_network(const network& n);
std::string format_own_address(const network& n);  // always with its prefix

// `text` between double quotes, with control bytes, quotes and backslashes escaped as in a TOML basic string, cut after
// `most` bytes: what a message may quote from a file. An object and not a function: with a std::string argument the
// lookup by argument would also find std::quoted, which some standard libraries declare in <filesystem>, and prefer it.
struct quoted_text {
  std::string operator()(std::string_view text, std::size_t most = 60) const;
};
inline constexpr quoted_text quoted;

// True for "192.0.2.1" and "2001:db8::1" (no brackets, no scope).
bool is_ip_literal(std::string_view text);

}  // namespace sluice::config
