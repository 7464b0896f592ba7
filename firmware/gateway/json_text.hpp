// Writing JSON by hand where a line is put together from few fields.
#pragma once
#include <string>
#include <string_view>

namespace sluice::gateway {

// `text` as a JSON string with quotes (RFC 8259 section 7). What is not UTF-8 becomes U+FFFD; control and bidi
// characters are escaped, so that the line can be shown on a terminal.
std::string json_string(std::string_view text);

}  // namespace sluice::gateway
