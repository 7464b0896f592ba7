// The API of the generations: push, check, confirm, go back; the running text, differences, history.
#include "firmware/gateway/manage/manage_config.hpp"

#include <algorithm>
#include <charconv>

#include "config/hide_queries.hpp"
#include "config/toml_reader.hpp"
#include "core/concat.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;
using generations::entry;

constexpr const char* toml_type = "application/toml";

std::string number(std::uint64_t n) { return std::to_string(n); }
std::string time_json(std::int64_t t) { return t == 0 ? "null" : json(utc(t)); }

template <class List, class One>
std::string list_json(const List& all, One one) {
  std::string out;
  for (const auto& x : all) out += (out.empty() ? "" : ",") + one(x);
  return concat("[", out, "]");
}

std::string problem_json(const config::problem& p) {
  return concat("{\"line\":", number(p.at.line), ",\"column\":", number(p.at.column), ",\"key\":", json(p.key), ",\"what\":", json(p.what),
         ",\"remedy\":", json(p.remedy), ",\"note\":", (p.is_note ? "true" : "false"), "}");
}

std::string change_json(const config::change& c) {
  return concat("{\"key\":", json(c.key), ",\"before\":", json(c.before), ",\"now\":", json(c.now), "}");
}

std::string changes_json(const std::vector<config::change>& all, const principal& who) {
  return list_json(all, [&who](const config::change& c) { return change_json({c.key, shown_to(who, c.before), shown_to(who, c.now), c.when}); });
}

std::string entry_json(const entry& e, const generations_view& v) {
  return concat("{\"generation\":", number(e.number), ",\"before\":", number(e.before), ",\"serial\":", number(e.serial), ",\"octets\":",
         number(e.octets), ",\"taken\":", time_json(e.taken), ",\"ended\":", time_json(e.ended), ",\"from\":", json(name_of(e.from)),
         ",\"result\":", json(name_of(e.what)), ",\"who\":", json(e.who), ",\"by\":", json(e.by), ",\"why\":", json(config::hide_queries(e.why)),
         ",\"sha256\":", json(e.hash), ",\"running\":", (e.number == v.running ? "true" : "false"), ",\"confirmed\":",
         (e.number == v.confirmed ? "true" : "false"), "}");
}

std::string state_json(const generation_keeper& keeper) {
  const generations_view v = keeper.look();
  std::string out = concat("{\"state\":", json(name_of(v.at)), ",\"running\":", number(v.running), ",\"confirmed\":", number(v.confirmed),
                    ",\"candidate\":", (v.candidate == 0 ? "null" : number(v.candidate)), ",\"serial\":", number(v.serial),
                    ",\"etag\":", json(keeper.etag()), ",\"confirm_until\":", time_json(v.deadline));
  if (v.at == generations::state::waiting) append_to(out, ",\"seconds_left\":", number(static_cast<std::uint64_t>(v.seconds_left)));
  return concat(out, "}\n");
}

web_reply reply_of(const push_answer& a, const generation_keeper& keeper) {
  web_reply r;
  const std::string problems = list_json(a.problems, problem_json), changes = list_json(a.changes, change_json);
  if (a.status < 300) {
    r = json_reply(concat("{\"title\":", json(a.title), ",\"detail\":", json(a.detail), ",\"generation\":", (a.number == 0 ? "null" : number(a.number)),
                   ",\"notes\":", problems, ",\"changes\":", changes, "}\n"));
    r.status = a.status;
  } else {
    r = problem(a.status, a.title, a.detail);
    r.body = concat(r.body.substr(0, r.body.rfind('}')), ",\"problems\":", problems, ",\"changes\":", changes, "}\n");
  }
  r.headers.emplace_back("ETag", keeper.etag());
  if (a.status == 409 || a.status == 503) r.headers.emplace_back("Retry-After", "5");
  return r;
}

// RFC 9110 section 13.1.1: one of the listed tags, or "*".
bool matches(const std::string& field, const std::string& etag) {
  return field == "*" || (field.find(etag) != std::string::npos && etag.size() > 2);
}

