// Endpoints, networks and domain names of a configuration file. IP literals are read by inet_pton, which knows no
// shortened or octal forms: "10.1" and "010.0.0.1" are errors, not addresses that nobody meant.
#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include "config/ascii.hpp"
#include "config/value_text.hpp"

namespace sluice::config {
namespace {

constexpr std::size_t max_domain_octets = 253, max_label_octets = 63;  // RFC 1035 2.3.4, without the final dot

struct ip {
  std::array<std::uint8_t, 16> octets{};
  bool is_v6 = false;
};

std::optional<ip> parse_ip(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != text.npos) return {};  // "\u0000" is a legal TOML escape
  const std::string copy(text);
  ip a;
  if (inet_pton(AF_INET, copy.c_str(), a.octets.data()) == 1 && copy.size() == text.size()) return a;
  a.is_v6 = true;
  if (inet_pton(AF_INET6, copy.c_str(), a.octets.data()) == 1) return a;
  return {};
}

std::optional<unsigned> parse_number(std::string_view text, unsigned most) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text.front() == '0')) return {};
  unsigned n = 0;
  for (char c : text) {
    if (!ascii::is_digit(c)) return {};
    n = n * 10 + static_cast<unsigned>(c - '0');
  }
  if (n > most) return {};
  return n;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > max_label_octets || label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_'; });
}

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > max_domain_octets) return false;
  bool only_numbers = true;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    const std::string_view label = name.substr(at, dot - at);
    if (!is_label(label)) return false;
    only_numbers = only_numbers && std::ranges::all_of(label, ascii::is_digit);
    at = dot + 1;
  }
  return !only_numbers;  // "10.0.0" is a mistyped address, not a name
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), ascii::lower);
  return out;
}

}  // namespace

bool is_ip_literal(std::string_view text) { return parse_ip(text).has_value(); }

parsed<endpoint> parse_endpoint(std::string_view text, bool names_allowed) {
  const std::string example = names_allowed
                                  ? "write for example \"10.0.0.5:25\", \"[2001:db8::5]:25\" or \"mail.example.net:25\""
                                  : "write for example \"0.0.0.0:25\", \"[::]:25\" or \"127.0.0.1:2525\"";
  const std::size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon == std::string_view::npos ? text.size() : colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (is_ip_literal(text) || colon == std::string_view::npos || (text.starts_with('[') && text.ends_with(']')))
    return {{}, quoted(text) + " has no port", example};
  const auto port = parse_number(text.substr(colon + 1), 65535);
  if (!port || *port == 0) return {{}, quoted(text.substr(colon + 1)) + " is not a port (1 to 65535)", example};
  const auto address = parse_ip(host);
  if (address && address->is_v6 != bracketed)
    return {
        {},
        quoted(text) + (bracketed ? " has brackets around an IPv4 address" : " lacks the brackets of an IPv6 address"),
        example};
  if (!address && (bracketed || !names_allowed || !is_host_name(host)))
    return {{},
            quoted(host) +
                (names_allowed && !bracketed ? " is neither an IP address nor a host name" : " is not an IP address"),
            example};
  return {{lower(host), static_cast<std::uint16_t>(*port)}, {}, {}};
}

parsed<network> parse_network(std::string_view text) {
  static const std::string example = "write for example \"192.0.2.0/24\", \"2001:db8::/32\" or a single address";
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return {{}, quoted(text) + " is not an IP address or network", example};
  const unsigned width = address->is_v6 ? 128 : 32;
  auto prefix = slash == text.size() ? width : parse_number(text.substr(slash + 1), width);
  if (!prefix)
    return {
        {}, quoted(text.substr(slash + 1)) + " is not a prefix length (0 to " + std::to_string(width) + ")", example};
  network n{address->octets, static_cast<std::uint8_t>(*prefix), address->is_v6};
  bool host_bits = false;
  for (unsigned bit = *prefix; bit < width; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80u >> (bit % 8));
    host_bits = host_bits || (n.octets[bit / 8] & mask) != 0;
    n.octets[bit / 8] = static_cast<std::uint8_t>(n.octets[bit / 8] & ~mask);
  }
  if (host_bits)
    return {{},
            quoted(text) + " has bits beyond its prefix",
            "write " + quoted(format_network(n)) + ", or the address alone"};
  return {n, {}, {}};
}

parsed<network> parse_own_address(std::string_view text) {
  static const std::string example = "write for example \"192.0.2.10/24\" or \"2001:db8::10/64\"";
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return {{}, quoted(text) + " is not an IP address with its prefix", example};
  if (slash == text.size()) return {{}, quoted(text) + " has no prefix length", example};
  const unsigned width = address->is_v6 ? 128 : 32;
  const auto prefix = parse_number(text.substr(slash + 1), width);
  if (!prefix || *prefix == 0)
    return {{}, quoted(text.substr(slash + 1)) + " is not a prefix length (1 to " + std::to_string(width) + ")", example};
  return {{address->octets, static_cast<std::uint8_t>(*prefix), address->is_v6}, {}, {}};
}

