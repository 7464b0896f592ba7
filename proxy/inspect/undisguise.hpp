// Words whose letters were swapped for others: "p4yment", "biIIing", "urgeeeent". Part of scan_text.
#pragma once
#include <cstdint>

#include "core/ascii.hpp"
#include "inspect/lexicon.hpp"

namespace sluice::inspect {

// The letter that a digit stands for; 1 is l or, as variant 1, i.
inline char letter_for(char c, int variant) {
  switch (c) {
    case '0': return 'o';
    case '1': return variant == 0 ? 'l' : 'i';
    case '3': return 'e';
    case '4': return 'a';
    case '5': return 's';
    case '7': return 't';
    case '8': return 'b';
    default: return c;
  }
}

// Reads digits as the letters they stand for, capital I inside a word as l, and stretched letters once; the id of the word
// that results, 0 when the lexicon has none. `word`: at most lexicon::word_bytes octets.
inline std::uint16_t undisguise(byte_view word, const lexicon& words, bool digit, bool stretched) {
  std::size_t letters = 0;
  for (char c : word) letters += ascii::is_alpha(c);
  if (letters < 2) return 0;
  for (int variant = 0; variant < (digit ? 2 : 1); ++variant) {
    char lower[lexicon::word_bytes];
    std::size_t n = 0;
    for (std::size_t i = 0; i < word.size() && n < sizeof lower; ++i) {
      char c = word[i];
      if (c == '\'') continue;
      c = c == 'I' && i > 0 ? 'l' : letter_for(ascii::lower(c), variant);
      if (stretched && n >= 2 && c == lower[n - 1] && c == lower[n - 2]) continue;
      lower[n++] = c;
    }
    if (const std::uint16_t id = words.word({lower, n})) return id;
  }
  return 0;
}

}  // namespace sluice::inspect
