// The forms of people: /login, /logout, /setup, /account. Plain HTML that works without script.
#include "firmware/gateway/manage/manage_access.hpp"

#include <algorithm>

#include "core/concat.hpp"
#include "status/pages/frame.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;

constexpr std::int64_t busy_wait_s = 2;  // until another login may be looked at, as a hint

std::string frame(std::string_view title, const principal& who, const std::string& body) {
  return framed(title, view::none, who, concat("<section class=\"narrow\">", body, "</section>"));
}

std::string note(std::string_view text) { return notice_of("bad", text); }

std::string field(const char* label, const char* name, const char* type, const char* complete, std::string_view value = {}) {
  return concat("<p><label for=\"", name, "\">", label, "</label><br><input id=\"", name, "\" name=\"", name, "\" type=\"",
         type, "\" autocomplete=\"", complete, "\" required maxlength=\"256\" value=\"", html(value), "\"></p>");
}

std::string button(const char* text) { return concat("<p><button type=\"submit\">", text, "</button></p>"); }

// Only paths of our own: never another host, whatever the query says.
std::string next_of(const std::string& next) {
  // Browsers leave tabs and line ends out of addresses: "/", a tab and "/example.net" would be another host.
  const bool clean = std::ranges::all_of(next, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
  return clean && next.starts_with("/") && !next.starts_with("//") && next.find('\\') == std::string::npos && next.size() < 200 ? next : "/";
}

web_reply page(unsigned status, std::string text) {
  web_reply r = html_reply(std::move(text));
  r.status = status;
  return r;
}

web_reply login_page(const web_request& q, unsigned status, std::string_view why) {
  const std::string next = next_of(q.method == verb::post ? q.form_value("next") : q.query_value("next"));
  return page(status, frame("Log in", {}, concat(note(why), "<form method=\"post\" action=\"/login\"><input type=\"hidden\" name=\"next\" value=\"",
                                              html(next), "\">", field("User", "user", "text", "username", q.form_value("user")),
                                              field("Password", "password", "password", "current-password"), button("Log in"), "</form>")));
}

web_reply setup_page(const web_request& q, unsigned status, std::string_view why) {
  return page(status, frame("Set up", {}, concat(note(why),
                                              "<p>This box is new. The set-up secret stands on its console and in the file "
                                              "<code>setup.secret</code> of its data directory; it is needed once.</p>"
                                              "<form method=\"post\" action=\"/setup\">",
                                              field("Set-up secret", "secret", "text", "off"),
                                              field("Name of the first administrator", "user", "text", "username", q.form_value("user")),
                                              field("Password, at least 10 characters", "password", "password", "new-password"),
                                              field("The same again", "again", "password", "new-password"), button("Set up"), "</form>")));
}

web_reply account_page(const web_request& q, unsigned status, std::string_view why) {
  return page(status,
              frame("Account", q.who,
                    concat(note(why), "<p>You are <b>", html(q.who.name), "</b>, role <b>", html(name_of(q.who.what)), "</b>.</p>",
                        "<form method=\"post\" action=\"/account\"><input type=\"hidden\" name=\"csrf\" value=\"", html(q.who.csrf), "\">",
                        field("Present password", "old", "password", "current-password"),
                        field("New password, at least 10 characters", "password", "password", "new-password"),
                        field("The same again", "again", "password", "new-password"), button("Change the password"), "</form>",
                        "<form method=\"post\" action=\"/logout\"><input type=\"hidden\" name=\"csrf\" value=\"", html(q.who.csrf), "\">",
                        button("Log out"), "</form>")));
}

web_reply entered(const access_service::login_result& r, std::string to, std::string audit) {
  web_reply out = see_other(std::move(to));
  out.headers.emplace_back("Set-Cookie", r.cookie);
  out.audit = std::move(audit);
  return out;
}

reply post_login(access_service& access, const web_request& q) {
  if (access.in_setup()) co_return see_other("/setup");
  if (!access_service::is_own_form(q)) co_return problem(403, "Not from our page", "This form was sent by another site.");
  std::string user = q.form_value("user"), password = q.form_value("password"), address = q.client_ip;
  std::string before(cookie_value(q.cookie, session_cookie));
  const access_service::login_result r = co_await access.login(user, password, address, before);
  if (r.what == outcome::done) co_return entered(r, next_of(q.form_value("next")), concat("log in as ", user));
  web_reply out = login_page(q, reply_of(r.what).status, words_of(r.what, user, password, r.wait_s));
  const std::int64_t wait_s = r.what == outcome::busy ? busy_wait_s : r.wait_s;
  if (wait_s > 0) out.headers.emplace_back("Retry-After", std::to_string(wait_s));
  // Only a name that we gave: people type passwords into the wrong field.
  out.audit = access.book().user(user) != nullptr ? concat("failed login as ", user) : std::string("failed login, no such user");
  co_return out;
}

reply post_setup(access_service& access, const web_request& q) {
  if (!access_service::is_own_form(q)) co_return problem(403, "Not from our page", "This form was sent by another site.");
  std::string user = q.form_value("user"), password = q.form_value("password"), secret = q.form_value("secret"), address = q.client_ip;
  if (password != q.form_value("again")) co_return setup_page(q, 422, "The two passwords differ.");
  const access_service::login_result r = co_await access.set_up(secret, user, password, address);
  if (r.what == outcome::done) co_return entered(r, "/", concat("set up with ", user, " as first administrator"));
  if (r.what == outcome::missing) co_return problem(404, "Not found", "This box is set up.");
  web_reply out = setup_page(q, reply_of(r.what).status, words_of(r.what, user, password, r.wait_s));
  if (r.wait_s > 0) out.headers.emplace_back("Retry-After", std::to_string(r.wait_s));
  co_return out;
}

reply post_account(access_service& access, const web_request& q) {
  if (q.who.via != "session") co_return problem(403, "Not a session", "A password is changed by its user, logged in.");
  std::string old = q.form_value("old"), fresh = q.form_value("password"), name = q.who.name, address = q.client_ip;
  if (fresh != q.form_value("again")) co_return account_page(q, 422, "The two new passwords differ.");
  const outcome o = co_await access.change_password(name, old, fresh, address);
  if (o != outcome::done) co_return account_page(q, reply_of(o).status, words_of(o, name, fresh, 60));
  web_reply out = see_other("/login");
  out.headers.emplace_back("Set-Cookie", access_service::expired_cookie());
  co_return out;
}

}  // namespace

