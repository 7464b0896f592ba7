// Classes of octets in folded text, one table look-up each: the detectors ask for every octet of the body.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/ascii.hpp"

namespace sluice::inspect::octet {

inline constexpr std::uint8_t digit = 1;
inline constexpr std::uint8_t alpha = 2;
inline constexpr std::uint8_t high = 4;         // of a UTF-8 sequence
inline constexpr std::uint8_t apostrophe = 8;
inline constexpr std::uint8_t host = 16;        // letters, digits, '-', '_'
inline constexpr std::uint8_t capital_i = 32;
inline constexpr std::uint8_t joint = 64;       // what holds host names and addresses together, but '-'
inline constexpr std::uint8_t alnum = digit | alpha;
inline constexpr std::uint8_t word = alnum | high | apostrophe;

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    std::uint8_t bits = 0;
    if (ascii::is_digit(c)) bits = digit | host;
    if (ascii::is_alpha(c)) bits = alpha | host;
    if (c == '-' || c == '_') bits = host;
    if (c == '\'') bits = apostrophe;
    if (c == 'I') bits |= capital_i;
    if (c == '.' || c == ',' || c == '@' || c == ':' || c == '[' || c == '(' || c == '{') bits = joint;
    if (i >= 0x80) bits = high;
    table[i] = bits;
  }
  return table;
}

constexpr std::array<char, 256> make_lower() {
  std::array<char, 256> table{};
  for (unsigned i = 0; i < 256; ++i) table[i] = ascii::lower(static_cast<char>(i));
  return table;
}

inline constexpr std::array<std::uint8_t, 256> classes = make_classes();
inline constexpr std::array<char, 256> lower_case = make_lower();

constexpr std::uint8_t of(char c) { return classes[static_cast<unsigned char>(c)]; }
constexpr bool is(char c, std::uint8_t bits) { return (of(c) & bits) != 0; }
constexpr char lower(char c) { return lower_case[static_cast<unsigned char>(c)]; }

// Offset of the first digit at or behind `from`; text.size() when there is none. Eight octets at a time.
inline std::size_t next_digit(std::string_view text, std::size_t from) {
  constexpr std::uint64_t top = 0x8080808080808080u, rest = 0x7F7F7F7F7F7F7F7Fu;
  while (from + 8 <= text.size()) {
    std::uint64_t block;
    std::memcpy(&block, text.data() + from, sizeof block);
    block ^= 0x3030303030303030u;  // digits become 0..9
    if ((~(((block & rest) + 0x7676767676767676u) | block) & top) != 0) break;
    from += 8;
  }
  while (from < text.size() && !is(text[from], digit)) ++from;
  return from;
}

}  // namespace sluice::inspect::octet
