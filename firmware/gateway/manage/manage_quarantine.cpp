// The quarantine's API: list, one message, its text, header and content, and what can be done with it.
#include "firmware/gateway/manage/manage_quarantine.hpp"

#include <boost/json.hpp>
#include <charconv>

#include "core/concat.hpp"
#include "firmware/gateway/commands/quarantine_text.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;
namespace q = quarantine;
namespace json_lib = boost::json;

constexpr std::size_t json_depth = 4, search_octets_max = 200;
constexpr const char* for_whom = "recipients:texts:Only for these;all:flag:For all of them";
constexpr const char* several = "ids!:texts:Ids of held messages, at most 50";

std::optional<json_lib::object> object_of(const web_request& r) {
  if (r.body.empty()) return json_lib::object();
  boost::system::error_code ec;
  json_lib::parse_options options;
  options.max_depth = json_depth;
  json_lib::value v = json_lib::parse(r.body, ec, {}, options);
  if (ec || !v.is_object()) return std::nullopt;
  return std::move(v.as_object());
}

// The texts of a list; nothing when the member is something else.
std::optional<std::vector<std::string>> texts_of(const json_lib::object& o, const char* key) {
  std::vector<std::string> out;
  const json_lib::value* v = o.if_contains(key);
  if (v == nullptr) return out;
  if (!v->is_array()) return std::nullopt;
  for (const json_lib::value& one : v->as_array()) {
    if (!one.is_string()) return std::nullopt;
    out.emplace_back(one.as_string().data(), one.as_string().size());
  }
  return out;
}

web_reply not_json() { return problem(400, "Bad body", "A JSON object is expected."); }

std::string outcome_json(const desk_outcome& o) {
  std::string results;
  for (const q::action_result& r : o.results)
    append_to(results, (results.empty() ? "" : ","), "{\"recipient\":", json(r.recipient), ",\"before\":", json(q::name_of(r.before)),
               ",\"after\":", json(q::name_of(r.after)), ",\"changed\":", (r.changed ? "true" : "false"), ",\"note\":", json(r.note), "}");
  return concat("{\"id\":", json(o.id), ",\"done\":", (o.ok() ? "true" : "false"), ",\"why\":", json(o.words), ",\"recipients\":[", results, "]}");
}

reply list(desk& d, const web_request& r) {
  std::string wrong;
  const q::list_filter filter = filter_of(r, "search", wrong);
  if (!wrong.empty()) co_return problem(422, "Bad query", wrong);
  const auto turn = co_await d.enter();
  if (!turn) co_return desk_is_busy();
  const std::int64_t asked = number_of(r, "limit");
  const std::size_t limit = asked > 0 && asked < static_cast<std::int64_t>(desk_rows) ? static_cast<std::size_t>(asked) : desk_rows;
  const auto page = co_await d.list(filter, number_of(r, "before"), limit);
  if (!page) co_return refusal_of(page.error());
  std::string rows = rows_json(page->rows);  // a line each
  if (!rows.empty()) rows.pop_back();
  for (char& c : rows)
    if (c == '\n') c = ',';
  co_return json_reply(concat("{\"messages\":[", rows, "],\"before\":", (page->next == 0 ? "null" : std::to_string(page->next)), "}\n"));
}

reply show(desk& d, const web_request& r) {
  const auto turn = co_await d.enter();
  if (!turn) co_return desk_is_busy();
  const auto m = co_await d.show(r.parameters[0]);
  if (!m) co_return refusal_of(m.error());
  co_return json_reply(detail_json(*m));
}

std::string piece_json(const text_piece& p, std::span<const q::stored_finding> findings) {
  std::string marks;
  for (const text_mark& m : marks_in(p.text, findings))
    append_to(marks, (marks.empty() ? "" : ","), "{\"start\":", std::to_string(m.start), ",\"length\":", std::to_string(m.length),
             ",\"rule\":", json(findings[m.finding].rule), "}");
  return concat("{\"part\":", std::to_string(p.part), ",\"type\":", json(p.type), ",\"kind\":", json(mime::name_of(p.kind)), ",\"text\":", json(p.text),
         ",\"marks\":[", marks, "]}");
}

