// Elements that several views share, beyond frame.hpp. Arguments named `text` are escaped here.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "status/history.hpp"

namespace sluice::status {

std::string duration_of(std::int64_t seconds);  // "3 d 4 h", as app.js writes it
// A bar of `value` out of `most`, its last tenth in red.
std::string meter_of(std::string_view label_text, std::uint64_t value, std::uint64_t most);

// A message of the history as a row, and the table of such rows.
std::string message_row(const history_entry& m);
std::string message_table(const std::string& rows, std::string_view empty_text);

}  // namespace sluice::status
