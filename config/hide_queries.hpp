// The values of a web address's query may be a secret of its server ([management.pull] url): those who may read a configuration
// without being administrators get its text, and differences, without them.
#pragma once
#include <string>
#include <string_view>

namespace sluice::config {

// What stands for such a value; parse_web_address() refuses it, so that nobody pushes a text that they got without its secrets.
inline constexpr std::string_view hidden_value = "<hidden>";

// `text`, TOML or a piece of it, with the values behind every '?' replaced; names before a '=' stay. In comments too, and where an
// escape of TOML stands for the '?'. A '?' that ends a word is a question mark.
std::string hide_queries(std::string_view text);

}  // namespace sluice::config