reply preview(desk& d, const web_request& r) {
  const auto turn = co_await d.enter();
  if (!turn) co_return desk_is_busy();
  const auto m = co_await d.show(r.parameters[0]);
  if (!m) co_return refusal_of(m.error());
  const auto text = co_await d.preview(r.parameters[0]);
  if (!text) co_return refusal_of(text.error());
  std::string pieces, files;
  for (const text_piece& p : (*text)->pieces()) append_to(pieces, (pieces.empty() ? "" : ",\n"), piece_json(p, m->findings));
  for (const std::string& f : (*text)->files()) append_to(files, (files.empty() ? "" : ","), json(f));
  co_return json_reply(concat("{\"id\":", json(r.parameters[0]), ",\"pieces\":[", pieces, "],\"files\":[", files, "],\"cut\":",
                       ((*text)->cut() ? "true" : "false"), "}\n"));
}

reply headers(desk& d, const web_request& r) {
  const auto turn = co_await d.enter();
  if (!turn) co_return desk_is_busy();
  const auto text = co_await d.preview(r.parameters[0]);
  if (!text) co_return refusal_of(text.error());
  co_return json_reply(concat("{\"id\":", json(r.parameters[0]), ",\"header\":", json((*text)->header()), ",\"cut\":",
                       ((*text)->header_cut() ? "true" : "false"), "}\n"));
}

// The id names the file: it is ours, letters and digits only.
reply original(desk& d, const web_request& r) {
  const std::string id = r.parameters[0];
  const auto opened = co_await d.open(id);
  if (!opened) co_return refusal_of(opened.error());
  const std::shared_ptr<desk::download> content = *opened;
  web_reply out;
  out.content_type = "message/rfc822";
  out.headers = {{"Content-Disposition", concat("attachment; filename=\"", id, ".eml\"")}, {"Content-Security-Policy", "sandbox; default-src 'none'"}};
  out.more = [content] { return desk::next(content); };
  out.audit = concat("read the original of ", id);
  co_return out;
}

// Who is named, or everybody when that is said or there is nobody else to mean.
std::optional<q::selection> selection_of(const json_lib::object& o, const q::message_detail& m) {
  const auto named = texts_of(o, "recipients");
  if (!named) return std::nullopt;
  q::selection out;
  out.addresses = *named;
  const json_lib::value* all = o.if_contains("all");
  out.all = named->empty() && ((all != nullptr && all->is_bool() && all->as_bool()) || m.recipients.size() == 1);
  if (!out.all && out.addresses.empty()) return std::nullopt;
  return out;
}

reply act(desk& d, desk_action what, const web_request& r) {
  const auto o = object_of(r);
  if (!o) co_return not_json();
  const auto turn = co_await d.enter();
  if (!turn) co_return desk_is_busy();
  const auto m = co_await d.show(r.parameters[0]);
  if (!m) co_return refusal_of(m.error());
  const auto who = selection_of(*o, *m);
  if (!who) co_return problem(422, "Which recipients?", "Name them in \"recipients\", or say \"all\": true.");
  const std::string by = name_for_audit(r.who);
  const desk_outcome done = co_await d.act(what, r.parameters[0], *who, by);
  web_reply out = done.ok() ? json_reply(concat(outcome_json(done), "\n")) : refusal_of(done.why, done.words);
  out.audit = audit_words(what == desk_action::release ? "release" : "delete", {done});
  co_return out;
}

