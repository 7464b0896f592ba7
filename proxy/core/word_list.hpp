// Lists of words in one string (" one two "): no pointers, which a position-independent program pays for one by one.
#pragma once
#include <string_view>

#include "core/ascii.hpp"

namespace sluice {

// Where `word` stands in the list, without regard to ASCII case; npos when it does not.
constexpr std::size_t find_word(std::string_view list, std::string_view word) {
  for (std::size_t at = 1; at < list.size();) {
    const std::size_t end = list.find(' ', at);
    if (ascii::iequals(list.substr(at, end - at), word)) return at;
    at = end + 1;
  }
  return std::string_view::npos;
}

}  // namespace sluice
