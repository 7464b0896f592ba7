// How `sluice scan` shows results: for people, as JSON lines, as a table.
#pragma once
#include <string>

#include "firmware/scan/scan_message.hpp"

namespace sluice::gateway {

enum class scan_form { people, json, tsv };

// One message. `explain`: also findings that changed nothing, the profile and what rules mean. `colour_on`: for people.
std::string format_result(const scan::scan_result& result, scan_form form, bool explain, bool colour_on);

// The header line of the table; empty for other forms.
std::string format_heading(scan_form form);

}  // namespace sluice::gateway
