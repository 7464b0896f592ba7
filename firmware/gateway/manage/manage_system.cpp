// The view System: facts, and the forms over users, tokens, sessions and the audit log. The API of the same things is in
// manage_access.cpp.
#include <ares.h>
#include <mbedtls/version.h>
#include <sodium.h>
#include <sqlite3.h>

#include <boost/version.hpp>
#include <charconv>
#include <ctime>

#include "firmware/gateway/manage/manage.hpp"
#include "firmware/gateway/manage/manage_access.hpp"
#include "status/pages/system.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;

constexpr std::int64_t day_s = 86400;
constexpr std::size_t audit_rows = 50;

struct system_parts {
  snapshot_source look;
  access_service* access;
  const web_routes* table;
  box_sections box;
};

// Pages that have no place of their own in the navigation, shown when this program serves them to who asks.
constexpr std::pair<const char*, const char*> tools[] = {{"/trace", "Where is my mail?"}, {"/certificates", "Certificates"}, {"/backup", "Backup and restore"},
                                                         {"/privacy", "Privacy"},         {"/support", "Support bundle"}};

std::vector<component> components() {
  char mbedtls[24] = {};
  mbedtls_version_get_string(mbedtls);
  const std::string boost = std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000) + "." + std::to_string(BOOST_VERSION % 100);
  return {{"Boost (Asio, Beast, JSON)", boost, "BSL-1.0"}, {"Mbed TLS", mbedtls, "Apache-2.0"},     {"SQLite", sqlite3_libversion(), "public domain"},
          {"libsodium", sodium_version_string(), "ISC"},    {"c-ares", ares_version(nullptr), "MIT"}, {"libpsl with the Public Suffix List", "", "MIT, MPL-2.0"},
          {"utf8proc", "", "MIT"},                          {"toml++", "", "MIT"},                    {"CLI11", "", "BSD-3-Clause"}};
}

system_view view_for(const system_parts& parts, const web_request& q, std::string fault = {}) {
  system_view v;
  v.now = parts.look();
  v.components = components();
  v.sessions = parts.access->sessions();
  v.steady_now = access_service::now();
  if (q.who.what == role::admin) {
    v.users = parts.access->book().users;
    v.tokens = parts.access->book().tokens;
  } else {
    std::erase_if(v.sessions, [&](const session& s) { return std::string_view(s.user.data(), s.user.size()) != q.who.name || q.who.via != "session"; });
  }
  for (const auto& [path, name] : tools) {
    const web_route* found = parts.table->find(verb::get, *split_path(path)).route;
    if (found != nullptr && q.who.what >= found->least) v.tools.emplace_back(path, name);
  }
  v.fault = std::move(fault);
  return v;
}

reply show_page(system_parts parts, const web_request& q) {
  system_view v = view_for(parts, q);
  v.box = co_await parts.box(q.who);
  co_return html_reply(system_page(v, q.who));
}

// Back to the page when it was done, else the page with the reason.
web_reply after(const system_parts& parts, const web_request& q, outcome o, std::string_view password, std::string audit) {
  web_reply r = o == outcome::done ? see_other("/system") : html_reply(system_page(view_for(parts, q, words_of(o, q.form_value("name"), password, 60)), q.who));
  if (o != outcome::done) r.status = reply_of(o).status;
  r.audit = std::move(audit);
  return r;
}

web_reply unprocessable(const system_parts& parts, const web_request& q, const char* why) {
  web_reply r = html_reply(system_page(view_for(parts, q, why), q.who));
  r.status = 422;
  return r;
}

reply add_user(system_parts parts, const web_request& q) {
  const std::string name = q.form_value("name"), password = q.form_value("password");
  const auto what = role_named(q.form_value("role"));
  if (!what) co_return unprocessable(parts, q, "The role is viewer, operator or admin.");
  const outcome o = co_await parts.access->add_user(name, *what, password);
  co_return after(parts, q, o, password, "add user " + name + " as " + std::string(name_of(*what)));
}

reply set_role(system_parts parts, const web_request& q) {
  const std::string name = q.parameters[0];
  const auto what = role_named(q.form_value("role"));
  if (!what) co_return unprocessable(parts, q, "The role is viewer, operator or admin.");
  const outcome o = co_await parts.access->set_role(name, *what);
  co_return after(parts, q, o, {}, "make user " + name + " " + std::string(name_of(*what)));
}

reply set_password(system_parts parts, const web_request& q) {
  const std::string name = q.form_value("name"), password = q.form_value("password");
  const outcome o = co_await parts.access->set_password(name, password);
  co_return after(parts, q, o, password, "set the password of " + name);
}

