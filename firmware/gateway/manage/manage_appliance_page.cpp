// The part of the page System that is about the box: both systems, the update with its progress, restart and reset. All of
// it works without script; the upload is a plain form with a file, and script only adds the bar.
#include <boost/json.hpp>

#include "core/concat.hpp"
#include "firmware/gateway/health/data_state.hpp"
#include "firmware/gateway/manage/manage_appliance.hpp"
#include "status/pages/elements.hpp"
#include "status/pages/frame.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;

struct last_facts {
  bool safe_mode = false, trying = false;
};
last_facts& seen() {  // on the loop of the management server
  static last_facts one;
  return one;
}

// The first is a fact of this start; the second came while it ran.
std::string data_notice(const config::model& m, const hal::device_health& d) {
  if (!data_trouble().empty()) return data_trouble_text(m);
  if (d.data_volume.known && d.data_volume.read_only)
    return "The data partition has become read-only, after an error or at the end of its flash: nothing can be held, released or changed. A restart checks and repairs it.";
  return {};
}

std::string slot_badge(const std::string& state) {
  return badge_of(state == "good" ? "good" : state == "bad" ? "bad" : "warn", state.empty() ? "unknown" : state);
}

std::string reason_text(const named_values& v) {
  const std::string why = value_of(v, "reset_reason"), more = value_of(v, "reset_detail");
  return concat(html(why.empty() ? "unknown" : why), (more.empty() ? "" : concat(" <small>", html(more), "</small>")));
}

std::string health(const named_values& v, const snapshot& s) {
  std::vector<std::pair<std::string, std::string>> facts{
      {"Board", concat(html(value_of(v, "board")), (value_of(v, "serial").empty() ? "" : concat(" <small>", html(value_of(v, "serial")), "</small>")))},
      {"Last restart because of", reason_text(v)},
      {"Watchdog", html(value_of(v, "watchdog"))},
      {"Root file system", concat(html(value_of(v, "rootfs")), ", checked at the start: ", html(value_of(v, "boot_verified")))},
      {"Rollback index", html(value_of(v, "rollback_index"))},
      {"Restarts of the program", html(value_of(v, "restarts"))}};
  if (s.device.celsius) facts.emplace_back("Temperature", concat(std::to_string(static_cast<int>(*s.device.celsius)), " °C"));
  if (s.device.flash_worn_percent) facts.emplace_back("Flash worn", concat(std::to_string(*s.device.flash_worn_percent), " % <small>", html(s.device.flash), "</small>"));
  const std::string data = value_of(v, "data");
  facts.emplace_back("Data", concat((data.empty() || data == "ok" ? "" : concat("<b class=\"bad\">", html(data), "</b>, ")), bytes(s.data.free_bytes), " free of ", bytes(s.data.total_bytes)));
  return facts_of(facts);
}

std::string slots(const named_values& v, const slot_trial::view& t) {
  std::string rows = row_of({concat(html(value_of(v, "slot")), " <small>(runs)</small>"), html(value_of(v, "version")), slot_badge(value_of(v, "slot_state")), html(value_of(v, "tries_left"))});
  if (!value_of(v, "other").empty()) rows += row_of({html(value_of(v, "other")), html(value_of(v, "other_version")), slot_badge(value_of(v, "other_state")), ""});
  std::string out = table_of("Systems", {"Slot", "Version", "State", "Tries left"}, rows, "");
  if (t.at == slot_trial::view::state::trying)
    out += notice_of("warn", concat("This system is on trial until its test mails pass.", (t.text.empty() ? std::string() : concat(" So far: ", t.text))));
  if (t.at == slot_trial::view::state::bad) out += notice_of("bad", concat("This system did not pass: ", t.text));
  return out;
}

