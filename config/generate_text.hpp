// What the generated documents have in common: defaults in words, headings, wrapped lines. Used by generate_*.cpp only.
#pragma once
#include <string>
#include <string_view>

#include "config/schema.hpp"

namespace sluice::config {

std::string default_text(const table& t, const key& k);  // "\"30s\"", "the system's host name", "required", "none"
std::string heading(const table& t);                     // "[deadline]", "[[route]]", "Top level"
std::string sample(const table& t, const key& k);        // TOML value for a key that has no default of its own
std::string_view type_word(value_kind kind);             // "duration"
std::string range_or_choices(const key& k);              // "1s to 1h", "off, starttls, implicit", ""
// `text` in lines of at most `width`, each after `prefix`, with a line end.
std::string wrapped(std::string_view text, std::string_view prefix, std::size_t width);

}  // namespace sluice::config
