// Tokens of a text that read as digits: figures, words for digits, letters that look like them. Part of detect_phone.
#pragma once
#include <array>

#include "core/ascii.hpp"
#include "inspect/digit_words.hpp"
#include "inspect/octet_class.hpp"

namespace sluice::inspect::phone {

// Nothing is set until a token is read: most texts have few of max_atoms.
struct atom {
  std::uint16_t begin, end;
  std::array<char, 20> digits;
  std::uint8_t count;
  std::uint8_t letters;  // letters read as digits
  std::uint8_t spelled;  // digits that were words
  bool readable;         // false: a word or an identifier, only a boundary
  bool has_digit;
};

inline char letter_digit(char c) {
  switch (c) {
    case 'O':
    case 'o':
    case 'Q': return '0';
    case 'I':
    case 'l':
    case 'i': return '1';
    case 'Z':
    case 'z': return '2';
    case 'S':
    case 's': return '5';
    case 'B': return '8';
    case 'g': return '9';
    default: return 0;
  }
}

inline bool word_octet(char c) { return octet::is(c, octet::alnum | octet::high); }

// Reads one token as digits; leaves `readable` false when something in it is not.
inline void read_token(byte_view token, atom& out) {
  bool digits = false;
  for (char c : token) digits |= octet::is(c, octet::digit);
  out.has_digit = digits;
  if (token.size() > 60) return;
  for (std::size_t i = 0; i < token.size();) {
    if (out.count == out.digits.size()) return;
    if (ascii::is_digit(token[i])) {
      out.digits[out.count++] = token[i++];
      continue;
    }
    const digit_word* match = digit_word_at(token.substr(i));
    if (match != nullptr) {
      out.digits[out.count++] = match->digit;
      ++out.spelled;
      i += match->text.size();
      continue;
    }
    const char as_digit = letter_digit(token[i]);
    if (as_digit == 0 || !digits) return;
    out.digits[out.count++] = as_digit;
    ++out.letters;
    ++i;
  }
  out.readable = out.count > 0;
}

// The keys of a telephone: "FLOWERS" is 3569377.
inline char key_digit(char c) { return ascii::is_digit(c) ? c : "22233344455566677778889999"[octet::lower(c) - 'a']; }

}  // namespace sluice::inspect::phone
