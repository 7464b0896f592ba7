// Everything the status surfaces show, as plain values taken at one moment. Filled by the gateway, turned into text by
// page.cpp (HTML), metrics.cpp (Prometheus) and report.cpp (JSON). Texts of strangers are raw here and escaped there.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "status/history.hpp"

namespace sluice::status {

struct budget_gauge {
  std::string name;  // "mail sessions"
  std::string unit;  // "sessions", "bytes"
  std::uint64_t used = 0, peak = 0, limit = 0, refused = 0;
};

struct counter_value {
  std::string_view name, help;  // static
  std::uint64_t value = 0;
};

struct downstream_host {
  std::string host, state, offers, last_error;
  std::int64_t since = 0;
};

struct certificate {
  std::string subject, type;
  std::int64_t not_after = 0;
};

struct snapshot {
  std::string version, hostname;
  std::int64_t now = 0, started = 0;  // UTC seconds
  std::uint64_t generation = 0;
  std::uint64_t sessions = 0, held_messages = 0;
  std::uint64_t resident_bytes = 0, budget_bytes = 0;
  std::vector<counter_value> counters;
  std::vector<budget_gauge> budgets;
  std::vector<downstream_host> hosts;
  std::vector<certificate> certificates;
  std::vector<history_entry> messages;  // newest first
  std::vector<std::int64_t> loop_lag_ms;
  std::int64_t storage_busy_ms = 0;
};

std::string page_of(const snapshot& s);     // text/html; charset=utf-8
std::string metrics_of(const snapshot& s);  // text/plain; version=0.0.4
std::string report_of(const snapshot& s);   // application/json
std::string_view style_sheet();             // text/css

}  // namespace sluice::status
