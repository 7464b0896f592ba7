// The TOML parser says where it stopped; this says what somebody who edits a configuration should change there.
#pragma once
#include <string_view>

#include "config/problem.hpp"

namespace sluice::config {

// `description` is the parser's own sentence. The key is taken from the line where that line has one.
problem explain_syntax(std::string_view text, position at, std::string_view description);

// The whole line (1-based) without its line end.
std::string_view line_of(std::string_view text, std::uint32_t line);

// True when the line can be left out and the rest still makes sense: one key and value, or a stray word.
bool can_be_skipped(std::string_view text, std::uint32_t line);

}  // namespace sluice::config
