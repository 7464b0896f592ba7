// The Prometheus text format, version 0.0.4.
#include "status/snapshot.hpp"
#include "status/text.hpp"

namespace sluice::status {
namespace {

void head(std::string& out, std::string_view name, std::string_view help, const char* type) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ");
  out.append(type).append("\n");
}

void sample(std::string& out, std::string_view name, const std::string& labels, std::uint64_t value) {
  out.append(name);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out.append(" ").append(std::to_string(value)).append("\n");
}

std::string pair(const char* name, std::string_view value) { return std::string(name) + "=\"" + label(value) + "\""; }

}  // namespace

std::string metrics_of(const snapshot& s) {
  std::string out;
  head(out, "sluice_build_info", "Version of the program.", "gauge");
  sample(out, "sluice_build_info", pair("version", s.version), 1);
  head(out, "sluice_start_time_seconds", "Start of the process, seconds since 1970.", "gauge");
  sample(out, "sluice_start_time_seconds", "", static_cast<std::uint64_t>(s.started));
  head(out, "sluice_config_generation", "Number of the configuration in force.", "gauge");
  sample(out, "sluice_config_generation", "", s.generation);
  head(out, "sluice_sessions", "Mail sessions open now.", "gauge");
  sample(out, "sluice_sessions", "", s.sessions);
  head(out, "sluice_quarantine_messages", "Messages held in the quarantine.", "gauge");
  sample(out, "sluice_quarantine_messages", "", s.held_messages);
  head(out, "sluice_resident_bytes", "Resident memory of the process.", "gauge");
  sample(out, "sluice_resident_bytes", "", s.resident_bytes);
  for (const counter_value& c : s.counters) {
    const std::string name = "sluice_" + std::string(c.name) + "_total";
    head(out, name, std::string(c.help) + ".", "counter");
    sample(out, name, "", c.value);
  }
  const struct {
    const char* name;
    const char* help;
    std::uint64_t budget_gauge::*value;
    const char* type;
  } columns[] = {{"sluice_budget_used", "In use now, of a named budget.", &budget_gauge::used, "gauge"},
                 {"sluice_budget_peak", "Most that was ever in use.", &budget_gauge::peak, "gauge"},
                 {"sluice_budget_limit", "Most that may be in use.", &budget_gauge::limit, "gauge"},
                 {"sluice_budget_refused_total", "Times the budget was used up.", &budget_gauge::refused, "counter"}};
  for (const auto& column : columns) {
    head(out, column.name, column.help, column.type);
    for (const budget_gauge& b : s.budgets)
      sample(out, column.name, pair("budget", b.name) + "," + pair("unit", b.unit), b.*column.value);
  }
  head(out, "sluice_downstream_up", "1 when the host answered its last probe or delivery.", "gauge");
  for (const downstream_host& h : s.hosts) sample(out, "sluice_downstream_up", pair("host", h.host), h.state == "up");
  head(out, "sluice_certificate_expiry_seconds", "End of validity, seconds since 1970.", "gauge");
  for (const certificate& c : s.certificates)
    sample(out, "sluice_certificate_expiry_seconds", pair("subject", c.subject) + "," + pair("type", c.type),
           static_cast<std::uint64_t>(c.not_after));
  return out;
}

}  // namespace sluice::status
