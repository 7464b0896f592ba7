// Telephone numbers in Chinese numerals, one for each digit: a long run of them is folded to digits. Part of fold.
#pragma once
#include <cstddef>
#include <cstdint>

#include "inspect/fold.hpp"

namespace sluice::inspect {

char han_digit(std::uint32_t code_point);  // that a numeral stands for, NUL for any other letter

class han_run {
 public:
  // A numeral was put at the end of `out`, three octets. One blank or hyphen may stand between two of a run.
  void take(folded& out);

  bool any() const { return count_ != 0; }
  bool ends_at(std::size_t size) const { return count_ != 0 && end_ == size; }

  // No more will follow: seven or more become digits.
  void finish(folded& out);

 private:
  static constexpr std::size_t letter = 3, least = 7;  // octets; numerals

  std::uint16_t begin_ = 0, end_ = 0, count_ = 0;
};

}  // namespace sluice::inspect
