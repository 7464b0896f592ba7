// The XCLIENT command (Postfix XCLIENT_README): "XCLIENT" 1*(SP attribute-name "=" attribute-value).
#include <algorithm>

#include "core/ascii.hpp"
#include "smtp/command.hpp"
#include "smtp/ip_text.hpp"
#include "smtp/xtext.hpp"

namespace sluice::smtp {
namespace {

bool find_attribute(byte_view name, client_attribute& out) {
  for (std::size_t i = 0; i < client_attributes; ++i) {
    out = static_cast<client_attribute>(i);
    if (ascii::iequals(name, keyword_of(out)) && out != client_attribute::ident && out != client_attribute::source)
      return true;  // IDENT and SOURCE belong to XFORWARD
  }
  return false;
}

bool is_port(byte_view s) {
  unsigned value = 0;
  for (char c : s) {
    if (!ascii::is_digit(c) || value > 65535) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return !s.empty() && value <= 65535;
}

// Removes the "IPV6:" tag (or the RFC 5321 form "IPv6:") so that the value is an address as ip_text reads it.
bool normalise_address(byte_view& s) {
  if (ascii::istarts_with(s, "IPV6:")) s.remove_prefix(5);
  ip_address ip;
  return parse_ip(s, ip);
}

// Goes into Received fields and downstream commands: visible characters only.
bool is_plain(byte_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; });
}

bool check(client_attribute a, client_value& v) {
  if (v.what != client_value::kind::given) return true;
  switch (a) {
    case client_attribute::addr:
    case client_attribute::destaddr:
      return normalise_address(v.text);
    case client_attribute::port:
    case client_attribute::destport:
      return is_port(v.text);
    case client_attribute::proto:
      return ascii::iequals(v.text, "SMTP") || ascii::iequals(v.text, "ESMTP");
    default:
      return is_plain(v.text);
  }
}

}  // namespace

cause parse_xclient(byte_span line, client_info& out) {
  out = {};
  bool any = false;
  for (std::size_t at = 0; at < line.size();) {
    if (ascii::is_blank(line[at])) {
      ++at;
      continue;
    }
    const auto is_end = [](char c) { return ascii::is_blank(c); };
    const auto begin = line.begin() + static_cast<std::ptrdiff_t>(at);
    const auto size = static_cast<std::size_t>(std::find_if(begin, line.end(), is_end) - begin);
    const byte_span word = line.subspan(at, size);
    at += size;

    const byte_view text(word.data(), word.size());
    const std::size_t equals = text.find('=');
    client_attribute a{};
    if (equals == byte_view::npos || !find_attribute(text.substr(0, equals), a)) return cause::bad_argument;
    const byte_span value = word.subspan(equals + 1);
    const byte_span decoded = decode_xtext_in_place(value);
    if (decoded.empty()) return cause::bad_argument;  // not xtext, or no value at all
    client_value& v = out[a];
    if (v.what != client_value::kind::absent) return cause::duplicate_parameter;
    v.text = {decoded.data(), decoded.size()};
    v.what = ascii::iequals(v.text, "[UNAVAILABLE]")   ? client_value::kind::unavailable
             : ascii::iequals(v.text, "[TEMPUNAVAIL]") ? client_value::kind::tempunavail
                                                       : client_value::kind::given;
    if (v.what != client_value::kind::given) v.text = {};
    if (!check(a, v)) return cause::bad_argument;
    any = true;
  }
  return any ? cause::none : cause::bad_argument;
}

}  // namespace sluice::smtp
