// The API of access, as JSON: users, tokens, sessions, the audit log.
#include "firmware/gateway/manage/manage_access.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <ctime>

#include "core/concat.hpp"
#include "firmware/gateway/manage/json_body.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;
namespace json_lib = boost::json;

constexpr std::int64_t day_s = 86400, default_token_days = 365;

web_reply bad_role() { return problem(422, "Bad role", "The role is viewer, operator or admin."); }
web_reply nothing() {
  web_reply r;
  r.status = 204;
  return r;
}
web_reply result_of(outcome o, std::string_view detail = {}) { return o == outcome::done ? nothing() : reply_of(o, detail); }

template <class List, class One>
std::string json_list(const char* key, const List& all, One one) {
  std::string out;
  for (const auto& x : all) out += (out.empty() ? "" : ",") + one(x);
  return concat("{\"", key, "\":[", out, "]}\n");
}

std::string user_json(const user_entry& u) {
  return concat("{\"name\":", json(u.name), ",\"role\":", json(name_of(u.what)), ",\"created\":", json(utc(u.created)), "}");
}

std::string token_json(const token_entry& t) {
  return concat("{\"id\":", json(t.id), ",\"name\":", json(t.name), ",\"role\":", json(name_of(t.what)), ",\"created\":", json(utc(t.created)),
         ",\"expires\":", (t.expires == 0 ? "null" : json(utc(t.expires))),
         ",\"valid\":", (t.is_valid(std::time(nullptr)) ? "true" : "false"), "}");
}

std::string session_json(const session& s, const principal& who) {
  const std::int64_t now = access_service::now();
  return concat("{\"id\":", json(sluice::view(s.key)), ",\"user\":", json(sluice::view(s.user)), ",\"role\":", json(name_of(s.what)), ",\"address\":",
         json(sluice::view(s.address)), ",\"age_seconds\":", std::to_string(now - s.began), ",\"idle_seconds\":", std::to_string(now - s.used),
         ",\"this\":", (sluice::view(s.key) == who.key && who.via == "session" ? "true" : "false"), "}");
}

reply add_user(access_service& access, const web_request& q) {
  const auto o = object_of(q);
  if (!o) co_return not_json();
  const std::string name = text(*o, "name"), password = text(*o, "password");
  const auto what = role_named(text(*o, "role"));
  if (!what) co_return bad_role();
  const outcome done = co_await access.add_user(name, *what, password);
  web_reply r = done == outcome::done ? json_reply(concat("{\"name\":", json(name), "}\n"))
                                      : reply_of(done, done == outcome::bad_password ? password_fault(name, password) : "");
  if (done == outcome::done) r.status = 201;
  r.audit = concat("add user ", name, " as ", name_of(*what));
  co_return r;
}

reply change_user(access_service& access, const web_request& q) {
  const auto o = object_of(q);
  if (!o) co_return not_json();
  const std::string name = q.parameters[0], password = text(*o, "password"), role_text = text(*o, "role");
  if (o->contains("role")) {
    const auto what = role_named(role_text);
    if (!what) co_return bad_role();
    const outcome done = co_await access.set_role(name, *what);
    web_reply r = result_of(done);
    r.audit = concat("make user ", name, " ", role_text);
    co_return r;
  }
  const outcome done = co_await access.set_password(name, password);
  web_reply r = result_of(done, done == outcome::bad_password ? password_fault(name, password) : "");
  r.audit = concat("set the password of ", name);
  co_return r;
}

reply add_token(access_service& access, const web_request& q) {
  const auto o = object_of(q);
  if (!o) co_return not_json();
  const std::string name = text(*o, "name");
  const auto what = role_named(text(*o, "role"));
  if (!what) co_return bad_role();
  std::int64_t days = default_token_days;
  if (const json_lib::value* v = o->if_contains("days")) {
    if (!v->is_int64() || v->as_int64() < 0 || v->as_int64() > longest_token_life_s / day_s)
      co_return problem(422, "Bad life", "\"days\" is 0 (for ever) to 3660.");
    days = v->as_int64();
  }
  std::string presented, id;
  const std::int64_t expires = days == 0 ? 0 : std::time(nullptr) + days * day_s;
  const outcome done = co_await access.add_token(name, *what, expires, presented, id);
  web_reply r = done != outcome::done ? reply_of(done)
                                      : json_reply(concat("{\"id\":", json(id), ",\"name\":", json(name), ",\"role\":", json(name_of(*what)),
                                                   ",\"expires\":", (expires == 0 ? "null" : json(utc(expires))), ",\"token\":", json(presented), "}\n"));
  if (done == outcome::done) r.status = 201;
  r.audit = concat("make token ", name, " as ", name_of(*what));
  co_return r;
}