std::string words_of(outcome o, std::string_view user, std::string_view password, std::int64_t wait_s) {
  switch (o) {
    case outcome::done: return {};
    case outcome::wrong: return "That was wrong.";
    case outcome::wait: return concat("Too many tries: wait ", std::to_string(wait_s), " seconds.");
    case outcome::busy: return "Another login is being checked. Try again in a moment.";
    case outcome::bad_name: return "A name has 1 to 32 of a-z 0-9 . _ @ - and begins with a letter or digit.";
    case outcome::bad_password: return password_fault(user, password);
    case outcome::disk: return "It could not be written to the disk; nothing was changed.";
    case outcome::foreign: return "Set-up answers only to the local network.";
    case outcome::exists: return "There is a user of this name.";
    case outcome::missing: return "That is not there any more.";
    case outcome::full: return "No further one can be kept: remove one that is not needed any more.";
    case outcome::last_admin: return "The last administrator stays one.";
  }
  return "That is not possible.";
}

void add_access_pages(web_routes& routes, access_service& access) {
  routes.add({verb::get, "/login", role::nobody, no_body,
              {"Show the login form", "next:text:The page to come to"}, [&access](const web_request& q) -> reply {
                co_return access.in_setup() ? see_other("/setup") : login_page(q, 200, {});
              }});
  routes.add({verb::post, "/login", role::nobody, small_body, {"Log in", "", "user!;password!:password;next"},
              [&access](const web_request& q) -> reply { return post_login(access, q); }});
  routes.add({verb::post, "/logout", role::viewer, small_body, "Log out", [&access](const web_request& q) -> reply {
                access.logout(q.who);
                web_reply r = see_other("/login");
                r.headers.emplace_back("Set-Cookie", access_service::expired_cookie());
                co_return r;
              }});
  routes.add({verb::get, "/setup", role::nobody, no_body, "Show the set-up form", [&access](const web_request& q) -> reply {
                if (!access.in_setup()) co_return see_other("/login");
                if (!access.is_local(q.client_ip)) co_return reply_of(outcome::foreign);
                co_return setup_page(q, 200, {});
              }});
  routes.add({verb::post, "/setup", role::nobody, small_body,
              {"Set up with the first administrator", "", "secret!:password;user!;password!:password;again!:password"},
              [&access](const web_request& q) -> reply { return post_setup(access, q); }});
  routes.add({verb::get, "/account", role::viewer, no_body, "Show the account",
              [](const web_request& q) -> reply { co_return account_page(q, 200, {}); }});
  routes.add({verb::post, "/account", role::viewer, small_body,
              {"Change the own password", "", "old!:password;password!:password;again!:password"},
              [&access](const web_request& q) -> reply { return post_account(access, q); }});
}

}  // namespace sluice::gateway
