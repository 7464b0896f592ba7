// Grammar of RFC 5321 4.1.2 with the UTF-8 additions of RFC 6531 3.3, read from left to right without backtracking.
#include "smtp/address.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/utf8.hpp"
#include "smtp/ip_text.hpp"
#include "smtp/limits.hpp"

namespace sluice::smtp {
namespace {

bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// RFC 5322 atext.
bool is_atext(char c) {
  return ascii::is_alnum(c) || is_high(c) || byte_view("!#$%&'*+-/=?^_`{|}~").find(c) != byte_view::npos;
}

bool is_printable(char c) { return (c >= ' ' && c <= '~') || is_high(c); }

// Dot-string at the front: octets, 0 when there is none or dots stand wrongly.
std::size_t dot_string(byte_view in) {
  std::size_t n = 0;
  bool after_dot = true;
  while (n < in.size() && (is_atext(in[n]) || (in[n] == '.' && !after_dot))) after_dot = in[n++] == '.';
  return after_dot ? 0 : n;
}

// Quoted-string at the front with both quotes: octets, 0 when it is broken.
std::size_t quoted_string(byte_view in) {
  std::size_t n = 1;
  while (n < in.size() && in[n] != '"') {
    const bool pair = in[n] == '\\';
    if (pair) ++n;
    if (n >= in.size() || !is_printable(in[n]) || (pair && is_high(in[n]))) return 0;
    ++n;
  }
  return n < in.size() ? n + 1 : 0;
}

// Octets that can be part of a domain name or an address literal; the check of what they say follows.
std::size_t domain_extent(byte_view in) {
  if (!in.empty() && in.front() == '[') {
    const std::size_t close = in.find(']');
    return close == byte_view::npos ? 0 : close + 1;
  }
  std::size_t n = 0;
  while (n < in.size() && (ascii::is_alnum(in[n]) || is_high(in[n]) || in[n] == '-' || in[n] == '.' || in[n] == '_'))
    ++n;
  return n;
}

bool is_label(byte_view label) {
  return !label.empty() && label.size() <= limits::label_bytes && label.front() != '-' && label.back() != '-';
}

// "local@domain" at the front; consumed from `in`.
path_error take_mailbox(byte_view& in, mailbox& out, bool bare_allowed) {
  mailbox m;
  m.quoted = !in.empty() && in.front() == '"';
  const std::size_t local = m.quoted ? quoted_string(in) : dot_string(in);
  if (local == 0) return path_error::syntax;
  m.local = in.substr(0, local);
  m.routing_chars = m.local.find_first_of("%!@") != byte_view::npos;
  byte_view rest = in.substr(local);
  if (rest.empty() || rest.front() != '@') {
    if (!bare_allowed || !ascii::iequals(m.local, "postmaster")) return path_error::syntax;
  } else {
    rest.remove_prefix(1);
    m.domain = rest.substr(0, domain_extent(rest));
    m.literal = !m.domain.empty() && m.domain.front() == '[';
    if (m.domain.size() > limits::domain_bytes) return path_error::too_long;
    if (!(m.literal ? is_address_literal(m.domain) : is_domain(m.domain))) return path_error::syntax;
    rest.remove_prefix(m.domain.size());
  }
  const byte_view whole = in.substr(0, in.size() - rest.size());
  if (whole.size() + 2 > limits::path_bytes) return path_error::too_long;
  m.utf8 = std::any_of(whole.begin(), whole.end(), is_high);
  if (m.utf8 && !is_utf8(whole)) return path_error::bad_utf8;
  in = rest;
  out = m;
  return path_error::none;
}

// "@a,@b:" at the front (RFC 5321 4.1.2 A-d-l); false when it is broken.
bool take_source_route(byte_view& in) {
  for (;;) {
    if (in.empty() || in.front() != '@') return false;
    in.remove_prefix(1);
    const std::size_t n = domain_extent(in);
    const byte_view domain = in.substr(0, n);
    if (!is_domain(domain) && !is_address_literal(domain)) return false;
    in.remove_prefix(n);
    if (in.empty() || (in.front() != ',' && in.front() != ':')) return false;
    const bool more = in.front() == ',';
    in.remove_prefix(1);
    if (!more) return true;
  }
}

}  // namespace

path_error take_path(byte_view& in, path& out, path_options options) {
  if (in.empty() || in.front() != '<') return path_error::syntax;
  byte_view rest = in.substr(1);
  const byte_view inner = rest;
  path p;
  if (options.null_allowed && !rest.empty() && rest.front() == '>') {
    p.null = true;
  } else {
    p.source_route = !rest.empty() && rest.front() == '@';
    if (p.source_route && !take_source_route(rest)) return path_error::syntax;
    const path_error error = take_mailbox(rest, p.address, options.bare_postmaster && !p.source_route);
    if (error != path_error::none) return error;
  }
  if (rest.empty() || rest.front() != '>') return path_error::syntax;
  p.text = inner.substr(0, inner.size() - rest.size());
  rest.remove_prefix(1);
  in = rest;
  out = p;
  return path_error::none;
}

path_error parse_mailbox(byte_view text, mailbox& out) {
  const path_error error = take_mailbox(text, out, false);
  return error == path_error::none && !text.empty() ? path_error::syntax : error;
}

bool is_domain(byte_view text) {
  if (text.empty() || text.size() > limits::domain_bytes || domain_extent(text) != text.size() || text.front() == '[')
    return false;
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == byte_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_address_literal(byte_view text) {
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') return false;
  const byte_view inner = text.substr(1, text.size() - 2);
  ip_address ip;
  if (ascii::istarts_with(inner, "IPv6:")) return parse_ipv6(inner.substr(5), ip);
  return parse_ipv4(inner, ip);
}

bool is_utf8(byte_view text) {
  while (!text.empty()) {
    const utf8::decoded c = utf8::decode(text);
    if (!c.valid) return false;
    text.remove_prefix(c.length);
  }
  return true;
}

bool same_domain(byte_view a, byte_view b) {
  if (a.size() > 1 && a.back() == '.') a.remove_suffix(1);
  if (b.size() > 1 && b.back() == '.') b.remove_suffix(1);
  return ascii::iequals(a, b);
}

}  // namespace sluice::smtp