reply show_audit(access_service& access, const web_request& q) {
  const auto number = [&](const char* key, std::uint64_t otherwise) {
    const std::string t = q.query_value(key);
    std::uint64_t out = otherwise;
    std::from_chars(t.data(), t.data() + t.size(), out);
    return out;
  };
  const std::uint64_t before = number("before", 0), limit = std::clamp<std::uint64_t>(number("limit", audit_page_entries), 1, audit_page_entries);
  const std::vector<std::string> lines = co_await access.audit_page(before, static_cast<std::size_t>(limit));
  std::string out;
  for (const std::string& l : lines) append_to(out, (out.empty() ? "" : ",\n"), l);
  const std::string next = lines.empty() || lines.size() < limit ? "null" : std::to_string(serial_of(lines.back()));
  co_return json_reply(concat("{\"entries\":[", out, "],\"before\":", next, "}\n"));
}

}  // namespace

void add_access_api(web_routes& routes, access_service& access) {
  routes.add({verb::get, "/api/v1/users", role::admin, no_body, "List the users", [&access](const web_request&) -> reply {
                co_return json_reply(json_list("users", access.book().users, user_json));
              }});
  routes.add({verb::post, "/api/v1/users", role::admin, small_body,
              {"Add a user", "", "name!:text:What one logs in with;"
               "role!:viewer|operator|admin:What one may do, each what the ones before may;"
               "password!:password:10 to 256 octets", "201"},
              [&access](const web_request& q) -> reply { return add_user(access, q); }});
  routes.add({verb::patch, "/api/v1/users/{name}", role::admin, small_body,
              {"Change a user's role or password", "",
               "role:viewer|operator|admin:The new role, and with it only the role is changed;"
               "password:password:The new password, 10 to 256 octets", "204"},
              [&access](const web_request& q) -> reply { return change_user(access, q); }});
  routes.add({verb::delete_, "/api/v1/users/{name}", role::admin, no_body, "Remove a user", [&access](const web_request& q) -> reply {
                const std::string name = q.parameters[0];
                const outcome done = co_await access.remove_user(name);
                co_return result_of(done);
              }});
  routes.add({verb::get, "/api/v1/tokens", role::admin, no_body, "List the API tokens", [&access](const web_request&) -> reply {
                co_return json_reply(json_list("tokens", access.book().tokens, token_json));
              }});
  routes.add({verb::post, "/api/v1/tokens", role::admin, small_body,
              {"Make an API token; its secret is shown once", "",
               "name!:text:What it is for;role!:viewer|operator|admin:What it may do;"
               "days:0-3660=365:How long it is valid, 0 for ever", "201"},
              [&access](const web_request& q) -> reply { return add_token(access, q); }});
  routes.add({verb::delete_, "/api/v1/tokens/{id}", role::admin, no_body, "Revoke an API token", [&access](const web_request& q) -> reply {
                const std::string id = q.parameters[0];
                const outcome done = co_await access.remove_token(id);
                co_return result_of(done);
              }});
  routes.add({verb::get, "/api/v1/sessions", role::viewer, no_body, "List the own sessions; an administrator sees all",
              [&access](const web_request& q) -> reply {
                std::vector<session> all = access.sessions();
                if (q.who.what != role::admin) std::erase_if(all, [&](const session& s) { return sluice::view(s.user) != q.who.name || q.who.via != "session"; });
                co_return json_reply(json_list("sessions", all, [&](const session& s) { return session_json(s, q.who); }));
              }});
  routes.add({verb::delete_, "/api/v1/sessions/{id}", role::viewer, no_body, "End a session", [&access](const web_request& q) -> reply {
                co_return result_of(access.end_session(q.parameters[0], q.who));
              }});
  routes.add({verb::get, "/api/v1/audit", role::admin, no_body, {"List the audit log, newest first", "before:number;limit:1-100=100"},
              [&access](const web_request& q) -> reply { return show_audit(access, q); }});
}

}  // namespace sluice::gateway
