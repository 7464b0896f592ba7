// Digits written as words, in the languages of the lexicon: "five", "sieben", "nueve". One table look-up decides for
// nearly every other word that it is none. Used by scan_text and detect_phone.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>

#include "core/bytes.hpp"
#include "inspect/letter_block.hpp"
#include "inspect/octet_class.hpp"

namespace sluice::inspect {

struct digit_word {
  byte_view text;
  char digit;
};
// Ordered by the first letter.
inline constexpr digit_word digit_words[] = {
    {"acht", '8'},   {"cero", '0'},    {"cinco", '5'},  {"cinq", '5'},    {"cinque", '5'}, {"cuatro", '4'}, {"deux", '2'},  {"dois", '2'},
    {"dos", '2'},    {"drei", '3'},    {"due", '2'},    {"eight", '8'},   {"eins", '1'},   {"five", '5'},   {"four", '4'},  {"fuenf", '5'},
    {"funf", '5'},   {"huit", '8'},    {"neuf", '9'},   {"neun", '9'},    {"nine", '9'},   {"nove", '9'},   {"nueve", '9'}, {"null", '0'},
    {"ocho", '8'},   {"oh", '0'},      {"oito", '8'},   {"one", '1'},     {"otto", '8'},   {"quatre", '4'}, {"quatro", '4'}, {"quattro", '4'},
    {"sechs", '6'},  {"sei", '6'},     {"seis", '6'},   {"sept", '7'},    {"sete", '7'},   {"sette", '7'},  {"seven", '7'}, {"sieben", '7'},
    {"siete", '7'},  {"six", '6'},     {"three", '3'},  {"tre", '3'},     {"tres", '3'},   {"trois", '3'},  {"two", '2'},   {"um", '1'},
    {"un", '1'},     {"uno", '1'},     {"vier", '4'},   {"zero", '0'},    {"zwei", '2'},   {"zwo", '2'}};

struct digit_word_index {
  std::array<std::uint8_t, 27> first{};         // of each letter; the last entry ends 'z'
  std::array<std::uint32_t, 26> seconds{};      // letters that may follow
  std::array<std::uint32_t, 26 * 26> thirds{};  // and behind each two; all bits: the two are a word
};
constexpr digit_word_index index_digit_words() {
  digit_word_index made;
  std::size_t i = 0;
  for (std::size_t letter = 0; letter < 26; ++letter) {
    made.first[letter] = static_cast<std::uint8_t>(i);
    for (; i < std::size(digit_words) && digit_words[i].text[0] == static_cast<char>('a' + letter); ++i) {
      const byte_view text = digit_words[i].text;
      made.seconds[letter] |= 1u << (text[1] - 'a');
      const std::size_t two = letter * 26 + static_cast<std::size_t>(text[1] - 'a');
      made.thirds[two] |= text.size() > 2 ? 1u << (text[2] - 'a') : ~0u;  // "un" may go on as anything: "undos"
    }
  }
  made.first[26] = static_cast<std::uint8_t>(i);
  return made;
}
inline constexpr digit_word_index digit_words_by_letter = index_digit_words();
static_assert(digit_words_by_letter.first[26] == std::size(digit_words));

// False for most texts that do not start with a digit word.
inline bool may_be_digit_word(byte_view text) {
  if (text.size() < 2) return false;
  const unsigned a = static_cast<unsigned char>(octet::lower(text[0])) - 'a', b = static_cast<unsigned char>(octet::lower(text[1])) - 'a';
  return a < 26 && b < 26 && (digit_words_by_letter.seconds[a] >> b & 1) != 0;
}

// The same, nearly exact, for the first block of a lower-case word of at least two ASCII letters.
inline bool starts_digit_word(std::uint64_t block) {
  const unsigned a = static_cast<unsigned>(block & 0xFF) - 'a', b = static_cast<unsigned>(block >> 8 & 0xFF) - 'a', c = static_cast<unsigned>(block >> 16 & 0xFF) - 'a';
  return (digit_words_by_letter.thirds[a * 26 + b] >> (c & 31) & 1) != 0;
}
inline bool may_be_digit_word(std::uint64_t block) {
  const unsigned a = static_cast<unsigned>(block & 0xFF) - 'a', b = static_cast<unsigned>(block >> 8 & 0xFF) - 'a';
  return a < 26 && b < 26 && starts_digit_word(block);
}

// The longest digit word that `text` starts with, in any case; null when there is none.
inline const digit_word* digit_word_at(byte_view text) {
  if (!may_be_digit_word(text)) return nullptr;
  const auto letter = static_cast<std::size_t>(octet::lower(text[0]) - 'a');
  const digit_word* best = nullptr;
  for (std::size_t i = digit_words_by_letter.first[letter]; i < digit_words_by_letter.first[letter + 1]; ++i) {
    const digit_word& word = digit_words[i];
    if (ascii::istarts_with(text, word.text) && (best == nullptr || word.text.size() > best->text.size())) best = &word;
  }
  return best;
}

// The words again, as the blocks of octets that lower-case text is compared with; none is longer than a block.
struct digit_word_block {
  std::uint64_t letters = 0, mask = 0;
};
constexpr std::array<digit_word_block, std::size(digit_words)> make_digit_word_blocks() {
  std::array<digit_word_block, std::size(digit_words)> made{};
  for (std::size_t i = 0; i < made.size(); ++i) {
    const byte_view text = digit_words[i].text;
    for (std::size_t k = 0; k < text.size(); ++k) made[i].letters |= std::uint64_t{static_cast<unsigned char>(text[k])} << (8 * k);
    made[i].mask = first_octets(static_cast<unsigned>(text.size()));
  }
  return made;
}
inline constexpr auto digit_word_blocks = make_digit_word_blocks();

// The number of digits in a lower-case word that consists of digit words only ("fivefive"); 0 for any other. Eight octets
// behind the word can be read.
inline std::size_t spelled_digits(byte_view word) {
  std::size_t digits = 0;
  while (!word.empty()) {
    const std::uint64_t block = load_block(word.data());
    const unsigned letter = static_cast<unsigned>(block & 0xFF) - 'a';
    if (letter >= 26) return 0;
    std::size_t best = 0;
    for (std::size_t i = digit_words_by_letter.first[letter]; i < digit_words_by_letter.first[letter + 1]; ++i) {
      const digit_word_block& known = digit_word_blocks[i];
      if ((block & known.mask) == known.letters) best = std::max(best, digit_words[i].text.size());
    }
    if (best == 0 || best > word.size()) return 0;
    word.remove_prefix(best);
    ++digits;
  }
  return digits;
}

}  // namespace sluice::inspect
