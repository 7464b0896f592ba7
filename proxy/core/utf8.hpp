// Decoding of one UTF-8 character (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::utf8 {

struct decoded {
  char32_t code;        // U+FFFD when not valid
  std::uint8_t length;  // octets consumed, at least 1
  bool valid;
};

// `in` must not be empty. An invalid lead octet or a broken sequence consumes one octet.
constexpr decoded decode(std::string_view in) {
  const auto b0 = static_cast<unsigned char>(in[0]);
  if (b0 < 0x80) return {b0, 1, true};
  const int n = b0 >= 0xf0 ? 4 : b0 >= 0xe0 ? 3 : 2;
  if (b0 < 0xc2 || b0 > 0xf4 || in.size() < static_cast<std::size_t>(n)) return {0xfffd, 1, false};
  char32_t code = b0 & (0xff >> (n + 1));
  for (int i = 1; i < n; ++i) {
    const auto b = static_cast<unsigned char>(in[static_cast<std::size_t>(i)]);
    if ((b & 0xc0) != 0x80) return {0xfffd, 1, false};
    code = (code << 6) | (b & 0x3f);
  }
  const bool overlong = (n == 3 && code < 0x800) || (n == 4 && code < 0x10000);
  if (overlong || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {0xfffd, 1, false};
  return {code, static_cast<std::uint8_t>(n), true};
}

// The longest prefix of at most `max` octets that does not end inside a character.
constexpr std::string_view cut(std::string_view in, std::size_t max) {
  if (in.size() <= max) return in;
  while (max > 0 && (static_cast<unsigned char>(in[max]) & 0xc0) == 0x80) --max;
  return in.substr(0, max);
}

// Copies `in` to `out`, which has `room` octets (at least 16); what does not fit is left out of its middle, between characters, for
// one blank. Returns the octets written. Who pads a text hides its end as easily as its beginning.
inline std::size_t keep_ends(std::string_view in, char* out, std::size_t room) {
  if (in.size() <= room) return static_cast<std::size_t>(std::copy(in.begin(), in.end(), out) - out);
  const std::string_view head = cut(in, room / 2);
  std::size_t from = in.size() - (room - room / 2 - 1);
  while (from < in.size() && (static_cast<unsigned char>(in[from]) & 0xc0) == 0x80) ++from;
  char* to = std::copy(head.begin(), head.end(), out);
  *to++ = ' ';
  const std::string_view tail = in.substr(from);
  return static_cast<std::size_t>(std::copy(tail.begin(), tail.end(), to) - out);
}

}  // namespace sluice::utf8