reply release_and_allow(desk& d, const web_request& r) {
  const auto o = object_of(r);
  if (!o) co_return not_json();
  const json_lib::value* given = o->if_contains("days");
  if (given != nullptr && !given->is_int64()) co_return problem(422, "Bad time", "\"days\" is a number.");
  const auto turn = co_await d.enter();
  if (!turn) co_return desk_is_busy();
  const auto m = co_await d.show(r.parameters[0]);
  if (!m) co_return refusal_of(m.error());
  const auto who = selection_of(*o, *m);
  if (!who) co_return problem(422, "Which recipients?", "Name them in \"recipients\", or say \"all\": true.");
  std::vector<std::string> to = who->addresses;
  if (who->all)
    for (const q::recipient_status& one : m->recipients) to.push_back(one.who.address);
  const std::int64_t days = given != nullptr ? given->as_int64() : allow_days_default;
  const std::string by = name_for_audit(r.who);
  const desk_allowed done = co_await d.release_and_allow(*m, to, days, by);
  web_reply out = done.why.empty() ? json_reply(concat("{\"exceptions\":", std::to_string(done.entries), ",\"released\":", outcome_json(done.released), "}\n"))
                                   : problem(409, "Not allowed", done.why);
  out.audit = concat("release and allow ", r.parameters[0], (done.why.empty() ? concat(" (", std::to_string(done.entries), " exceptions)") : " (refused)"));
  co_return out;
}

reply bulk(desk& d, desk_action what, const web_request& r) {
  const auto o = object_of(r);
  const auto ids = o ? texts_of(*o, "ids") : std::nullopt;
  if (!ids || ids->empty()) co_return problem(422, "Which messages?", "\"ids\" is a list of the ids of held messages.");
  if (ids->size() > desk_bulk_max) co_return problem(422, "Too many", concat("At most ", std::to_string(desk_bulk_max), " messages at once."));
  const auto turn = co_await d.enter();
  if (!turn) co_return desk_is_busy();
  const std::string by = name_for_audit(r.who);
  q::selection everybody;
  everybody.all = true;
  std::vector<desk_outcome> all;
  std::string text;
  for (const std::string& id : *ids) {
    desk_outcome one = co_await d.act(what, id, everybody, by);
    all.push_back(std::move(one));
    append_to(text, (text.empty() ? "" : ",\n"), outcome_json(all.back()));
  }
  web_reply out = json_reply(concat("{\"results\":[", text, "]}\n"));
  out.audit = audit_words(what == desk_action::release ? "release" : "delete", all);
  co_return out;
}

web_reply no_desk(const desk_report& r) {
  return problem(409, "No abuse desk is known", concat("The sender's profile names none", (r.desk.suggested.empty() ? std::string(".") : concat("; RFC 2142 suggests ", r.desk.suggested, ".")),
                                                    " An administrator may give an address as \"to\"."));
}

reply see_report(desk& d, const web_request& r) {
  const auto turn = co_await d.enter();
  if (!turn) co_return desk_is_busy();
  const std::string known_desk;
  const auto report = co_await d.report_for(r.parameters[0], known_desk);
  if (!report) co_return refusal_of(report.error());
  if (report->to.empty()) co_return no_desk(*report);
  if (!report->refused.empty()) co_return problem(409, "Too many recipients", report->refused);
  co_return json_reply(concat("{\"to\":", json(report->to), ",\"header_only\":", (report->text.header_only ? "true" : "false"), ",\"letter\":",
                       json(report->text.letter), ",\"fields\":", json(report->text.fields), "}\n"));
}

reply send_report(desk& d, const web_request& r) {
  const auto o = object_of(r);
  if (!o) co_return not_json();
  const json_lib::value* given = o->if_contains("to");
  const std::string to = given != nullptr && given->is_string() ? std::string(given->as_string().data(), given->as_string().size()) : std::string();
  if (!to.empty() && r.who.what < role::admin) co_return problem(403, "Not allowed", "Only an administrator chooses where a report goes.");
  if (given != nullptr && !is_report_address(to)) co_return problem(422, "Bad address", "\"to\" is a plain mail address.");
  const auto turn = co_await d.enter();
  if (!turn) co_return desk_is_busy();
  const auto report = co_await d.report_for(r.parameters[0], to);
  if (!report) co_return refusal_of(report.error());
  if (report->to.empty()) co_return no_desk(*report);
  if (!report->refused.empty()) co_return problem(409, "Too many recipients", report->refused);
  const std::string by = name_for_audit(r.who);
  const own_queued sent = co_await d.send(*report, by);
  web_reply out = sent.ok() ? json_reply(concat("{\"queued\":", json(sent.id), ",\"to\":", json(report->to), "}\n")) : problem(503, "Not queued", sent.why);
  if (sent.ok()) out.status = 202;
  out.audit = concat("report ", r.parameters[0], " to ", report->to);
  co_return out;
}

