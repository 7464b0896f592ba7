// Prometheus' text format 0.0.4, and OpenMetrics 1.0, which differs in the names of counter families and in its end.
#include <cstdio>

#include "core/concat.hpp"
#include "status/metric_table.hpp"
#include "status/snapshot.hpp"
#include "status/text.hpp"

namespace sluice::status {
namespace {

std::string number(double n) {
  char text[40];
  std::snprintf(text, sizeof text, "%.10g", n);
  return text;
}

std::string pair(std::string_view name, std::string_view value) { return concat(name, "=\"", label(value), "\""); }

class writer {
 public:
  explicit writer(metrics_format f) : format_(f) {}

  // Begins a family of metric_table(): its samples follow.
  void family(std::string_view name) {
    const metric_row* row = find_metric(name);
    if (row != nullptr) head(row->name, row->kind, row->help);
  }
  void counter_family(std::string_view name, std::string_view help) { head(name, metric_kind::counter, concat(help, ".")); }

  void sample(const std::string& value, std::string_view labels = {}) { line({}, labels, value); }
  void sample(std::uint64_t value, std::string_view labels = {}) { line({}, labels, std::to_string(value)); }
  void single(std::string_view name, std::uint64_t value) {
    family(name);
    sample(value);
  }

  template <std::size_t Borders>
  void histogram(std::string_view name, const std::array<double, Borders>& borders, const histogram_figures<Borders>& h) {
    family(name);
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < Borders; ++i) line("_bucket", pair("le", number(borders[i])), std::to_string(below += h.buckets[i]));
    below += h.buckets[Borders];
    line("_bucket", pair("le", "+Inf"), std::to_string(below));
    line("_sum", {}, number(h.sum));
    line("_count", {}, std::to_string(below));
  }

  std::string finish() {
    if (format_ == metrics_format::open_metrics) out_ += "# EOF\n";
    return std::move(out_);
  }

 private:
  void head(std::string_view name, metric_kind kind, std::string_view help) {
    name_ = name;
    constexpr std::string_view total = "_total";
    std::string_view shown = name;
    if (format_ == metrics_format::open_metrics && kind == metric_kind::counter) shown.remove_suffix(total.size());
    out_.append("# HELP ").append(shown).append(" ").append(help).append("\n# TYPE ").append(shown).append(" ");
    out_.append(kind == metric_kind::counter ? "counter" : kind == metric_kind::gauge ? "gauge" : "histogram").append("\n");
  }
  void line(std::string_view suffix, std::string_view labels, const std::string& value) {
    out_.append(name_).append(suffix);
    if (!labels.empty()) out_.append("{").append(labels).append("}");
    out_.append(" ").append(value).append("\n");
  }