parsed<std::string> parse_ip_address(std::string_view text) {
  const auto address = parse_ip(text);
  if (!address) return {{}, quoted(text) + " is not an IP address", "write for example \"192.0.2.1\" or \"2001:db8::1\""};
  return {format_network({address->octets, static_cast<std::uint8_t>(address->is_v6 ? 128 : 32), address->is_v6}), {}, {}};
}

parsed<std::string> parse_host(std::string_view text) {
  if (is_ip_literal(text)) return parse_ip_address(text);
  if (is_host_name(text)) return {lower(text), {}, {}};
  return {{}, quoted(text) + " is neither an IP address nor a host name", "write for example \"ntp.example.org\" or \"192.0.2.123\""};
}

parsed<std::string> parse_interface_name(std::string_view text) {
  constexpr std::size_t most = 15;  // IFNAMSIZ, with the final zero
  const bool good = !text.empty() && text.size() <= most && ascii::is_alnum(text.front()) &&
                    std::ranges::all_of(text, [](char c) { return ascii::is_alnum(c) || c == '.' || c == '-' || c == '_'; });
  if (!good) return {{}, quoted(text) + " is not the name of an interface", "write for example \"eth0\", at most 15 letters and digits"};
  if (text == "lo") return {{}, "\"lo\" is the machine itself and needs no settings", {}};
  return {std::string(text), {}, {}};
}

parsed<std::string> parse_server(std::string_view text) {
  if (is_ip_literal(text)) return {std::string(text), {}, {}};
  const parsed<endpoint> e = parse_endpoint(text, false);
  if (e.ok()) return {format_endpoint(e.value), {}, {}};
  return {{}, quoted(text) + " is not an address", "write for example \"192.0.2.53\" or \"[2001:db8::53]:53\""};
}

// The plain forms of RFC 5321's Mailbox only: what stands in From of our own mail needs no quoting.
parsed<std::string> parse_mail_address(std::string_view text) {
  constexpr std::size_t local_bytes_max = 64, address_bytes_max = 254;
  const auto at = text.rfind('@');
  const auto is_atom = [](char c) {
    return ascii::is_alnum(c) || std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
  };
  const std::string_view local = text.substr(0, at);
  const bool good = at != std::string_view::npos && !local.empty() && local.size() <= local_bytes_max &&
                    text.size() <= address_bytes_max && std::ranges::all_of(local, is_atom) && !local.starts_with('.') &&
                    !local.ends_with('.') && local.find("..") == std::string_view::npos &&
                    is_host_name(text.substr(at + 1)) && !is_ip_literal(text.substr(at + 1));
  if (!good) return {{}, quoted(text) + " is not a mail address", "write for example \"postmaster@example.org\""};
  return {std::string(local) + "@" + lower(text.substr(at + 1)), {}, {}};
}

parsed<std::string> parse_domain(std::string_view text, bool wildcard_allowed) {
  const std::string all = lower(text.ends_with('.') ? text.substr(0, text.size() - 1) : text);
  std::string_view name = all;
  const bool wildcard = name.starts_with("*.");
  if (name == "*")
    return {{}, "\"*\" would accept mail for every domain", "list your own domains: Sluice is never an open relay"};
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return {{}, quoted(text) + " is not ASCII", "write the A-label form, \"xn--...\" (RFC 5890)"};
  if (wildcard && !wildcard_allowed) return {{}, quoted(text) + " is a wildcard, expected is one domain", {}};
  if (wildcard) name.remove_prefix(2);
  if (is_ip_literal(name) || !is_host_name(name))
    return {{},
            quoted(text) + " is not a domain name",
            wildcard_allowed ? "write for example \"example.org\" or \"*.example.org\""
                             : "write for example \"example.org\""};
  if (wildcard && name.find('.') == std::string_view::npos)
    return {{}, quoted(text) + " would accept mail for a whole top-level domain", "list your own domains"};
  return {all, {}, {}};
}

std::string format_endpoint(const endpoint& e) {
  const bool v6 = e.host.find(':') != std::string::npos;
  return (v6 ? "[" + e.host + "]" : e.host) + ":" + std::to_string(e.port);
}

std::string format_own_address(const network& n) {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(n.is_v6 ? AF_INET6 : AF_INET, n.octets.data(), text, sizeof text);
  return std::string(text) + "/" + std::to_string(n.prefix_bits);
}

std::string format_network(const network& n) {
  std::string text = format_own_address(n);
  if (n.prefix_bits == (n.is_v6 ? 128 : 32)) text.resize(text.find('/'));
  return text;
}

}  // namespace sluice::config
