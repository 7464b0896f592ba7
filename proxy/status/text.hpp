// Escaping for the three surfaces. Control and bidirectional characters of strangers become visible escapes everywhere
// (P5): a page must not be turned around by a subject.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::status {

std::string html(std::string_view text);
std::string json(std::string_view text);   // with quotes
std::string label(std::string_view text);  // Prometheus label value, without quotes
std::string utc(std::int64_t unix_seconds);  // "2026-11-23 20:44:33Z"
std::string bytes(std::uint64_t n);          // "8.0 MiB"

}  // namespace sluice::status
