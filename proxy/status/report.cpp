// The same values as JSON, for scripts: GET /api/v1/status.
#include "core/concat.hpp"
#include "status/snapshot.hpp"
#include "status/text.hpp"

namespace sluice::status {
namespace {

std::string number(std::string_view key, std::uint64_t value) {
  return concat(json(key), ":", std::to_string(value));
}
std::string text(std::string_view key, std::string_view value) { return concat(json(key), ":", json(value)); }

template <class List, class One>
std::string list(std::string_view key, const List& items, One one) {
  std::string out = concat(json(key), ":[");
  for (const auto& item : items) out += (out.back() == '[' ? "" : ",") + one(item);
  return concat(out, "]");
}

std::string finding_of(const history_finding& f) {
  return concat("{", text("rule", f.rule), ",", json("weight"), ":", std::to_string(f.weight), ",",
         text("place", inspect::name_of(f.where)), ",", text("slot", view(f.slot)), ",",
         text("words", view(f.words)), "}");
}

}  // namespace

std::string message_json(const history_entry& m) {
  std::string compared = "null";
  if (m.template_words > 0)
    compared = concat("{", number("words", m.template_words), ",", number("percent", m.template_percent), ",", number("usual_percent", m.template_floor), ",",
               text("other_text", view(m.foreign)), "}");
  return concat("{", text("id", view(m.id)), ",", text("time", utc(m.unix_seconds)), ",", text("outcome", m.outcome), ",",
         text("verdict", inspect::name_of(m.act)), ",", text("without_observe_mode", inspect::name_of(m.would)), ",", json("score"), ":",
         std::to_string(m.score), ",", text("way", m.passage), ",", text("unscanned", inspect::name_of(m.cause)), ",",
         text("profile", view(m.profile)), ",", text("list", view(m.list)), ",", text("client", view(m.client_ip)), ",", text("tls", view(m.tls)), ",",
         text("auth", view(m.auth)), ",", text("from", view(m.from)), ",", text("from_name", view(m.from_name)), ",",
         text("recipient", view(m.recipient)), ",", number("recipients", m.recipients), ",", text("subject", view(m.subject)), ",",
         text("message_id", view(m.message_id)), ",", number("octets", m.octets), ",", number("reply", m.reply_code), ",",
         text("reply_text", view(m.reply)), ",", text("route", view(m.route)), ",", number("milliseconds_after_end", m.milliseconds_after_end), ",",
         json("template"), ":", compared, ",", number("findings_in_all", m.findings_count), ",", list("findings", m.findings, finding_of), "}");
}

std::string report_of(const snapshot& s) {
  std::string counters;
  for (const counter_value& c : s.counters) append_to(counters, (counters.empty() ? "" : ","), number(c.name, c.value));
  return concat("{", text("version", s.version), ",", text("hostname", s.hostname), ",", text("now", utc(s.now)), ",",
         number("uptime_seconds", static_cast<std::uint64_t>(s.now - s.started)), ",",
         number("generation", s.generation), ",", number("sessions", s.sessions), ",",
         number("quarantine_messages", s.held_messages), ",", number("resident_bytes", s.resident_bytes), ",",
         number("budget_bytes", s.budget_bytes), ",", json("counters"), ":{", counters, "},",
         list("budgets", s.budgets,
              [](const budget_gauge& b) {
                return concat("{", text("name", b.name), ",", text("unit", b.unit), ",", number("used", b.used), ",",
                       number("peak", b.peak), ",", number("limit", b.limit), ",", number("refused", b.refused), "}");
              }),
         ",",
         list("downstreams", s.hosts,
              [](const downstream_host& h) {
                return concat("{", text("host", h.host), ",", text("state", h.state), ",", text("since", utc(h.since)),
                       ",", text("offers", h.offers), ",", text("error", h.last_error), "}");
              }),
         ",",
         list("certificates", s.certificates,
              [](const certificate& c) {
                return concat("{", text("subject", c.subject), ",", text("type", c.type), ",",
                       text("not_after", utc(c.not_after)), "}");
              }),
         ",", list("messages", s.messages, message_json), "}\n");
}

}  // namespace sluice::status
