// How much of a message is its sender's template and what is not: measures visible text against a profile's skeletons
// while it streams. One part at a time; fixed state, no heap.
//
// A word is the template's when it lies in a run of three that a skeleton knows. Words that vary by nature (numbers,
// addresses) count for neither side.
#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "core/text.hpp"
#include "inspect/language.hpp"
#include "inspect/skeleton.hpp"
#include "inspect/word_reader.hpp"

namespace sluice::inspect {

struct conformance {
  bool measured = false;        // there were skeletons to compare with, and words
  bool locale_known = false;    // one of them is in the text's language
  std::uint16_t part = 0;
  std::uint32_t words = 0;      // without those that vary
  std::uint32_t own = 0;        // the template's
  std::uint32_t longest = 0;    // words of the longest run that is not the template's
  std::uint32_t floor = 0;      // of the skeleton in the text's language; 0 when there is none
  std::uint32_t usual_longest = 0;
  std::uint32_t samples = 0;
  fixed_string<4> language;     // of the text, empty when it cannot be told
  fixed_string<80> foreign;     // that run's beginning, words in lower case

  std::uint32_t percent() const { return words == 0 ? 100 : own * 100 / words; }
};

class conformance_meter {
 public:
  void begin(std::span<const skeleton> known, std::uint16_t part);
  // `doubtful`: words that are the template's do not count, others do.
  void feed(byte_view text, bool doubtful = false);
  conformance end();

 private:
  struct waiting {
    fixed_string<20> text;
    bool own = false, varies = false, doubtful = false;
  };
  void take(const word& w, bool doubtful);
  void settle(const waiting& w);
  void close_run();

  std::span<const skeleton> known_;
  word_reader reader_;
  language_counter language_;
  std::array<waiting, shingle_words> last_;        // ring: the words of the latest shingle
  std::array<std::uint32_t, shingle_words> hash_{};
  std::uint32_t taken_ = 0;
  std::uint32_t run_ = 0;                          // words of the present foreign run
  fixed_string<80> run_text_;
  conformance result_;
};

}  // namespace sluice::inspect
