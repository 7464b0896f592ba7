// Character references of HTML (WHATWG 13.2.5.72 and 13.5): the complete named list, and numeric ones with the
// windows-1252 remapping. Called by html_tokenizer.
#pragma once
#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::mime {

inline constexpr std::size_t longest_entity = 31;  // "CounterClockwiseContourIntegral"

struct entity_match {
  byte_view text;            // UTF-8, empty when nothing matches
  std::size_t length = 0;    // octets of the name that were used, without the ';'
};

// The entity of which `name` (what followed '&', letters and digits only) is the whole name when `semicolon` follows, or
// else the longest beginning that is valid without ';'.
entity_match find_entity(byte_view name, bool semicolon);

// What "&#code;" stands for.
char32_t numeric_entity(std::uint32_t code);

}  // namespace sluice::mime
