// Received fields of trusted relays; see received.hpp.
#include "auth/received.hpp"

#include <algorithm>
#include <charconv>

#include "core/ascii.hpp"

namespace sluice::auth {
namespace {

constexpr std::size_t max_from_clause = 1024;  // octets looked at

bool parse_bracketed(byte_view text, ip_address& out) {
  if (ascii::istarts_with(text, "IPv6:")) text.remove_prefix(5);
  return parse_ip(ascii::trim(text), out);
}

// Everything before the word "by" outside of comments.
byte_view from_clause(byte_view value) {
  int depth = 0;
  value = value.substr(0, max_from_clause);
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '(') ++depth;
    else if (value[i] == ')') --depth;
    else if (depth == 0 && ascii::is_space(value[i]) && ascii::istarts_with(value.substr(i + 1), "by") &&
             i + 3 < value.size() && ascii::is_space(value[i + 3]))
      return value.substr(0, i);
  }
  return value;
}

byte_view word_at(byte_view text, bool in_comment = false) {
  std::size_t n = 0;
  while (n < text.size() && !ascii::is_space(text[n]) && !(in_comment && text[n] == ')')) ++n;
  return text.substr(0, n);
}

}  // namespace

bool parse_network(byte_view text, ip_network& out) {
  const std::size_t slash = text.find('/');
  if (!parse_ip(text.substr(0, slash), out.address)) return false;
  const unsigned most = static_cast<unsigned>(out.address.size() * 8);
  unsigned bits = most;
  if (slash != byte_view::npos) {
    const byte_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits > most) return false;
  }
  out.bits = static_cast<std::uint8_t>(bits);
  return true;
}

bool any_holds(std::span<const ip_network> networks, const ip_address& ip) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const ip_network& n) { return same_network(n.address, ip, n.bits); });
}

bool parse_received(byte_view value, received_from& out) {
  const byte_view clause = from_clause(value);
  byte_view rest = ascii::trim(clause);
  if (!ascii::istarts_with(rest, "from") || rest.size() < 5 || !ascii::is_space(rest[4])) return false;
  rest = ascii::trim(rest.substr(4));
  out.helo = word_at(rest);
  for (const byte_view marker : {"helo=", "HELO "})  // Exim and qmail put it into the comment
    if (const std::size_t at = rest.find(marker); at != byte_view::npos) out.helo = word_at(rest.substr(at + marker.size()), true);
  const byte_view comments = rest.substr(word_at(rest).size());  // the name itself may look like one
  for (std::size_t open = comments.find('['); open != byte_view::npos; open = comments.find('[', open + 1)) {
    const std::size_t close = comments.find(']', open);
    if (close == byte_view::npos) break;
    if (parse_bracketed(comments.substr(open + 1, close - open - 1), out.ip)) return true;
  }
  for (std::size_t open = comments.find('('); open != byte_view::npos; open = comments.find('(', open + 1)) {
    const std::size_t close = comments.find(')', open);
    if (close == byte_view::npos) break;
    if (parse_bracketed(comments.substr(open + 1, close - open - 1), out.ip)) return true;
  }
  return false;
}

bool find_client(const header_index& header, std::span<const ip_network> relays, received_from& out, std::size_t& ours) {
  bool any = false, found = false, readable = true;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const header_field f = header[i];
    if (!ascii::iequals(f.name, "received")) continue;
    if (found || !readable) {
      ours = i;
      return found;
    }
    any = true;
    readable = parse_received(f.value, out);
    found = readable && !any_holds(relays, out.ip);
  }
  ours = any ? header.size() : 0;
  return found;
}

}  // namespace sluice::auth
