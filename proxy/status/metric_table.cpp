#include "status/metric_table.hpp"

#include <algorithm>
#include <array>

#include "core/concat.hpp"
#include "core/stats.hpp"
#include "inspect/rules.hpp"
#include "status/message_meter.hpp"

namespace sluice::status {
namespace {

constexpr metric_row rows[] = {
    {"sluice_build_info", metric_kind::gauge, "version", "1, with the version of the program.", "1"},
    {"sluice_config_generation", metric_kind::gauge, "", "Number of the configuration in force.", ""},
    {"sluice_config_confirm_deadline_timestamp_seconds", metric_kind::gauge, "",
     "When an applied configuration is rolled back unless it is confirmed; 0 when none waits.", ""},
    {"sluice_sessions", metric_kind::gauge, "", "Mail sessions open now.", ""},
    {"sluice_messages_ended_total", metric_kind::counter, "outcome, verdict",
     "Messages by how they ended and by verdict, those that the client left included.", "7 x 5"},
    {"sluice_messages_by_tls_total", metric_kind::counter, "version", "Messages by the TLS version of their session.", "3"},
    {"sluice_messages_unscanned_total", metric_kind::counter, "cause", "Messages that could not be inspected completely, by cause.", "4"},
    {"sluice_messages_by_profile_total", metric_kind::counter, "profile, verdict",
     "Messages of known senders, by sender profile and verdict.", "profiles with a message, 64 and other, x 5"},
    {"sluice_findings_total", metric_kind::counter, "rule", "Findings in messages, by rule.", "the rules"},
    {"sluice_end_of_data_seconds", metric_kind::histogram, "", "Time from the end of a message to our reply to it.", ""},
    {"sluice_message_size_bytes", metric_kind::histogram, "", "Size of messages as they were received.", ""},
    {"sluice_budget_used", metric_kind::gauge, "budget, unit", "In use now, of a named budget.", "the budgets"},
    {"sluice_budget_peak", metric_kind::gauge, "budget, unit", "Most that was ever in use since the start.", "the budgets"},
    {"sluice_budget_limit", metric_kind::gauge, "budget, unit", "Most that may be in use.", "the budgets"},
    {"sluice_budget_refused_total", metric_kind::counter, "budget, unit", "Times that the budget was used up.", "the budgets"},
    {"sluice_downstream_up", metric_kind::gauge, "host", "1 when the mail server answered its last probe or delivery.", "the hosts of all routes"},
    {"sluice_downstream_since_timestamp_seconds", metric_kind::gauge, "host",
     "Since when the mail server is in that state.", "the hosts of all routes"},
    {"sluice_dns_up", metric_kind::gauge, "", "0 while no DNS server answers anything.", ""},
    {"sluice_dns_questions_total", metric_kind::counter, "", "Questions sent to DNS servers.", ""},
    {"sluice_dns_timeouts_total", metric_kind::counter, "", "Questions that no server answered in time.", ""},
    {"sluice_dns_failures_total", metric_kind::counter, "", "Questions that servers failed to answer or answered badly.", ""},
    {"sluice_dns_cache_hits_total", metric_kind::counter, "", "Questions answered from the cache.", ""},
    {"sluice_dns_cache_misses_total", metric_kind::counter, "", "Questions that were not in the cache.", ""},
    {"sluice_dns_outages_total", metric_kind::counter, "", "Times no DNS server answered anything any more.", ""},
    {"sluice_trace_records_total", metric_kind::counter, "", "Lines of the trace kept.", ""},
    {"sluice_trace_dropped_total", metric_kind::counter, "", "Lines of the trace lost because the disk was slow, full or broken.", ""},
    {"sluice_trace_written_bytes_total", metric_kind::counter, "", "Written to the disk for the trace.", ""},
    {"sluice_certificate_expiry_timestamp_seconds", metric_kind::gauge, "subject, type, fingerprint",
     "End of validity of a certificate in use.", "the certificates"},
    {"sluice_acme_orders_total", metric_kind::counter, "outcome", "Certificates ordered from the CA (ACME), by outcome; only with tls.acme.directory.", "2"},
    {"sluice_acme_failures", metric_kind::gauge, "", "Orders in a row that failed; only with tls.acme.directory.", ""},
    {"sluice_acme_next_order_timestamp_seconds", metric_kind::gauge, "",
     "When the next order is due; 0 while one is under way; only with tls.acme.directory.", ""},
    {"sluice_quarantine_messages", metric_kind::gauge, "", "Messages held in the quarantine.", ""},
    {"sluice_quarantine_bytes", metric_kind::gauge, "", "Size of the held messages.", ""},
    {"sluice_quarantine_recipients", metric_kind::gauge, "state", "Recipients of messages in the index, by state; at most two minutes old.", "6"},
    {"sluice_quarantine_oldest_timestamp_seconds", metric_kind::gauge, "", "When the oldest held message came; 0 when there is none.", ""},
    {"sluice_spool_written_today_bytes", metric_kind::gauge, "", "Written to the spool since midnight (UTC) or the start.", ""},
    {"sluice_event_loop_lag_seconds", metric_kind::gauge, "loop", "How late the timer of an event loop fired last.", "the loops"},
    {"sluice_storage_busy_seconds", metric_kind::gauge, "", "How long the storage thread has been at its present job.", ""},
    {"sluice_syslog_up", metric_kind::gauge, "", "1 while the syslog server is connected; only with [log.syslog].", ""},
    {"sluice_syslog_sent_total", metric_kind::counter, "", "Events given to the syslog server.", ""},
    {"sluice_syslog_lost_total", metric_kind::counter, "", "Events that found the syslog queue full.", ""},
    {"sluice_data_free_bytes", metric_kind::gauge, "", "Free space where data_directory is.", ""},
    {"sluice_data_size_bytes", metric_kind::gauge, "", "Size of the file system of data_directory.", ""},
    {"sluice_device_temperature_celsius", metric_kind::gauge, "", "The hottest temperature that the box tells.", ""},
    {"sluice_device_load1", metric_kind::gauge, "", "Load of the box in the last minute.", ""},
    {"sluice_device_memory_bytes", metric_kind::gauge, "", "Memory of the box.", ""},
    {"sluice_device_memory_available_bytes", metric_kind::gauge, "", "Memory of the box that is available to programs.", ""},
    {"sluice_device_boot_timestamp_seconds", metric_kind::gauge, "", "When the box was started.", ""},
    {"sluice_flash_life_used_ratio", metric_kind::gauge, "device", "Part of its life that the most worn flash says it has used, at most; in steps of 0.1.", "1"},
    {"sluice_data_read_only", metric_kind::gauge, "", "1 when the kernel has made the data partition read-only.", ""},
    {"sluice_device_clock_trusted", metric_kind::gauge, "", "1 while the time of day can be believed: a clock chip, NTP, or somebody set it.", ""},
    {"sluice_device_link_up", metric_kind::gauge, "link", "1 while a network interface of the box has its cable.", "16"},
    {"sluice_test_mail_success", metric_kind::gauge, "", "1 when the last test mails went through every listener and were judged right.", ""},
    {"sluice_test_mail_timestamp_seconds", metric_kind::gauge, "", "When they were sent.", ""},
    {"sluice_test_mail_runs_total", metric_kind::counter, "", "Times the test mails were sent through every listener.", ""},
    {"sluice_test_mail_failures_total", metric_kind::counter, "", "Times not all of them went as they should.", ""},
    {"process_cpu_seconds_total", metric_kind::counter, "", "Processor time of the process.", ""},
    {"process_resident_memory_bytes", metric_kind::gauge, "", "Resident memory of the process.", ""},
    {"process_virtual_memory_bytes", metric_kind::gauge, "", "Virtual memory of the process.", ""},
    {"process_open_fds", metric_kind::gauge, "", "Open descriptors.", ""},
    {"process_max_fds", metric_kind::gauge, "", "Most open descriptors.", ""},
    {"process_start_time_seconds", metric_kind::gauge, "", "Start of the process.", ""},
};

std::string_view name_of(metric_kind k) {
  return k == metric_kind::counter ? "counter" : k == metric_kind::gauge ? "gauge" : "histogram";
}

std::string number(double n) {
  std::string out = std::to_string(n);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

template <class Borders>
std::string list(const Borders& borders) {
  std::string out;
  for (const double b : borders) append_to(out, (out.empty() ? "" : ", "), number(b));
  return out;
}

constexpr std::string_view head = R"(# Metrics
Served under `/metrics` over HTTPS to holders of a token with the role viewer, in Prometheus' text format 0.0.4, or as
OpenMetrics 1.0 for those who accept that. Names, labels and meanings are stable: a metric that goes away is announced in
`CHANGELOG.md` a release before. Units are base units (seconds, bytes); counters begin at 0 with the process. Labels are
bounded: none holds an address, a subject or anything else that a stranger could vary. Our own test mails are not counted.

How to scrape them, alarms and a dashboard: `firmware/docs/monitoring.md`. This file is written by
`sluice reference --format metrics`.

| metric | kind | labels | at most | meaning |
|---|---|---|---|---|
)";

}  // namespace

std::span<const metric_row> metric_table() { return rows; }

const metric_row* find_metric(std::string_view name) {
  const auto* at = std::ranges::find(rows, name, &metric_row::name);
  return at == std::end(rows) ? nullptr : at;
}

std::string counter_metric(std::string_view name) {
  if (name == "octets_in") name = "received_bytes";
  if (name == "octets_out") name = "sent_bytes";
  if (name == "spilled_octets") name = "spilled_bytes";
  if (name == "trace_written_octets") name = "trace_written_bytes";
  return concat("sluice_", name, "_total");
}

std::string metrics_reference() {
  std::string out(head);
  for (const metric_row& r : rows) {
    append_to(out, "| `", r.name, "` | ", name_of(r.kind), " | ", r.labels, " | ",
           r.bound, " | ", r.help, " |\n");
  }
  for (unsigned i = 0; i < static_cast<unsigned>(counter::count_); ++i) {
    const auto c = static_cast<counter>(i);
    append_to(out, "| `", counter_metric(sluice::name_of(c)), "` | counter |  |  | ", help_of(c), ". |\n");
  }
  append_to(out, "\n## Buckets\n`sluice_end_of_data_seconds`: ", list(second_borders), ".\n`sluice_message_size_bytes`: ", list(octet_borders),
         ".\n\n## Rules\nValues of `rule` in `sluice_findings_total`; what they mean: `firmware/docs/explanations.md`.\n\n");
  for (const inspect::rule_info& r : inspect::all_rules()) append_to(out, "- `", r.id, "`: ", r.meaning, "\n");
  return out;
}

}  // namespace sluice::status