  metrics_format format_;
  std::string out_;
  std::string name_;
};

void mail(writer& w, const message_figures& m) {
  w.family("sluice_messages_ended_total");
  for (std::size_t o = 0; o < outcome_count; ++o)
    for (std::size_t v = 0; v < verdict_count; ++v)
      w.sample(m.ends[o][v], concat(pair("outcome", net::name_of(static_cast<net::outcome>(o))), ",", pair("verdict", inspect::name_of(static_cast<inspect::action>(v)))));
  w.family("sluice_messages_by_tls_total");
  for (std::size_t i = 0; i < m.tls.size(); ++i) w.sample(m.tls[i], pair("version", name_of(static_cast<message_tls>(i))));
  w.family("sluice_messages_unscanned_total");
  for (std::size_t i = 1; i < unscanned_count; ++i) w.sample(m.unscanned[i], pair("cause", inspect::name_of(static_cast<inspect::unscanned>(i))));
  w.family("sluice_findings_total");
  for (std::size_t i = 0; i < rule_count; ++i) w.sample(m.rules[i], pair("rule", inspect::info_of(static_cast<inspect::rule>(i)).id));
  w.family("sluice_messages_by_profile_total");
  for (const auto& [profile, counts] : m.profiles)
    for (std::size_t v = 0; v < verdict_count; ++v) w.sample(counts[v], concat(pair("profile", profile), ",", pair("verdict", inspect::name_of(static_cast<inspect::action>(v)))));
  w.histogram("sluice_end_of_data_seconds", second_borders, m.after_end);
  w.histogram("sluice_message_size_bytes", octet_borders, m.octets);
}

void counters(writer& w, const snapshot& s) {
  for (const counter_value& c : s.counters) {
    const std::string name = counter_metric(c.name);
    if (find_metric(name) != nullptr) w.family(name);
    else w.counter_family(name, c.help);
    w.sample(c.value);
  }
}

void budgets(writer& w, const snapshot& s) {
  constexpr std::pair<std::string_view, std::uint64_t budget_gauge::*> columns[] = {{"sluice_budget_used", &budget_gauge::used},
                                                                                    {"sluice_budget_peak", &budget_gauge::peak},
                                                                                    {"sluice_budget_limit", &budget_gauge::limit},
                                                                                    {"sluice_budget_refused_total", &budget_gauge::refused}};
  for (const auto& [name, value] : columns) {
    w.family(name);
    for (const budget_gauge& b : s.budgets) w.sample(b.*value, concat(pair("budget", b.name), ",", pair("unit", b.unit)));
  }
}

void peers(writer& w, const snapshot& s) {
  w.family("sluice_downstream_up");
  for (const downstream_host& h : s.hosts) w.sample(std::uint64_t{h.state == "up"}, pair("host", h.host));
  w.family("sluice_downstream_since_timestamp_seconds");
  for (const downstream_host& h : s.hosts) w.sample(static_cast<std::uint64_t>(h.since), pair("host", h.host));
  if (s.checks_senders) w.single("sluice_dns_up", s.dns_answers);
  w.family("sluice_certificate_expiry_timestamp_seconds");
  for (const certificate& c : s.certificates)
    w.sample(static_cast<std::uint64_t>(c.not_after), concat(pair("subject", c.subject), ",", pair("type", c.type), ",", pair("fingerprint", c.fingerprint)));
  if (s.acme.wanted) {
    w.family("sluice_acme_orders_total");
    w.sample(s.acme.issued, pair("outcome", "issued"));
    w.sample(s.acme.failed, pair("outcome", "failed"));
    w.single("sluice_acme_failures", s.acme.failures);
    w.single("sluice_acme_next_order_timestamp_seconds", static_cast<std::uint64_t>(s.acme.next));
  }
  if (!s.syslog.wanted) return;
  w.single("sluice_syslog_up", s.syslog.connected);
  w.single("sluice_syslog_sent_total", s.syslog.sent);
  w.single("sluice_syslog_lost_total", s.syslog.lost);
}

void storage(writer& w, const snapshot& s) {
  w.single("sluice_quarantine_messages", s.quarantine.messages);
  w.single("sluice_quarantine_bytes", s.quarantine.bytes);
  w.family("sluice_quarantine_recipients");
  for (const auto& [state, count] : s.quarantine.recipients) w.sample(count, pair("state", state));
  w.single("sluice_quarantine_oldest_timestamp_seconds", static_cast<std::uint64_t>(s.quarantine.oldest));
  w.single("sluice_spool_written_today_bytes", s.spool_written_today);
  if (s.data.total_bytes != 0) {
    w.single("sluice_data_free_bytes", s.data.free_bytes);
    w.single("sluice_data_size_bytes", s.data.total_bytes);
  }
  w.family("sluice_event_loop_lag_seconds");
  for (std::size_t i = 0; i < s.loop_lag_ms.size(); ++i) w.sample(number(static_cast<double>(s.loop_lag_ms[i]) / 1000), pair("loop", std::to_string(i)));
  w.family("sluice_storage_busy_seconds");
  w.sample(number(static_cast<double>(s.storage_busy_ms) / 1000));
}

// What the box does not tell is left out.
void box(writer& w, const snapshot& s) {
  const hal::device_health& d = s.device;
  if (d.celsius) {
    w.family("sluice_device_temperature_celsius");
    w.sample(number(*d.celsius));
  }
  if (d.flash_worn_percent) {
    w.family("sluice_flash_life_used_ratio");
    w.sample(number(*d.flash_worn_percent / 100.0), pair("device", d.flash));
  }
  if (d.load) {
    w.family("sluice_device_load1");
    w.sample(number(*d.load));
  }
  if (d.memory_bytes) w.single("sluice_device_memory_bytes", *d.memory_bytes);
  if (d.memory_free_bytes) w.single("sluice_device_memory_available_bytes", *d.memory_free_bytes);
  if (d.up_seconds) w.single("sluice_device_boot_timestamp_seconds", static_cast<std::uint64_t>(s.now) - *d.up_seconds);
  if (d.data_volume.known) w.single("sluice_data_read_only", d.data_volume.read_only ? 1 : 0);
  if (d.clock) w.single("sluice_device_clock_trusted", hal::is_trusted(*d.clock) ? 1 : 0);
  bool first = true;
  for (const hal::network_link& l : d.links) {
    if (!l.carrier) continue;
    if (first) w.family("sluice_device_link_up");
    first = false;
    w.sample(std::uint64_t{*l.carrier}, pair("link", l.name));
  }
}

void process(writer& w, const snapshot& s) {
  w.family("process_cpu_seconds_total");
  w.sample(number(s.process.cpu_seconds));
  w.single("process_resident_memory_bytes", s.resident_bytes);
  w.single("process_virtual_memory_bytes", s.process.virtual_bytes);
  w.single("process_open_fds", s.process.open_fds);
  w.single("process_max_fds", s.process.max_fds);
  w.single("process_start_time_seconds", static_cast<std::uint64_t>(s.started));
}

}  // namespace

std::string_view content_type_of(metrics_format f) {
  return f == metrics_format::text ? "text/plain; version=0.0.4; charset=utf-8" : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

metrics_format metrics_format_for(std::string_view accept) {
  return accept.find("application/openmetrics-text") != std::string_view::npos ? metrics_format::open_metrics : metrics_format::text;
}

std::string metrics_of(const snapshot& s, metrics_format f) {
  writer w(f);
  w.family("sluice_build_info");
  w.sample(1, pair("version", s.version));
  w.single("sluice_config_generation", s.generation);
  w.single("sluice_config_confirm_deadline_timestamp_seconds", static_cast<std::uint64_t>(s.confirm_until));
  w.single("sluice_sessions", s.sessions);
  mail(w, s.mail);
  counters(w, s);
  budgets(w, s);
  peers(w, s);
  storage(w, s);
  box(w, s);
  process(w, s);
  if (s.test_mails.sent) {
    w.single("sluice_test_mail_success", s.test_mails.good);
    w.single("sluice_test_mail_timestamp_seconds", static_cast<std::uint64_t>(s.test_mails.when));
  }
  return w.finish();
}

}  // namespace sluice::status
