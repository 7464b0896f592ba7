// Times as text for people and files (RFC 3339).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::gateway {

// "2026-11-23T12:00:00Z" or with an offset; fractions of a second are dropped. Seconds since 1970.
bool parse_rfc3339(std::string_view text, std::int64_t& out);

}  // namespace sluice::gateway