reply put_config(generation_keeper& keeper, const web_request& q) {
  if (q.if_match.empty())
    co_return problem(428, "If-Match is missing", "Say which generation yours replaces: If-Match with the ETag of GET /api/v1/config, or * for any.");
  if (!matches(q.if_match, keeper.etag())) {
    push_answer other;
    other.status = 412;
    other.title = "Another generation runs";
    other.detail = "It changed since you read it. Read it again, then push.";
    co_return reply_of(other, keeper);
  }
  bool good = true;
  push_request r;
  r.confirm_within_s = confirm_seconds(q.query_value("confirm"), good);
  if (!good) co_return problem(422, "Bad time", "confirm is a number of seconds, 60 to 86400.");
  r.may_restart = q.query_value("restart") == "true";
  r.text = q.body;
  r.signature = q.signature;
  r.who = who_of(q.who);
  r.from = way_of(q.who);
  const push_answer a = co_await keeper.push(std::move(r));
  web_reply out = reply_of(a, keeper);
  if (a.status == 202) out.headers.emplace_back("Location", concat("/api/v1/config/history/", number(a.number)));
  out.audit = audit_of(a, "push");
  co_return out;
}

reply check_config(generation_keeper& keeper, const web_request& q) {
  push_request r;
  r.text = q.body;
  r.signature = q.signature;
  r.who = who_of(q.who);
  r.from = way_of(q.who);
  r.only_check = true;
  r.may_restart = q.query_value("restart") == "true";
  const push_answer a = co_await keeper.push(std::move(r));
  web_reply out = reply_of(a, keeper);
  out.audit = audit_of(a, "check");
  co_return out;
}

reply get_config(generation_keeper& keeper, const web_request& q) {
  const std::string etag = keeper.etag();
  web_reply r;
  r.headers.emplace_back("ETag", etag);
  if (!q.if_none_match.empty() && matches(q.if_none_match, etag)) {
    r.status = 304;
    co_return r;
  }
  auto text = co_await keeper.text_of(keeper.look().running);
  if (!text) co_return problem(503, "Not readable", "The text of the running generation cannot be read from the medium.");
  r.content_type = toml_type;
  r.body = shown_to(q.who, std::move(*text));
  co_return r;
}

// Without from and to: what the generation that is tried changes, or what the running one changed when it came.
reply get_diff(generation_keeper& keeper, const web_request& q) {
  const generations_view v = keeper.look();
  const entry* running = keeper.known().find(v.candidate != 0 ? v.candidate : v.running);
  const std::uint64_t to = number_of(q.query_value("to"), running != nullptr ? running->number : 0);
  const entry* e = keeper.known().find(to);
  const std::uint64_t from = number_of(q.query_value("from"), e != nullptr ? e->before : 0);
  const auto changes = co_await keeper.changes_between(from, to);
  if (!changes) co_return problem(404, "Not kept", "One of these generations is not kept (any more), or is the first one.");
  co_return json_reply(concat("{\"from\":", number(from), ",\"to\":", number(to), ",\"changes\":", changes_json(*changes, q.who), "}\n"));
}

reply get_history(generation_keeper& keeper, const web_request& q) {
  const generations_view v = keeper.look();
  const std::uint64_t before = number_of(q.query_value("before"), ~std::uint64_t{0});
  const std::size_t limit = std::clamp<std::size_t>(number_of(q.query_value("limit"), generations::most_entries), 1, generations::most_entries);
  std::vector<entry> page;
  for (auto e = keeper.known().entries.rbegin(); e != keeper.known().entries.rend() && page.size() < limit; ++e)
    if (e->number < before) page.push_back(*e);
  const bool more = !page.empty() && page.back().number > keeper.known().entries.front().number;
  co_return json_reply(concat("{\"entries\":", list_json(page, [&](const entry& e) { return entry_json(e, v); }), ",\"before\":",
                       (more ? number(page.back().number) : "null"), "}\n"));
}

reply get_entry(generation_keeper& keeper, const web_request& q, bool as_text) {
  const std::uint64_t wanted = number_of(q.parameters[0], 0);
  const entry* found = keeper.known().find(wanted);
  if (found == nullptr) co_return problem(404, "Not kept", "There is no generation of this number in the history.");
  const entry e = *found;
  if (as_text) {
    auto text = co_await keeper.text_of(wanted);
    if (!text) co_return problem(503, "Not readable", "Its text cannot be read from the medium.");
    web_reply r;
    r.content_type = toml_type;
    r.body = shown_to(q.who, std::move(*text));
    co_return r;
  }
  const auto changes = co_await keeper.changes_between(e.before, wanted);
  std::string out = entry_json(e, keeper.look());
  out.insert(out.size() - 1, concat(",\"changes\":", (changes ? changes_json(*changes, q.who) : "null")));
  co_return json_reply(concat(out, "\n"));
}

}  // namespace

std::string shown_to(const principal& who, std::string text) { return who.what < role::admin ? config::hide_queries(text) : std::move(text); }

std::uint64_t number_of(const std::string& text, std::uint64_t otherwise) {
  std::uint64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  return ec == std::errc{} && end == text.data() + text.size() ? n : otherwise;
}

