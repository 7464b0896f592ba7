// Every metric there is, with its kind and meaning: the source of the HELP and TYPE lines and of firmware/docs/metrics.md.
// Names and labels are stable: dashboards and alarms of others use them. To add one: a row here, a line in metrics.cpp.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sluice::status {

enum class metric_kind : std::uint8_t { counter, gauge, histogram };

struct metric_row {
  std::string_view name;    // of the family; counters end in _total, and have the unit before that
  metric_kind kind;
  std::string_view labels;  // "host", "outcome, verdict"; empty: one value
  std::string_view help;    // one sentence
  std::string_view bound;   // how many label values there can be; empty without labels
};

std::span<const metric_row> metric_table();  // without the counters of core/stats.hpp
const metric_row* find_metric(std::string_view name);

// The name of a counter of core/stats.hpp as a metric: "forwarded" -> "sluice_forwarded_total".
std::string counter_metric(std::string_view counter_name);

// firmware/docs/metrics.md; a test compares the file with this.
std::string metrics_reference();

}  // namespace sluice::status