reply remove_user(system_parts parts, const web_request& q) {
  const std::string name = q.parameters[0];
  const outcome o = co_await parts.access->remove_user(name);
  co_return after(parts, q, o, {}, "remove user " + name);
}

reply add_token(system_parts parts, const web_request& q) {
  const std::string name = q.form_value("name"), days_text = q.form_value("days");
  const auto what = role_named(q.form_value("role"));
  std::int64_t days = -1;
  std::from_chars(days_text.data(), days_text.data() + days_text.size(), days);
  if (!what) co_return unprocessable(parts, q, "The role is viewer, operator or admin.");
  if (days < 0 || days > longest_token_life_s / day_s) co_return unprocessable(parts, q, "A token is valid for 1 to 3660 days, or with 0 for ever.");
  std::string presented, id;
  const std::int64_t expires = days == 0 ? 0 : std::time(nullptr) + days * day_s;
  const outcome o = co_await parts.access->add_token(name, *what, expires, presented, id);
  const std::string audit = "make token " + name + " as " + std::string(name_of(*what));
  if (o != outcome::done) co_return after(parts, q, o, {}, audit);
  system_view v = view_for(parts, q);
  v.fresh_token = presented;
  web_reply r = html_reply(system_page(v, q.who));
  r.audit = audit;
  co_return r;
}

reply remove_token(system_parts parts, const web_request& q) {
  const std::string id = q.parameters[0];
  const outcome o = co_await parts.access->remove_token(id);
  co_return after(parts, q, o, {}, "revoke token " + id);
}

reply show_audit(system_parts parts, const web_request& q) {
  const std::string text = q.query_value("before");
  std::uint64_t before = 0;
  std::from_chars(text.data(), text.data() + text.size(), before);
  const std::vector<std::string> lines = co_await parts.access->audit_page(before, audit_rows);
  const std::uint64_t older = lines.size() < audit_rows ? 0 : serial_of(lines.back());
  co_return html_reply(audit_page_of(lines, older, q.who));
}

web_reply licences() {
  web_reply r;
  r.content_type = "text/plain; charset=utf-8";
  r.body = licences_text(components());
  return r;
}

}  // namespace

void add_system_routes(web_routes& routes, snapshot_source look, access_service& access, box_sections box) {
  const system_parts parts{std::move(look), &access, &routes, std::move(box)};
  routes.add({verb::get, "/system", role::viewer, no_body, "Show the system page", [parts](const web_request& q) -> reply { return show_page(parts, q); }});
  routes.add({verb::get, "/licences", role::viewer, no_body,
              {"List the libraries with their licences", "", "", "200 303 text/plain"},
              [](const web_request&) -> reply { co_return licences(); }});
  routes.add({verb::get, "/system/audit", role::admin, no_body,
              {"Show the audit log", "before:number"}, [parts](const web_request& q) -> reply { return show_audit(parts, q); }});
  routes.add({verb::post, "/system/users", role::admin, small_body,
              {"Add a user", "", "name!;role!;password!:password"},
              [parts](const web_request& q) -> reply { return add_user(parts, q); }});
  routes.add({verb::post, "/system/users/password", role::admin, small_body,
              {"Set a user's password", "", "name!;password!:password"},
              [parts](const web_request& q) -> reply { return set_password(parts, q); }});
  routes.add({verb::post, "/system/users/{name}/role", role::admin, small_body,
              {"Change a user's role", "", "role!"}, [parts](const web_request& q) -> reply { return set_role(parts, q); }});
  routes.add({verb::post, "/system/users/{name}/remove", role::admin, small_body, "Remove a user", [parts](const web_request& q) -> reply { return remove_user(parts, q); }});
  routes.add({verb::post, "/system/tokens", role::admin, small_body,
              {"Make an API token", "", "name!;role!;days!:0-3660"},
              [parts](const web_request& q) -> reply { return add_token(parts, q); }});
  routes.add({verb::post, "/system/tokens/{id}/remove", role::admin, small_body, "Revoke an API token", [parts](const web_request& q) -> reply { return remove_token(parts, q); }});
  routes.add({verb::post, "/system/sessions/{id}/end", role::viewer, small_body, "End a session", [parts](const web_request& q) -> reply {
                co_return after(parts, q, parts.access->end_session(q.parameters[0], q.who), {}, "end session " + q.parameters[0]);
              }});
}

}  // namespace sluice::gateway
