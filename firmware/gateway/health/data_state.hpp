// What the start of the machine found of the partition of data_directory, told by the supervisor (SLUICE_DATA_STATE). Anything
// but "ok": data_directory lies in memory, ends with this start, and nothing may be answered 250 because it lies there.
#pragma once
#include <cstdint>
#include <string>

#include "config/model.hpp"

namespace sluice::gateway {

// "corrupt", "missing", "read-only"; empty: it is fine, or nobody looked.
const std::string& data_trouble();

inline constexpr std::uint64_t trace_octets_in_memory = 1 << 20;

// For people, with what becomes of mail that should be held.
std::string data_trouble_text(const config::model& m);

}  // namespace sluice::gateway
