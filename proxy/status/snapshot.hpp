// Everything the status surfaces show, as plain values taken at one moment. Filled by the gateway, turned into text by
// pages/ (HTML), metrics.cpp (Prometheus) and report.cpp (JSON). Texts of strangers are raw here and escaped there.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "hal/include/hal/device.hpp"
#include "hal/include/hal/files.hpp"
#include "status/history.hpp"
#include "status/message_meter.hpp"
#include "status/traffic.hpp"

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
  std::string fingerprint;  // the first 16 digits
};

struct acme_facts {
  bool wanted = false;
  std::uint64_t issued = 0, failed = 0, failures = 0;  // orders since the start; failures in a row
  std::int64_t next = 0;                               // UTC seconds; 0: not known, or an order is under way
};

struct process_facts {
  double cpu_seconds = 0;
  std::uint64_t virtual_bytes = 0, open_fds = 0, max_fds = 0;
};

struct quarantine_facts {
  std::uint64_t messages = 0, bytes = 0;
  std::vector<std::pair<std::string_view, std::uint64_t>> recipients;  // by state: "held" and so on
  std::int64_t oldest = 0;                    // UTC seconds; 0: none
};

struct syslog_facts {
  bool wanted = false, connected = false;
  std::uint64_t sent = 0, lost = 0;
};

struct test_mail_facts {
  bool sent = false, good = false;  // the last run of them
  std::int64_t when = 0;            // UTC seconds
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
  std::vector<history_entry> messages;  // newest first; filled by who shows them
  traffic_view hour;                    // mail of the last hour
  hal::device_health device;
  hal::volume_space data;               // where data_directory lies; total 0: not known yet
  bool checks_senders = false, dns_answers = true;
  std::vector<std::int64_t> loop_lag_ms;
  std::int64_t storage_busy_ms = 0;
  // For the metrics and the support bundle.
  message_figures mail;
  quarantine_facts quarantine;
  process_facts process;
  syslog_facts syslog;
  acme_facts acme;
  test_mail_facts test_mails;
  std::uint64_t spool_written_today = 0;
  std::int64_t confirm_until = 0;  // UTC seconds; 0: no generation waits for its confirm
};

struct principal;
std::string overview_page(const snapshot& s, const principal& who);  // text/html; charset=utf-8
enum class metrics_format : std::uint8_t { text, open_metrics };
std::string metrics_of(const snapshot& s, metrics_format f = metrics_format::text);
std::string_view content_type_of(metrics_format f);
metrics_format metrics_format_for(std::string_view accept);  // of the field Accept
std::string report_of(const snapshot& s);   // application/json
std::string message_json(const history_entry& m);  // one of its messages

inline constexpr std::size_t overview_messages = 6;

}  // namespace sluice::status
