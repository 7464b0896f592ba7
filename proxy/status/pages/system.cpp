#include "status/pages/system.hpp"

#include <array>
#include <boost/json.hpp>

#include "core/concat.hpp"
#include "status/pages/elements.hpp"
#include "status/pages/frame.hpp"
#include "status/text.hpp"

namespace sluice::status {
namespace {

const std::vector<std::pair<std::string, std::string>> roles{{"viewer", "viewer: looks"}, {"operator", "operator: works in quarantine and lists"}, {"admin", "admin: everything"}};

std::string about(const system_view& v) {
  const snapshot& s = v.now;
  std::string lags;
  for (const std::int64_t ms : s.loop_lag_ms) append_to(lags, (lags.empty() ? "" : ", "), std::to_string(ms), " ms");
  std::string out = facts_of({{"Version", html(s.version)},
                              {"Name", html(s.hostname)},
                              {"Up", concat("<span data-live=\"uptime_seconds\" data-format=\"duration\">", duration_of(s.now - s.started), "</span>")},
                              {"Event loops", concat(std::to_string(s.loop_lag_ms.size()), " <small>(behind by ", lags, ")</small>")},
                              {"Memory", concat(bytes(s.resident_bytes), " <small>of ", bytes(s.budget_bytes), " planned</small>")},
                              {"Storage", concat("busy for ", std::to_string(s.storage_busy_ms), " ms, ", bytes(s.data.free_bytes), " free")}});
  std::string rows;
  for (const component& c : v.components) rows += row_of({html(c.name), html(c.version), html(c.licence)});
  append_to(out, "<details><summary>Made with</summary>", table_of("Made with", {"What", "Version", "Licence"}, rows, ""), "</details>");
  return section_of("This box", concat(out, "<p class=\"more\"><a href=\"/metrics\">Metrics (Prometheus)</a><a href=\"/api/v1/openapi.json\">API description (OpenAPI)</a>"
                                      "<a href=\"/api/v1/status\">Everything as JSON</a><a href=\"/licences\">Licences</a></p>"));
}

std::string tools(const system_view& v) {
  if (v.tools.empty()) return {};
  std::string out;
  for (const auto& [path, name] : v.tools) append_to(out, "<a class=\"button\" href=\"", html(path), "\">", html(name), "</a>");
  return section_of("Tools", concat("<div class=\"actions\">", out, "</div>"));
}

std::string sessions(const system_view& v, const principal& who) {
  std::string rows;
  for (const session& s : v.sessions) {
    const bool own = sluice::view(s.key) == who.key && who.via == "session";
    rows += row_of({concat(html(sluice::view(s.user)), (own ? " <small>(this one)</small>" : "")), html(name_of(s.what)), html(sluice::view(s.address)), duration_of(v.steady_now - s.began),
                    duration_of(v.steady_now - s.used),
                    post_button(who, role::viewer, concat("/system/sessions/", sluice::view(s.key), "/end"), "End", {}, "danger", own ? "End this session? You will have to log in again." : "End this session?")});
  }
  return section_of("Sessions of people", table_of("Sessions of people", {"User", "Role", "From", "Open for", "Idle for", "Action"}, rows, "None is open."), "sessions");
}

std::string role_form(const principal& who, const user_entry& u) {
  std::string out = concat("<form method=\"post\" class=\"inline\" action=\"/system/users/", html(u.name), "/role\">", csrf_field(who), "<select name=\"role\" aria-label=\"Role of ", html(u.name), "\">");
  for (const auto& [value, label] : roles) append_to(out, "<option", std::string(value == name_of(u.what) ? " selected" : ""), ">", html(value), "</option>");
  return concat(out, "</select> <button type=\"submit\" data-confirm=\"Change the role? The user's sessions end.\">Change</button></form>");
}

// For whoever forgot it; one's own is changed under Account. Ids of its own: the form below has the same fields.
std::string password_form(const system_view& v, const principal& who) {
  if (v.users.empty()) return {};
  std::string names;
  for (const user_entry& u : v.users) append_to(names, "<option>", html(u.name), "</option>");
  return concat("<details><summary>Set a user's password</summary><form method=\"post\" action=\"/system/users/password\">", csrf_field(who),
                "<p class=\"field\"><label for=\"password-user\">User</label><select id=\"password-user\" name=\"name\">", names, "</select></p>"
                "<p class=\"field\"><label for=\"password-new\">New password, at least 10 characters; the user's sessions end</label><input id=\"password-new\" name=\"password\" type=\"password\" "
                "required maxlength=\"256\" autocomplete=\"new-password\"></p><button type=\"submit\">Set the password</button></form></details>");
}

std::string users(const system_view& v, const principal& who) {
  std::string rows;
  for (const user_entry& u : v.users)
    rows += row_of({html(u.name), role_form(who, u), utc(u.created).substr(0, 10),
                    post_button(who, role::admin, concat("/system/users/", percent_encoded(u.name), "/remove"), "Remove", {}, "danger", concat("Remove the user ", u.name, "? Its sessions end."))});
  return section_of("Users", concat(table_of("Users", {"Name", "Role", "Since", "Action"}, rows, "There is none."), password_form(v, who), "<details><summary>Add a user</summary><form method=\"post\" action=\"/system/users\">", csrf_field(who),
                                 input_of("Name", "name", "text", "", "required maxlength=\"32\" autocomplete=\"off\""), select_of("Role", "role", "viewer", roles),
                                 input_of("Password, at least 10 characters", "password", "password", "", "required maxlength=\"256\" autocomplete=\"new-password\""),
                                 "<button type=\"submit\" class=\"primary\">Add the user</button></form></details>"), "users");
}

std::string tokens(const system_view& v, const principal& who) {
  std::string rows, out;
  for (const token_entry& t : v.tokens)
    rows += row_of({html(t.name), html(name_of(t.what)), utc(t.created).substr(0, 10), t.expires == 0 ? "never" : t.is_valid(v.now.now) ? time_of(t.expires) : badge_of("bad", "expired"),
                    post_button(who, role::admin, concat("/system/tokens/", t.id, "/remove"), "Revoke", {}, "danger", concat("Revoke the token ", t.name, "? What uses it is refused from then on."))});
  if (!v.fresh_token.empty())
    append_to(out, "<div class=\"notice good\" role=\"status\"><p>The new token. It is shown this once and kept nowhere:</p><p><code id=\"fresh\">", html(v.fresh_token),
           "</code></p><p><button type=\"button\" data-copy=\"#fresh\" data-needs-script hidden>Copy</button></p></div>");
  return section_of("API tokens", concat(out, table_of("API tokens", {"Name", "Role", "Since", "Expires", "Action"}, rows, "There is none."),
                                      "<details><summary>Make a token</summary><form method=\"post\" action=\"/system/tokens\">", csrf_field(who),
                                      "<p class=\"field\"><label for=\"token-name\">Name</label><input id=\"token-name\" name=\"name\" required maxlength=\"32\" autocomplete=\"off\"></p>"
                                      "<p class=\"field\"><label for=\"token-role\">Role</label><select id=\"token-role\" name=\"role\"><option>viewer</option><option>operator</option><option>admin</option></select></p>",
                                      input_of("Valid for days (0: for ever)", "days", "number", "365", "min=\"0\" max=\"3660\""), "<button type=\"submit\" class=\"primary\">Make the token</button></form></details>"), "tokens");
}

// A member of a JSON object as text, whatever its kind.
std::string member(const boost::json::object& o, const char* key) {
  const boost::json::value* v = o.if_contains(key);
  if (v == nullptr) return {};
  if (v->is_string()) return std::string(v->as_string().data(), v->as_string().size());
  return boost::json::serialize(*v);
}

}  // namespace

std::string system_page(const system_view& v, const principal& who) {
  std::string out = concat(notice_of("bad", v.fault), about(v), v.box, tools(v), sessions(v, who));
  if (who.what == role::admin)
    append_to(out, users(v, who), tokens(v, who), section_of("Audit log", "<p>Every action, with who, when, from where and result. <a href=\"/system/audit\">Open the audit log</a></p>"));
  return framed("System", view::system, who, out);
}

std::string audit_page_of(const std::vector<std::string>& lines, std::uint64_t older, const principal& who) {
  std::string rows;
  for (const std::string& line : lines) {
    boost::system::error_code ec;
    const boost::json::value v = boost::json::parse(line, ec);
    if (ec || !v.is_object()) continue;
    const boost::json::object& o = v.as_object();
    const std::string result = member(o, "result"), by = member(o, "who");
    rows += row_of({html(member(o, "time")), by.empty() ? "<span class=\"dim\">a stranger</span>" : html(by), concat(html(member(o, "address")), "<span class=\"sub\">", html(member(o, "via")), "</span>"),
                    concat(html(member(o, "what")), "<span class=\"sub\">", html(member(o, "target")), "</span>"),
                    badge_of(result.starts_with('2') || result.starts_with('3') ? "good" : "bad", result)});
  }
  return framed("Audit log", view::system, who,
                concat("<section>", table_of("Audit log", {"Time", "Who", "From", "What", "Result"}, rows, "Nothing was done yet."),
                    (older == 0 ? "" : next_page(concat("/system/audit?before=", std::to_string(older)))), "</section><p class=\"more\"><a href=\"/system\">Back to System</a></p>"));
}

std::string licences_text(const std::vector<component>& all) {
  std::string out = "Sluice is made with these libraries; each stands under its own licence.\n\n";
  for (const component& c : all) append_to(out, c.name, (c.version.empty() ? "" : concat(" ", c.version)), ": ", c.licence, "\n");
  return out;
}

}  // namespace sluice::status
