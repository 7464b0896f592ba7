// One hexadecimal digit, in either case.
#pragma once
#include "core/ascii.hpp"

namespace sluice {

// 0 to 15; -1 when `c` is none.
constexpr int hex_value(char c) {
  if (ascii::is_digit(c)) return c - '0';
  c = ascii::lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace sluice
