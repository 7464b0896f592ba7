#include "firmware/gateway/manage/manage_acme.hpp"

#include "core/concat.hpp"
#include "status/pages/frame.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;

const char* words_of_cause(acme::cause c) {
  switch (c) {
    case acme::cause::none: break;
    case acme::cause::first: return "there is none yet";
    case acme::cause::renewal: return "renewal";
    case acme::cause::changed: return "directory, names or kind of key have changed";
    case acme::cause::unusable: return "the stored one cannot be used";
  }
  return "";
}

std::string moment_json(std::int64_t t) { return t == 0 ? "null" : json(utc(t)); }

std::string acme_json(const acme::view& v) {
  if (v.now == acme::state::off) return "{\"state\":\"off\"}\n";
  std::string names;
  for (const std::string& n : v.names) append_to(names, (names.empty() ? "" : ","), json(n));
  return concat("{\"state\":\"", acme::name_of(v.now), "\",\"doing\":", (v.doing.empty() ? "null" : json(v.doing)), ",\"directory\":", json(v.directory), ",\"names\":[", names,
         "],\"sha256\":", (v.fingerprint.empty() ? "null" : json(v.fingerprint)), ",\"next\":", moment_json(v.next), ",\"cause\":", json(words_of_cause(v.why)),
         ",\"last_try\":", moment_json(v.tried), ",\"last_success\":", moment_json(v.succeeded), ",\"error\":", (v.error.empty() ? "null" : json(v.error)),
         ",\"failures\":", std::to_string(v.failures), ",\"orders\":", std::to_string(v.orders), ",\"failed_orders\":", std::to_string(v.failed_orders),
         ",\"challenges_answered\":", std::to_string(v.answered), "}\n");
}

net::awaitable<web_reply> renew_by_api(acme::service& by_acme) {
  const std::string why = by_acme.renew_now();
  web_reply r = why.empty() ? json_reply("{\"ordered\":true}\n") : problem(409, "Not now", why);
  if (why.empty()) r.status = 202;
  r.audit = concat("order a certificate from the CA now", (why.empty() ? "" : concat(": ", why)));
  co_return r;
}

net::awaitable<web_reply> renew_by_page(acme::service& by_acme) {
  const std::string why = by_acme.renew_now();
  web_reply r = why.empty() ? see_other("/certificates") : problem(409, "Not now", why);
  r.audit = concat("order a certificate from the CA now", (why.empty() ? "" : concat(": ", why)));
  co_return r;
}

net::awaitable<web_reply> tell_acme(acme::service& by_acme) { co_return json_reply(acme_json(by_acme.look())); }

}  // namespace

std::string acme_outlook(const acme::view& v) {
  if (v.now == acme::state::off) return {};
  if (v.now == acme::state::ordering) return concat("An order is under way: the box ", v.doing, ".");
  if (v.now == acme::state::no_clock) return "Nothing is ordered until the clock of this box can be believed.";
  if (v.now == acme::state::on_trial) return "Nothing is ordered until the new configuration is confirmed.";
  if (v.next == 0) return "The box is about to look.";
  return concat("The next order is due ", utc(v.next), ": ", words_of_cause(v.why), ".");
}

std::string acme_section(const acme::view& v, const principal& who) {
  std::string body;
  if (v.now == acme::state::off) {
    body = "<p>Switched off. With <code>[tls.acme]</code> in the configuration this box gets its certificate by itself, and renews it.</p>";
    return section_of("From a CA by itself (ACME)", body, "acme");
  }
  std::string names;
  for (const std::string& n : v.names) append_to(names, (names.empty() ? "" : "<br>"), html(n));
  if (!v.error.empty()) body += notice_of("bad", concat("The last order failed: ", v.error, "."));
  body += facts_of({{"State", v.failures > 0 ? badge_of("bad", concat(std::to_string(v.failures), " failed in a row")) : v.succeeded > 0 ? badge_of("good", "works") : badge_of("", "no order yet")},
                    {"Next", html(acme_outlook(v))},
                    {"Names", names},
                    {"CA", html(v.directory)},
                    {"Last order", v.tried > 0 ? time_of(v.tried) : "none"},
                    {"Last certificate", v.succeeded > 0 ? time_of(v.succeeded) : "none"}});
  if (v.now != acme::state::ordering) body += post_button(who, role::admin, "/certificates/acme/renew", "Order now");
  return section_of("From a CA by itself (ACME)", body, "acme");
}

void add_acme_routes(web_routes& routes, acme::service& by_acme) {
  routes.add({verb::get, "/api/v1/acme", role::viewer, no_body, "Get the state of the certificate that the box gets by itself: next order, last error",
              [&by_acme](const web_request&) { return tell_acme(by_acme); }});
  routes.add({verb::post, "/api/v1/acme/renew", role::admin, small_body, {"Order a certificate from the CA now", "", "", "202"},
              [&by_acme](const web_request&) { return renew_by_api(by_acme); }});
  routes.add({verb::post, "/certificates/acme/renew", role::admin, small_body, "Order a certificate from the CA now",
              [&by_acme](const web_request&) { return renew_by_page(by_acme); }});
}

}  // namespace sluice::gateway
