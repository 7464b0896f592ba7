// The second view of a text: what a reader takes it for. Compatibility forms (full width, mathematical, keycaps) become
// plain, look-alike letters of other scripts become the ASCII letter they imitate, accents go, invisible characters
// go, text between a right-to-left override and its end is put in the order in which it is shown. Case stays.
//
// Every folded octet knows the raw octet it came from, so that a finding can quote the raw words. How much had to be
// done is counted: the difference of the views is evidence itself. UTS #39 (confusables), UAX #15 (NFKD), UAX #9 (bidi
// controls). Bounded: input and output are cut at fold_limit octets.
#pragma once
#include <array>
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::inspect {

inline constexpr std::size_t fold_limit = 1280;

// Control characters that stand for classes of symbols in the folded text.
namespace mark {
inline constexpr char symbol = '\x01';    // any other symbol or emoji
inline constexpr char phone = '\x02';     // telephone signs and mobile phones
inline constexpr char currency = '\x03';  // currency signs other than $
inline constexpr char pointer = '\x04';   // arrows and pointing hands
}  // namespace mark

struct fold_counts {
  std::uint16_t invisible = 0;   // zero-width, soft hyphen, variation selector, tag: between two letters or digits
  std::uint16_t split = 0;       // of these, before a letter or digit that reads as ASCII: no script needs them there
  std::uint16_t bidi = 0;        // overrides and isolates
  std::uint16_t overridden = 0;  // runs that were reversed
  std::uint16_t lookalike = 0;   // letters of another script in words that also have ASCII letters, or a whole word of them
  std::uint16_t mixed_words = 0;   // words that mix ASCII letters with look-alikes
  std::uint16_t styled = 0;      // letters or digits in mathematical, circled, squared, full-width or keycap form
  std::uint16_t marks = 0;       // combining marks on ASCII letters beyond what languages use
  bool plain_ascii = true;       // nothing above ASCII was seen
};

// How a folded octet came about; bits.
namespace how {
inline constexpr std::uint8_t styled = 1;     // mathematical, full width, keycap, digits of another script
inline constexpr std::uint8_t lookalike = 2;  // letter of another script
inline constexpr std::uint8_t marked = 4;     // a combining mark of its own was taken off
inline constexpr std::uint8_t hidden = 8;     // invisible characters stood before it, inside the word
inline constexpr std::uint8_t reversed = 16;  // in a right-to-left override
}  // namespace how

struct folded {
  std::array<char, fold_limit> text;
  std::array<std::uint8_t, fold_limit> how;    // not filled when everything was plain ASCII
  std::array<std::uint16_t, fold_limit> from;  // raw offset of each folded octet; not filled then either
  std::uint16_t size = 0;
  std::uint16_t raw_size = 0;
  std::uint8_t any_how = 0;  // all bits of how
  fold_counts counts;

  byte_view view() const { return {text.data(), size}; }
  // All bits of how over folded [begin, end).
  std::uint8_t how_of(std::size_t begin, std::size_t end) const {
    std::uint8_t all = 0;
    if (any_how == 0) return all;
    for (std::size_t i = begin; i < end && i < size; ++i) all = static_cast<std::uint8_t>(all | how[i]);
    return all;
  }
  // Raw offset of a folded octet.
  std::size_t at(std::size_t i) const { return counts.plain_ascii ? i : from[i]; }
  // Raw octets behind folded [begin, end).
  byte_view raw(byte_view source, std::size_t begin, std::size_t end) const;
};

// `source` is UTF-8; malformed octets count as symbols. No heap.
void fold(byte_view source, folded& out);

// ASCII look-alike of a code point, empty when it has none.
byte_view lookalike_of(std::uint32_t code_point);

}  // namespace sluice::inspect
