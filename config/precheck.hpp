// Looks at the raw bytes before the TOML parser does. toml++ 3.4 reaches undefined behaviour on some malformed inputs
// (a key that starts outside ASCII, control bytes after "[") and recurses with the nesting, so what it is given is made
// harmless here: size, UTF-8, control bytes, bytes outside ASCII other than in strings and comments, nesting, dots.
#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "config/toml_reader.hpp"

namespace sluice::config {

inline constexpr unsigned max_nesting = 8;  // open brackets and braces; the schema needs three
inline constexpr unsigned max_dots = 8;     // in one key; the schema needs two
inline constexpr std::size_t max_line_bytes = 16 * 1024;

// Empty when the text may be parsed. Columns count characters, as in the parser's own messages.
std::vector<problem> precheck(std::string_view text);

// True when a list or inline table that began above is still open where `line` (1-based) begins.
bool inside_brackets(std::string_view text, std::uint32_t line);

}  // namespace sluice::config
