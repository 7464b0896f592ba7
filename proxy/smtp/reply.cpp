// Replies to and from the wire form. RFC 5321 4.2.1: "250-text CRLF 250 text CRLF"; the enhanced status code is
// repeated on each line (RFC 2034 4).
#include "smtp/reply.hpp"

#include <algorithm>
#include <cstring>

#include "core/ascii.hpp"
#include "core/utf8.hpp"
#include "smtp/limits.hpp"

namespace sluice::smtp {
namespace {

// Code, separator, "5.999.999 " and CRLF.
constexpr std::size_t line_overhead = 3 + 1 + 10 + 2;

std::size_t put_number(unsigned value, char* out) {
  char digits[5];
  std::size_t n = 0;
  do {
    digits[n++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0 && n < sizeof digits);
  for (std::size_t i = 0; i < n; ++i) out[i] = digits[n - 1 - i];
  return n;
}

std::size_t put_status(const enhanced_status& s, char* out) {
  std::size_t n = put_number(s.klass, out);
  out[n++] = '.';
  n += put_number(s.subject % 1000U, out + n);
  out[n++] = '.';
  n += put_number(s.detail % 1000U, out + n);
  out[n++] = ' ';
  return n;
}

char harmless(char c, bool utf8) {
  const auto octet = static_cast<unsigned char>(c);
  if (octet < 0x20 || octet == 0x7f) return ' ';
  if (octet >= 0x80 && !utf8) return '?';
  return c;
}

bool take_number(byte_view& text, std::uint16_t& out) {
  std::size_t n = 0;
  unsigned value = 0;
  while (n < text.size() && n < 3 && ascii::is_digit(text[n]))
    value = value * 10 + static_cast<unsigned>(text[n++] - '0');
  if (n == 0 || (n > 1 && text[0] == '0')) return false;  // RFC 3463 2: no leading zeros
  out = static_cast<std::uint16_t>(value);
  text.remove_prefix(n);
  return true;
}

bool take_dot(byte_view& text) {
  if (text.empty() || text.front() != '.') return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::size_t format(const reply& r, byte_span out, reply_form form) {
  if (out.size() < limits::reply_wire_bytes) return 0;
  const auto klass = static_cast<std::uint8_t>(std::min(r.code / 100, 9));
  enhanced_status status = r.status;
  const bool with_status = form.enhanced && (klass == 2 || klass == 4 || klass == 5);
  if (with_status && status.klass != klass) status = {klass, 0, 0};

  byte_view rest = r.text;
  std::size_t n = 0;
  for (;;) {
    const std::size_t room = limits::reply_wire_bytes - n - line_overhead;
    const std::size_t break_at = rest.find('\n');
    const byte_view line =
        utf8::cut(rest.substr(0, break_at), std::min(room, limits::reply_line_bytes - line_overhead));
    rest.remove_prefix(break_at == byte_view::npos ? rest.size() : break_at + 1);
    const bool last = break_at == byte_view::npos || room < line.size() + 2 * line_overhead;

    n += put_number(r.code, out.data() + n);
    out[n++] = last ? ' ' : '-';
    if (with_status) n += put_status(status, out.data() + n);
    for (char c : line) out[n++] = harmless(c, form.utf8);
    out[n++] = '\r';
    out[n++] = '\n';
    if (last) return n;
  }
}

enhanced_status take_enhanced_status(byte_view& text, std::uint16_t code) {
  const unsigned klass = code / 100U;
  if (klass != 2 && klass != 4 && klass != 5) return {};
  if (text.empty() || text.front() != static_cast<char>('0' + klass)) return {};
  byte_view rest = text.substr(1);
  enhanced_status s{static_cast<std::uint8_t>(klass), 0, 0};
  if (!take_dot(rest) || !take_number(rest, s.subject) || !take_dot(rest) || !take_number(rest, s.detail)) return {};
  if (!rest.empty() && !ascii::is_blank(rest.front())) return {};
  if (!rest.empty()) rest.remove_prefix(1);
  text = rest;
  return s;
}

}  // namespace sluice::smtp