std::string own_json(const q::own_summary& m) {
  std::string to;
  for (const q::own_recipient& r : m.recipients)
    append_to(to, (to.empty() ? "" : ","), "{\"address\":", json(r.address), ",\"state\":", json(r.state == q::recipient_state::released ? "sent" : q::name_of(r.state)),
          ",\"changed\":", json(utc(r.changed)), ",\"attempts\":", std::to_string(r.attempts), ",\"reply\":", json(r.reply), "}");
  return concat("{\"id\":", json(m.id), ",\"kind\":", json(m.kind), ",\"about\":", json(m.about), ",\"queued\":", json(utc(m.queued)), ",\"bytes\":",
         std::to_string(m.bytes), ",\"recipients\":[", to, "]}");
}

reply own_mail(desk& d, const web_request& r) {
  const auto all = co_await d.own_list(number_of(r, "before"));
  if (!all) co_return refusal_of(all.error());
  std::string rows;
  for (const q::own_summary& m : *all) append_to(rows, (rows.empty() ? "" : ",\n"), own_json(m));
  const std::string next = all->size() < desk_rows ? "null" : std::to_string(all->back().sequence);
  co_return json_reply(concat("{\"mails\":[", rows, "],\"before\":", next, "}\n"));
}

reply drop_own_mail(desk& d, const web_request& r) {
  const std::string by = name_for_audit(r.who);
  const auto done = co_await d.drop_own(r.parameters[0], by);
  if (!done) co_return refusal_of(done.error());
  web_reply out;
  out.status = 204;
  out.audit = concat("drop ", r.parameters[0]);
  co_return out;
}

}  // namespace

std::string name_for_audit(const principal& who) { return concat(who.via, ":", who.name); }

web_reply desk_is_busy() {
  web_reply r = problem(503, "Busy", "Another request works with the quarantine; try again in a moment.");
  r.headers.emplace_back("Retry-After", "2");
  return r;
}

web_reply refusal_of(const boost::system::error_code& why, const std::string& words) {
  const std::string detail = words.empty() ? why.message() : words;
  if (why == q::make_error_code(q::errc::not_found)) return problem(404, "Not found", "No held message has this id.");
  if (why == q::make_error_code(q::errc::no_content)) return problem(410, "Gone", detail);
  if (why == q::make_error_code(q::errc::damaged)) return problem(409, "Damaged", detail);
  if (why == q::make_error_code(q::errc::no_such_recipient) || why == q::make_error_code(q::errc::invalid)) return problem(422, "Not possible", detail);
  if (why == q::make_error_code(q::errc::busy)) return desk_is_busy();
  return problem(503, "Storage trouble", detail);
}

std::int64_t number_of(const web_request& r, std::string_view key) {
  const std::string t = r.query_value(key);
  std::int64_t out = 0;
  const auto [end, ec] = std::from_chars(t.data(), t.data() + t.size(), out);
  return ec == std::errc() && end == t.data() + t.size() && out > 0 ? out : 0;
}

