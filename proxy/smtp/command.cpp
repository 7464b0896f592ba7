// Arguments of MAIL, RCPT and BDAT. RFC 5321 4.1.1.2, 4.1.1.3 and 4.1.2 (esmtp-param), with the parameters of RFC 1870,
// 3461, 6152 and 6531. A parameter exists only when its extension is offered, otherwise 555 (RFC 5321 4.1.1.11).
#include "smtp/command.hpp"

#include <algorithm>
#include <charconv>

#include "core/ascii.hpp"
#include "smtp/limits.hpp"
#include "smtp/xtext.hpp"

namespace sluice::smtp {
namespace {

void skip_blanks(byte_view& line) {
  while (!line.empty() && ascii::is_blank(line.front())) line.remove_prefix(1);
}

// "FROM:" or "TO:", with blanks around the colon: many clients write one behind it.
bool take_label(byte_view& line, byte_view label) {
  skip_blanks(line);
  if (!ascii::istarts_with(line, label)) return false;
  line.remove_prefix(label.size());
  skip_blanks(line);
  if (line.empty() || line.front() != ':') return false;
  line.remove_prefix(1);
  skip_blanks(line);
  return true;
}

struct parameter {
  byte_view keyword;
  byte_view value;
  bool has_value = false;
};

bool is_keyword(byte_view s) {
  const auto good = [](char c) { return ascii::is_alnum(c) || c == '-'; };
  return !s.empty() && s.front() != '-' && std::all_of(s.begin(), s.end(), good);
}

// esmtp-value: visible ASCII but '='; UTF-8 (RFC 6531 3.3) is checked where it may stand.
bool is_value(byte_view s) {
  const auto good = [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '=' && c != '\x7f'; };
  return !s.empty() && std::all_of(s.begin(), s.end(), good);
}

// The next parameter; false at a broken one. `line` must not be empty.
bool take_parameter(byte_view& line, parameter& out) {
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  const byte_view word = line.substr(0, end);
  line.remove_prefix(end);
  skip_blanks(line);
  const std::size_t equals = word.find('=');
  out.has_value = equals != byte_view::npos;
  out.keyword = word.substr(0, equals);
  out.value = out.has_value ? word.substr(equals + 1) : byte_view{};
  return is_keyword(out.keyword) && (!out.has_value || is_value(out.value));
}

bool is_ascii(byte_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Digits that do not fit 64 bits mean "more than anything": 552 follows, not 501 (RFC 1870 6.1).
bool parse_size(byte_view value, std::uint64_t& out) {
  if (value.empty() || value.size() > limits::size_digits || !std::all_of(value.begin(), value.end(), ascii::is_digit))
    return false;
  if (std::from_chars(value.data(), value.data() + value.size(), out).ec != std::errc{}) out = UINT64_MAX;
  return true;
}

bool parse_notify(byte_view value, std::uint8_t& bits) {
  unsigned found = 0;
  for (;;) {
    const std::size_t comma = value.find(',');
    const byte_view word = value.substr(0, comma);
    const unsigned bit = ascii::iequals(word, "NEVER")     ? notify_never
                         : ascii::iequals(word, "SUCCESS") ? notify_success
                         : ascii::iequals(word, "FAILURE") ? notify_failure
                         : ascii::iequals(word, "DELAY")   ? notify_delay
                                                           : 0U;
    if (bit == 0 || (found & bit) != 0) return false;
    found |= bit;
    if (comma == byte_view::npos) break;
    value.remove_prefix(comma + 1);
  }
  bits = static_cast<std::uint8_t>(found);
  return (found & notify_never) == 0 || found == notify_never;  // NEVER stands alone
}

// "addr-type;xtext". Of type utf-8 also RFC 6533 3: "\x{20AC}", and UTF-8 itself within an SMTPUTF8 transaction.
bool is_orcpt(byte_view value, bool utf8) {
  const std::size_t semicolon = value.find(';');
  if (value.size() > limits::orcpt_bytes || semicolon == byte_view::npos || semicolon + 1 == value.size()) return false;
  const byte_view type = value.substr(0, semicolon), address = value.substr(semicolon + 1);
  if (!is_keyword(type)) return false;
  if (ascii::iequals(type, "utf-8")) return utf8 ? is_utf8(address) : is_ascii(address);
  return is_xtext(address);
}

cause mail_parameter(const parameter& p, const extension_set& offered, mail_command& out) {
  const auto is = [&](const char* keyword, extension e) {
    return offered.has(e) && ascii::iequals(p.keyword, keyword);
  };
  const auto once = [](bool already, bool good) {
    return already ? cause::duplicate_parameter : good ? cause::none : cause::bad_argument;
  };
  if (is("SIZE", extension::size)) {
    const bool already = out.has_size;
    out.has_size = true;
    return once(already, parse_size(p.value, out.size));
  }
  if (is("BODY", extension::eight_bit_mime)) {
    if (out.body != body_type::none) return cause::duplicate_parameter;
    out.body = ascii::iequals(p.value, "7BIT")       ? body_type::seven_bit
               : ascii::iequals(p.value, "8BITMIME") ? body_type::eight_bit_mime
                                                     : body_type::none;
    return out.body == body_type::none ? cause::bad_body_type : cause::none;
  }
  if (is("SMTPUTF8", extension::smtputf8)) {
    const bool already = out.smtputf8;
    out.smtputf8 = true;
    return once(already, !p.has_value);
  }
  if (is("RET", extension::dsn)) {
    if (out.ret != return_type::none) return cause::duplicate_parameter;
    out.ret = ascii::iequals(p.value, "FULL")   ? return_type::full
              : ascii::iequals(p.value, "HDRS") ? return_type::headers
                                                : return_type::none;
    return out.ret == return_type::none ? cause::bad_argument : cause::none;
  }
  if (is("ENVID", extension::dsn)) {
    const bool already = !out.envid.empty();
    out.envid = p.value;
    return once(already, !p.value.empty() && p.value.size() <= limits::envid_bytes && is_xtext(p.value));
  }
  return cause::unknown_parameter;
}

cause rcpt_parameter(const parameter& p, const extension_set& offered, bool utf8, rcpt_command& out) {
  if (!offered.has(extension::dsn)) return cause::unknown_parameter;
  if (ascii::iequals(p.keyword, "NOTIFY")) {
    if (out.notify != 0) return cause::duplicate_parameter;
    return parse_notify(p.value, out.notify) ? cause::none : cause::bad_argument;
  }
  if (ascii::iequals(p.keyword, "ORCPT")) {
    if (!out.orcpt.empty()) return cause::duplicate_parameter;
    out.orcpt = p.value;
    return is_orcpt(p.value, utf8) ? cause::none : cause::bad_argument;
  }
  return cause::unknown_parameter;
}

// What stands behind the path: nothing, or a blank and parameters. Each goes to `take`.
template <class Take>
cause for_each_parameter(byte_view line, byte_view& raw, Take take) {
  if (!line.empty() && !ascii::is_blank(line.front())) return cause::bad_argument;
  raw = line = ascii::trim(line);
  while (!line.empty()) {
    parameter p;
    if (!take_parameter(line, p)) return cause::bad_argument;
    if (const cause c = take(p); c != cause::none) return c;
  }
  return cause::none;
}

}  // namespace

cause parse_mail(byte_view line, const extension_set& offered, mail_command& out) {
  out = {};
  if (!take_label(line, "FROM")) return cause::bad_argument;
  const path_error error = take_path(line, out.from, {.null_allowed = true, .bare_postmaster = false});
  if (error != path_error::none) return cause::bad_sender;
  const cause c =
      for_each_parameter(line, out.parameters, [&](const parameter& p) { return mail_parameter(p, offered, out); });
  if (c != cause::none) return c;
  if (out.from.address.utf8 && !out.smtputf8) return cause::utf8_undeclared;
  if (out.has_size && offered.size_limit != 0 && out.size > offered.size_limit) return cause::message_too_big;
  return cause::none;
}

cause parse_rcpt(byte_view line, const extension_set& offered, bool utf8, rcpt_command& out) {
  out = {};
  if (!take_label(line, "TO")) return cause::bad_argument;
  const path_error error = take_path(line, out.to, {.null_allowed = false, .bare_postmaster = true});
  if (error != path_error::none) return cause::bad_recipient;
  const cause c = for_each_parameter(line, out.parameters,
                                     [&](const parameter& p) { return rcpt_parameter(p, offered, utf8, out); });
  if (c != cause::none) return c;
  return out.to.address.utf8 && !utf8 ? cause::utf8_undeclared : cause::none;
}

cause parse_bdat(byte_view line, std::uint64_t& size, bool& last) {
  line = ascii::trim(line);
  const std::size_t digits = std::min(line.find_first_of(" \t"), line.size());
  const byte_view number = line.substr(0, digits);
  const byte_view rest = ascii::trim(line.substr(digits));
  last = ascii::iequals(rest, "LAST");
  if (!rest.empty() && !last) return cause::bad_argument;
  // A chunk size that does not fit 63 bits could not be counted down, so it is no size at all.
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), size);
  const bool good =
      !number.empty() && error == std::errc{} && end == number.data() + number.size() && size <= INT64_MAX;
  return good ? cause::none : cause::bad_argument;
}

}  // namespace sluice::smtp
