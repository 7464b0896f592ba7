// Which language a text is in, by its most frequent small words: good enough to choose a template's locale, not more. A
// few counters per text; no heap. Unknown (empty) when too few small words were seen or two languages are even.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::inspect {

inline constexpr std::size_t languages = 12;

class language_counter {
 public:
  void reset() { *this = {}; }
  void count(byte_view word);  // one word, ASCII letters in lower case
  // "en", "de", ...; by script "ja", "zh", "ko", "ru"; empty when it cannot be told.
  byte_view name() const;

 private:
  std::array<std::uint16_t, languages> seen_{};
  std::uint16_t words_ = 0;
  std::uint16_t kana_ = 0, han_ = 0, hangul_ = 0, cyrillic_ = 0;
};

}  // namespace sluice::inspect
