// The format of everything in data_directory, as one number, so that an older system never meets what it cannot read
// (firmware/docs/adr/0021). A system says which format it writes and the highest it reads; an update is refused when it writes
// what the running one could not read back. Raised in two steps: first a release that reads it, then one that writes it.
#pragma once
#include <string>

#include "hal/include/hal/files.hpp"

namespace sluice::gateway {

inline constexpr unsigned data_format_written = 1;
inline constexpr unsigned data_format_read = 1;  // DATA_FORMAT in /etc/sluice/release

// At the start, before anything there is opened: empty, or why this program must leave the directory alone. Writes
// `directory`/format when it is missing or lower.
std::string claim_data_format(hal::files& files, const std::string& directory);

}  // namespace sluice::gateway