std::string upload_form(const principal& who, const update_view& u) {
  if (u.busy()) return {};
  return concat("<form method=\"post\" action=\"/system/update\" enctype=\"multipart/form-data\" data-upload>", csrf_field(who),
         "<p class=\"field\"><label><input type=\"checkbox\" name=\"reboot\" value=\"1\"> Restart when it is installed</label></p>"
         "<p class=\"field\"><label for=\"bundle\">Signed update</label><input id=\"bundle\" type=\"file\" name=\"file\" required></p>"
         "<p><button type=\"submit\" class=\"primary\">Install</button> <progress data-upload-bar max=\"100\" value=\"0\" hidden aria-label=\"Upload\"></progress></p></form>");
}

std::string update_part(const principal& who, const update_view& u) {
  const bool any = u.at != update_view::state::idle;
  std::string out;
  if (any) {
    const char* const kind = u.at == update_view::state::failed ? "bad" : u.at == update_view::state::installed ? "good" : "warn";
    append_to(out, "<div class=\"notice ", std::string(kind), "\" role=\"status\"><p data-live=\"update\">", html(short_text(u)), "</p></div>");
  }
  if (u.busy()) append_to(out, "<progress max=\"100\" value=\"", std::to_string(u.percent), "\" aria-label=\"Installation\"></progress><noscript><p><a href=\"/system\">Look again</a></p></noscript>");
  if (u.at == update_view::state::installed) out += post_button(who, role::admin, "/system/reboot", "Restart into it", {}, "primary", "Restart the box now? Mail waits with its senders meanwhile.");
  if (who.what == role::admin) out += upload_form(who, u);
  // Fetched again while it moves, by itself only then: a chosen file would be lost.
  return concat("<div id=\"update\"", std::string(u.busy() ? " data-reload=\"2\"" : ""), ">", out, "</div>");
}

std::string buttons(const principal& who, const named_values& v, const config::model& m) {
  if (who.what != role::admin) return {};
  std::string out = concat("<div class=\"actions\">", post_button(who, role::admin, "/system/reboot", "Restart", {}, "", "Restart the box? Mail waits with its senders meanwhile."));
  if (value_of(v, "slot_state") == "trying") {
    out += post_button(who, role::admin, "/system/mark-good", "Mark this system good", {}, "", "Mark it good although its test mails did not pass yet?");
    out += post_button(who, role::admin, "/system/mark-bad", "Back to the other system", {}, "danger", "Mark it bad and restart with the other one?");
  }
  if (value_of(v, "safe_mode") == "1") out += post_button(who, role::admin, "/system/leave-safe-mode", "Leave safe mode", {}, "primary", "Start normally?");
  return concat(out, "</div><details><summary>Factory reset</summary><p>Deletes configuration, users, keys, held mail and everything learned, and restarts. What was not backed up is gone.</p>"
               "<form method=\"post\" action=\"/system/factory-reset\">", csrf_field(who), input_of(concat("Type the host name, ", m.hostname), "confirm", "text", "", "required autocomplete=\"off\""),
         "<p><button type=\"submit\" class=\"danger\" data-confirm=\"Delete everything on this box?\">Delete everything</button></p></form></details>");
}

std::string detail_of(const web_reply& r) {
  boost::system::error_code ec;
  const boost::json::value v = boost::json::parse(r.body, ec);
  const boost::json::value* detail = ec || !v.is_object() ? nullptr : v.as_object().if_contains("detail");
  return detail != nullptr && detail->is_string() ? std::string(detail->as_string()) : std::string(reason_of(r.status));
}

web_reply page_for(web_reply r, const principal& who, const char* done) {
  if (r.status < 300) {
    web_reply out = html_reply(framed("System", view::system, who, concat(notice_of("good", done), "<p class=\"more\"><a href=\"/system\">Back to System</a></p>")));
    return out;
  }
  web_reply out = html_reply(framed("System", view::system, who, concat(notice_of("bad", detail_of(r)), "<p class=\"more\"><a href=\"/system\">Back to System</a></p>")));
  out.status = r.status;
  return out;
}

reply upload(appliance_parts parts, const web_request& q, body_stream& body) {
  web_reply r = co_await parts.box.updates().take(q, body, q.form_value("reboot") == "1");
  web_reply out = r.status == 202 ? see_other("/system#update") : page_for(r, q.who, "");
  out.audit = r.audit;
  co_return out;
}

