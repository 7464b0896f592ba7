// The API of the box itself: what it is and how it does, updates, restart, factory reset, marking a slot by hand.
#include "core/concat.hpp"
#include "firmware/gateway/manage/manage_appliance.hpp"

#include "firmware/gateway/manage/json_body.hpp"
#include "firmware/gateway/system/data_format.hpp"
#include "firmware/gateway/system/network_text.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;

std::string values_json(const named_values& values) {
  std::string out;
  for (const auto& [name, value] : values) append_to(out, (out.empty() ? "" : ","), json(name), ":", json(value));
  return concat("{", out, "}");
}

std::string update_json(const update_view& u) {
  return concat("{\"state\":", json(name_of(u.at)), ",\"octets\":", std::to_string(u.octets), ",\"octets_at_most\":", std::to_string(u.octets_at_most),
         ",\"percent\":", std::to_string(u.percent), ",\"text\":", json(u.text), ",\"code\":", (u.code.empty() ? "null" : json(u.code)), ",\"version\":",
         (u.version.empty() ? "null" : json(u.version)), ",\"who\":", json(u.who), ",\"since\":", (u.since == 0 ? "null" : json(utc(u.since))), ",\"reboots\":",
         (u.reboots ? "true" : "false"), "}");
}

std::string device_json(const snapshot& s) {
  const auto number = [](const auto& v) { return v ? std::to_string(*v) : std::string("null"); };
  return concat("{\"celsius\":", number(s.device.celsius), ",\"flash_worn_percent\":", number(s.device.flash_worn_percent), ",\"flash\":", json(s.device.flash),
         ",\"up_seconds\":", number(s.device.up_seconds), ",\"memory_bytes\":", number(s.device.memory_bytes), ",\"memory_free_bytes\":", number(s.device.memory_free_bytes),
         ",\"data_free_bytes\":", std::to_string(s.data.free_bytes), ",\"data_total_bytes\":", std::to_string(s.data.total_bytes), "}");
}

reply show(appliance_parts parts) {
  const snapshot s = parts.look();
  std::string out = concat("{\"appliance\":", std::string(parts.box.is_one() ? "true" : "false"), ",\"version\":", json(s.version), ",\"data_format\":", std::to_string(data_format_written),
                    ",\"data_format_read\":", std::to_string(data_format_read), ",\"unconfigured\":", (parts.config().unconfigured ? "true" : "false"), ",\"device\":", device_json(s));
  if (parts.box.is_one()) {
    const supervisor_answer a = co_await parts.box.facts();
    const slot_trial::view& t = parts.box.trial().look();
    append_to(out, ",\"box\":", (a.good ? values_json(a.values) : "null"), ",\"problem\":", (a.good ? "null" : json(a.text)), ",\"trial\":{\"state\":", json(name_of(t.at)),
           ",\"since\":", (t.since == 0 ? "null" : json(utc(t.since))), ",\"text\":", json(t.text), "},\"update\":", update_json(parts.box.updates().look()),
           ",\"network\":", json(parts.box.network()));
  }
  co_return json_reply(concat(out, "}\n"));
}

reply show_update(appliance_parts parts) {
  if (!parts.box.is_one()) co_return no_appliance();
  co_return json_reply(concat(update_json(parts.box.updates().look()), "\n"));
}

bool wants_reboot(const web_request& q) { return q.query_value("reboot") == "true" || q.query_value("reboot") == "1"; }

reply reboot(appliance_parts parts) {
  if (!parts.box.is_one()) co_return no_appliance();
  std::string reason = parts.box.updates().look().at == update_view::state::installed ? "update" : "request";
  const supervisor_answer a = co_await parts.box.reboot(std::move(reason));
  web_reply r = reply_for(a, "Not restarted");
  r.audit = "restart the box";
  co_return r;
}

