// RFC 3461 4: xtext = *( xchar / hexchar ), hexchar = "+" 2HEXDIG in upper case; lower case is read as well.
#include "smtp/xtext.hpp"

#include "core/hex_digit.hpp"

namespace sluice::smtp {
namespace {

bool is_xchar(char c) { return c >= '!' && c <= '~' && c != '+' && c != '='; }

// Value of "+HH" at `i`, or -1.
int hexchar_at(byte_view text, std::size_t i) {
  if (text[i] != '+' || text.size() - i < 3) return -1;
  const int high = ascii::hex_value(text[i + 1]), low = ascii::hex_value(text[i + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace

bool is_xtext(byte_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_xchar(text[i])) continue;
    if (hexchar_at(text, i) < 0) return false;
    i += 2;
  }
  return true;
}

bool write_xtext(byte_view text, byte_span out, std::size_t& at) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::size_t n = at;
  for (char c : text) {
    if (is_xchar(c)) {
      if (n >= out.size()) return false;
      out[n++] = c;
      continue;
    }
    if (out.size() - n < 3) return false;
    const auto octet = static_cast<unsigned char>(c);
    out[n++] = '+';
    out[n++] = digits[octet >> 4];
    out[n++] = digits[octet & 15];
  }
  at = n;
  return true;
}

byte_span decode_xtext_in_place(byte_span text) {
  if (!is_xtext({text.data(), text.size()})) return {};
  std::size_t n = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int decoded = hexchar_at({text.data(), text.size()}, i);
    if (decoded >= 0) i += 2;
    text[n++] = decoded >= 0 ? static_cast<char>(decoded) : text[i];
  }
  return text.first(n);
}

}  // namespace sluice::smtp