reply act(appliance_parts parts, const web_request& q, std::string what) {
  if (!parts.box.is_one()) co_return page_for(no_appliance(), q.who, "");
  supervisor_answer a;
  std::string word;
  if (what == "reboot") {
    word = parts.box.updates().look().at == update_view::state::installed ? "update" : "request";
    a = co_await parts.box.reboot(std::move(word));
  } else if (what == "mark-good") {
    a = co_await parts.box.mark(true, std::move(word));
  } else if (what == "mark-bad") {
    word = "by hand";
    a = co_await parts.box.mark(false, std::move(word));
  } else if (what == "leave-safe-mode") {
    a = co_await parts.box.leave_safe_mode();
  } else {
    if (!confirms(q.form_value("confirm"), parts.config())) co_return page_for(problem(422, "Not confirmed", "The host name was not typed."), q.who, "");
    a = co_await parts.box.factory_reset();
  }
  web_reply out = page_for(reply_for(a, "Not done"), q.who, "Done. The box does it now, and may be away for a minute.");
  out.audit = what;
  co_return out;
}

}  // namespace

std::string appliance_banner(const appliance_parts& parts) {
  const appliance& box = parts.box;
  if (!box.is_one()) return {};
  if (const std::string text = data_notice(parts.config(), parts.look().device); !text.empty()) return concat("<strong>Data.</strong> ", html(text), " <a href=\"/system\">System</a>");
  if (seen().safe_mode) return "<strong>Safe mode.</strong> The program ended again and again; the page works, mail does what safe_mode.mail says. <a href=\"/system\">System</a>";
  if (box.trial().look().at == slot_trial::view::state::trying) return "<strong>A new system is on trial.</strong> <a href=\"/system\">System</a>";
  return {};
}

net::awaitable<std::string> appliance_section(const appliance_parts& parts, const principal& who) {
  if (!parts.box.is_one())
    co_return section_of("The box", "<p>This is no appliance: there is no supervisor, so updates, restart and network are the operating system's.</p>", "box");
  const supervisor_answer a = co_await parts.box.facts();
  if (!a.good) co_return section_of("The box", notice_of("bad", concat("The supervisor does not answer: ", a.text)), "box");
  const config::model m = parts.config();
  seen().safe_mode = value_of(a.values, "safe_mode") == "1";
  std::string out = seen().safe_mode ? notice_of("bad", concat("Safe mode: the program ended again and again. Mail: ", std::string(m.safe_mode.mail == config::safe_mode_mail::forward ? "forwarded without inspection." : "deferred."))) : std::string();
  if (const std::string text = data_notice(m, parts.look().device); !text.empty()) out += notice_of("bad", text);
  append_to(out, slots(a.values, parts.box.trial().look()), health(a.values, parts.look()));
  co_return concat(section_of("The box", out, "box"), section_of("Update", update_part(who, parts.box.updates().look())), section_of("Restart and reset", buttons(who, a.values, m), "restart"));
}

void add_appliance_pages(web_routes& routes, appliance_parts parts) {
  web_route form{verb::post, "/system/update", role::admin, no_body,
      {"Install an update", "", "multipart/form-data;file!:file;reboot:1|"}, nullptr};
  form.take = [parts](const web_request& q, body_stream& body) -> reply { return upload(parts, q, body); };
  form.take_at_most = [parts] { return parts.box.updates().most_octets(); };
  routes.add(std::move(form));
  const auto add = [&](const char* pattern, route_facts about, const char* what) {
    routes.add({verb::post, pattern, role::admin, small_body, about, [parts, what](const web_request& q) -> reply { return act(parts, q, what); }});
  };
  add("/system/reboot", "Restart the box", "reboot");
  add("/system/mark-good", "Mark the running system good", "mark-good");
  add("/system/mark-bad", "Mark the running system bad", "mark-bad");
  add("/system/leave-safe-mode", "Leave safe mode", "leave-safe-mode");
  add("/system/factory-reset", {"Delete everything on the box", "", "confirm!"}, "factory-reset");
}

}  // namespace sluice::gateway