reply factory_reset(appliance_parts parts, const web_request& q) {
  if (!parts.box.is_one()) co_return no_appliance();
  const auto o = object_of(q);
  if (!o) co_return not_json();
  web_reply r;
  if (!confirms(text(*o, "confirm"), parts.config())) {
    r = problem(422, "Not confirmed", concat("Everything on this box would be gone. Send \"confirm\" with its host name, ", parts.config().hostname, "."));
  } else {
    const supervisor_answer a = co_await parts.box.factory_reset();
    r = reply_for(a, "Not reset");
  }
  r.audit = "factory reset";
  co_return r;
}

reply mark(appliance_parts parts, bool good, std::string reason) {
  if (!parts.box.is_one()) co_return no_appliance();
  const supervisor_answer a = co_await parts.box.mark(good, std::move(reason));
  web_reply r = reply_for(a, "Not marked");
  if (r.status == 202 && good) {
    r = {};
    r.status = 204;
  }
  r.audit = good ? "mark the running slot good" : "mark the running slot bad";
  co_return r;
}

reply leave_safe_mode(appliance_parts parts) {
  if (!parts.box.is_one()) co_return no_appliance();
  const supervisor_answer a = co_await parts.box.leave_safe_mode();
  web_reply r = reply_for(a, "Not left");
  r.audit = "leave safe mode";
  co_return r;
}

}  // namespace

web_reply no_appliance() {
  return problem(409, "Not an appliance", "There is no supervisor here: this program runs on a machine that its operating system looks after.");
}

web_reply reply_for(const supervisor_answer& a, const char* title) {
  if (a.good) {
    web_reply r = json_reply(concat(values_json(a.values), "\n"));
    r.status = 202;
    return r;
  }
  if (!a.answered) return problem(503, "No answer", a.text);
  return problem(a.code == "busy" ? 409 : 422, title, a.text.empty() ? a.code : a.text);
}

std::string with_update(std::string numbers, appliance& box) {
  if (!box.is_one() || !numbers.ends_with('}')) return numbers;
  numbers.pop_back();
  return concat(numbers, ",\"update\":", json(short_text(box.updates().look())), "}");
}

bool confirms(const std::string& typed, const config::model& m) { return !typed.empty() && typed == m.hostname; }

void add_appliance_api(web_routes& routes, appliance_parts parts) {
  routes.add({verb::get, "/api/v1/system", role::viewer, no_body, "Get what the box is and how it does: systems, board, watchdog, network, storage",
              [parts](const web_request&) -> reply { return show(parts); }});
  routes.add({verb::get, "/api/v1/system/update", role::viewer, no_body, "Get how far an update is", [parts](const web_request&) -> reply { return show_update(parts); }});
  web_route upload{verb::post, "/api/v1/system/update", role::admin, no_body,
      {"Install an update: the bundle is the body, as it is", "reboot:flag:Restart into it at once",
       "application/octet-stream", "202"}, nullptr};
  upload.take = [parts](const web_request& q, body_stream& body) -> reply { return parts.box.updates().take(q, body, wants_reboot(q)); };
  upload.take_at_most = [parts] { return parts.box.updates().most_octets(); };
  routes.add(std::move(upload));
  routes.add({verb::post, "/api/v1/system/reboot", role::admin, small_body,
              {"Restart the box", "", "", "202"}, [parts](const web_request&) -> reply { return reboot(parts); }});
  routes.add({verb::post, "/api/v1/system/factory-reset", role::admin, small_body,
              {"Delete everything on the box and restart", "", "confirm!:text:The host name of the box", "202"},
              [parts](const web_request& q) -> reply { return factory_reset(parts, q); }});
  routes.add({verb::post, "/api/v1/system/mark-good", role::admin, small_body,
              {"Mark the running system good", "", "", "204"},
              [parts](const web_request&) -> reply { return mark(parts, true, {}); }});
  routes.add({verb::post, "/api/v1/system/mark-bad", role::admin, small_body,
              {"Mark the running system bad: the box restarts with the other one", "", "", "202"},
              [parts](const web_request&) -> reply { return mark(parts, false, "by hand"); }});
  routes.add({verb::post, "/api/v1/system/leave-safe-mode", role::admin, small_body,
              {"Leave safe mode and start normally", "", "", "202"},
              [parts](const web_request&) -> reply { return leave_safe_mode(parts); }});
}

}  // namespace sluice::gateway