generations::way way_of(const principal& who) {
  return who.via == "local" ? generations::way::shell : who.via == "session" ? generations::way::page : generations::way::api;
}

std::string who_of(const principal& who) { return who.via.empty() || who.via == who.name ? who.name : concat(who.name, " (", who.via, ")"); }

std::string audit_of(const push_answer& a, const char* did) {
  if (a.status >= 300) return concat(did, " of a configuration refused: ", a.title);
  const std::string changes = a.changes.empty() ? "" : concat(", ", std::to_string(a.changes.size()), (a.changes.size() == 1 ? " change" : " changes"));
  return concat(did, " of ", (a.number == 0 ? "a configuration" : concat("generation ", number(a.number))), changes);
}

std::int64_t confirm_seconds(const std::string& text, bool& good) {
  std::int64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  good = text.empty() || (ec == std::errc{} && end == text.data() + text.size() && n >= least_confirm_s && n <= most_confirm_s);
  return good ? n : 0;
}

void add_config_api(web_routes& routes, generation_keeper& keeper) {
  routes.add({verb::get, "/api/v1/config", role::viewer, no_body,
              {"Get the running configuration as TOML; its ETag is needed to replace it",
               "@If-None-Match:text:The ETag that is known", "", "200 304 application/toml"},
              [&keeper](const web_request& q) -> reply { return get_config(keeper, q); }});
  routes.add({verb::put, "/api/v1/config", role::admin, config::max_file_bytes,
              {"Push a configuration", "@If-Match!:text:The ETag of what it replaces, * for any;"
               "@Sluice-Signature:text:Detached Ed25519 signature of the body, base64;"
               "confirm:60-86400:Seconds in which it must be confirmed;"
               "restart:flag:What only a start can change is tried at one, at once", "application/toml", "200 202"},
              [&keeper](const web_request& q) -> reply { return put_config(keeper, q); }});
  routes.add({verb::post, "/api/v1/config/check", role::admin, config::max_file_bytes,
              {"Check a configuration as a push would, changing nothing",
               "@Sluice-Signature:text:Detached Ed25519 signature of the body, base64;"
               "restart:flag:What only a start can change is tried at one, at once", "application/toml"},
              [&keeper](const web_request& q) -> reply { return check_config(keeper, q); }});
  routes.add({verb::post, "/api/v1/config/confirm", role::admin, small_body,
              {"Confirm the generation that waits", "generation:number:Only this one"}, [&keeper](const web_request& q) -> reply {
                std::string who = who_of(q.who);
                const push_answer a = co_await keeper.confirm(std::move(who), number_of(q.query_value("generation"), 0));
                web_reply r = reply_of(a, keeper);
                r.audit = audit_of(a, "confirm");
                co_return r;
              }});
  routes.add({verb::post, "/api/v1/config/rollback", role::admin, small_body,
              {"Go back to the confirmed generation", "generation:number:Only from this one", "", "202"},
              [&keeper](const web_request& q) -> reply {
                std::string who = who_of(q.who);
                const push_answer a = co_await keeper.take_back(std::move(who), number_of(q.query_value("generation"), 0));
                web_reply r = reply_of(a, keeper);
                r.audit = audit_of(a, "rollback");
                co_return r;
              }});
  routes.add({verb::get, "/api/v1/config/state", role::viewer, no_body, "Tell which generation runs, is confirmed, is tried, and how long it waits",
              [&keeper](const web_request&) -> reply { co_return json_reply(state_json(keeper)); }});
  routes.add({verb::get, "/api/v1/config/diff", role::viewer, no_body,
              {"Compare two generations; without numbers the one on trial, or the running one, with the one before it",
               "from:number:The older one;to:number:The newer one"},
              [&keeper](const web_request& q) -> reply { return get_diff(keeper, q); }});
  routes.add({verb::get, "/api/v1/config/history", role::viewer, no_body,
              {"List the generations, newest first", "before:number;limit:1-20=20"},
              [&keeper](const web_request& q) -> reply { return get_history(keeper, q); }});
  routes.add({verb::get, "/api/v1/config/history/{number}", role::viewer, no_body, "Tell about one generation and what it changed",
              [&keeper](const web_request& q) -> reply { return get_entry(keeper, q, false); }});
  routes.add({verb::get, "/api/v1/config/history/{number}/text", role::viewer, no_body,
              {"Get the TOML of one generation", "", "", "application/toml"},
              [&keeper](const web_request& q) -> reply { return get_entry(keeper, q, true); }});
}

}  // namespace sluice::gateway