q::list_filter filter_of(const web_request& r, std::string_view text_key, std::string& wrong) {
  q::list_filter f;
  f.text = r.query_value(text_key);
  f.sender = r.query_value("sender");
  f.recipient = r.query_value("recipient");
  f.rule = r.query_value("rule");
  if (f.text.size() > search_octets_max || f.sender.size() > search_octets_max) wrong = "A search has at most 200 octets.";
  const std::string state = r.query_value("state");
  f.live_only = state.empty();
  if (state.empty() || state == "all") return f;
  q::recipient_state one{};
  if (!q::parse_state(state, one)) wrong = "The state is all, held, releasing, released, refused, deleted or expired.";
  else f.state = one;
  return f;
}

std::string audit_words(std::string_view what, const std::vector<desk_outcome>& all) {
  std::string out(what);
  for (const desk_outcome& o : all) {
    std::size_t changed = 0;
    for (const q::action_result& r : o.results) changed += r.changed;
    append_to(out, " ", o.id, (o.ok() ? concat(" (", std::to_string(changed), ")") : " (failed)"));
  }
  return out;
}

void add_quarantine_api(web_routes& routes, desk& d) {
  const auto add = [&routes, &d](verb method, const char* pattern, role least, std::size_t body, route_facts about, reply (*run)(desk&, const web_request&)) {
    routes.add({method, pattern, least, body, about, [&d, run](const web_request& r) -> reply { return run(d, r); }});
  };
  const auto add_action = [&routes, &d](const char* pattern, desk_action what, route_facts about, reply (*run)(desk&, desk_action, const web_request&)) {
    routes.add({verb::post, pattern, role::operate, small_body, about, [&d, what, run](const web_request& r) -> reply { return run(d, what, r); }});
  };
  add(verb::get, "/api/v1/quarantine", role::viewer, no_body,
      {"List held messages", "search:text:A part of subject, sender, recipient or id;sender:text:A part of the sender;"
       "recipient:text:A recipient;rule:text:Id of a rule that found something;"
       "state:all|held|releasing|released|refused|deleted|expired:Only these, otherwise what is held or being released;"
       "before:number;limit:1-25=25"}, list);
  add(verb::get, "/api/v1/quarantine/{id}", role::viewer, no_body, "Get one message with its findings, recipients and history", show);
  add(verb::get, "/api/v1/quarantine/{id}/preview", role::operate, no_body, "Get its text as readers would see it, with the words of findings marked", preview);
  add(verb::get, "/api/v1/quarantine/{id}/headers", role::operate, no_body, "Get its original header", headers);
  add(verb::get, "/api/v1/quarantine/{id}/original", role::operate, no_body,
      {"Download the message as it came in", "", "", "message/rfc822"}, original);
  add_action("/api/v1/quarantine/{id}/release", desk_action::release, {"Release to named recipients, or all", "", for_whom}, act);
  add_action("/api/v1/quarantine/{id}/delete", desk_action::remove, {"Delete for named recipients, or all", "", for_whom}, act);
  add(verb::post, "/api/v1/quarantine/{id}/release-and-allow", role::operate, small_body,
      {"Release, and except exactly these texts for these recipients", "",
       "recipients:texts:Only for these;all:flag:For all of them;days:1-90=30:Until the exception ends"}, release_and_allow);
  add_action("/api/v1/quarantine/release", desk_action::release, {"Release several messages to all their recipients", "", several}, bulk);
  add_action("/api/v1/quarantine/delete", desk_action::remove, {"Delete several messages for all their recipients", "", several}, bulk);
  add(verb::get, "/api/v1/quarantine/{id}/report", role::operate, no_body, "Get the abuse report as it would be sent", see_report);
  add(verb::post, "/api/v1/quarantine/{id}/report", role::operate, small_body,
      {"Report to the sender's abuse desk (RFC 5965)", "", "to:text:Another address than the profile's, for administrators",
       "202"}, send_report);
  add(verb::get, "/api/v1/own-mail", role::operate, no_body,
      {"List mail that Sluice itself sent or has to send", "before:number"}, own_mail);
  add(verb::delete_, "/api/v1/own-mail/{id}", role::operate, no_body, "Do not send it any more", drop_own_mail);
}

}  // namespace sluice::gateway
