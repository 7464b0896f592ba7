// A record of the trace for programs. See trace_log.hpp.
#include "core/concat.hpp"
#include "firmware/gateway/records/trace_log.hpp"
#include "status/text.hpp"

namespace sluice::gateway {

std::string trace_json(const trace_record& r) {
  using enum trace_text;
  using status::json;
  std::string out = concat("{\"time\":", json(status::utc(r.when)), ",\"what\":", json(name_of(r.kind)));
  const auto add = [&](const char* key, byte_view text) {
    if (!text.empty()) append_to(out, ",\"", key, "\":", json(text));
  };
  if (r.kind == trace_kind::message) {
    add("outcome", net::name_of(static_cast<net::outcome>(std::min<std::uint8_t>(r.outcome, static_cast<std::uint8_t>(net::outcome::abandoned)))));
    add("verdict", inspect::name_of(static_cast<inspect::action>(std::min<std::uint8_t>(r.action, static_cast<std::uint8_t>(inspect::action::reject)))));
    append_to(out, ",\"score\":", std::to_string(r.score), ",\"octets\":", std::to_string(r.octets), ",\"recipient_count\":", std::to_string(r.recipient_count));
  }
  add("id", r[id]);
  add("client", r[client]);
  add("helo", r[helo]);
  add("tls", r[tls]);
  if (r.kind != trace_kind::connection && r.kind != trace_kind::tls) append_to(out, ",\"mail_from\":", json(r[from]));
  add("from", r[author]);
  add("recipients", r[recipients]);
  add("subject", r[subject]);
  add("cause", r[cause]);
  add("list", r[list]);
  add("profile", r[profile]);
  if (r.reply_code != 0) append_to(out, ",\"reply\":", json(concat(std::to_string(r.reply_code), " ", r[reply])));
  if (r.downstream_code != 0) append_to(out, ",\"downstream_reply\":", json(concat(std::to_string(r.downstream_code), " ", r[downstream])));
  add("host", r[host]);
  return concat(out, "}");
}

}  // namespace sluice::gateway
