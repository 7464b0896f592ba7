// Routes of backups: for machines /api/v1/backup, for people the page /backup.
#include <boost/json.hpp>

#include "core/concat.hpp"
#include "firmware/gateway/trust/backup_desk.hpp"
#include "status/pages/frame.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;
namespace json_lib = boost::json;

web_reply audited(web_reply r, const char* what) {
  r.audit = what;
  return r;
}

reply fetch(backup_desk& desk) {
  web_reply r = co_await desk.by_recipient();
  co_return audited(std::move(r), "fetch a backup for backup.recipient_key");
}

reply make(backup_desk& desk, std::string passphrase) {
  web_reply r = co_await desk.by_passphrase(std::move(passphrase));
  co_return audited(std::move(r), "fetch a backup with a passphrase");
}

reply make_of_json(backup_desk& desk, const web_request& q) {
  boost::system::error_code ec;
  json_lib::parse_options options;
  options.max_depth = 2;
  const json_lib::value v = json_lib::parse(q.body, ec, {}, options);
  const json_lib::value* text = ec || !v.is_object() ? nullptr : v.as_object().if_contains("passphrase");
  std::string passphrase;  // an empty one is refused with the reason
  if (text != nullptr && text->is_string()) passphrase.assign(text->as_string().data(), text->as_string().size());
  return make(desk, std::move(passphrase));
}

web_reply page(const backup_desk& desk, const web_request& q) {
  const std::string form = concat("<form method=\"post\" action=\"/backup\">", csrf_field(q.who),
                           input_of("Passphrase, at least 12 characters; without it nobody can read the backup", "passphrase", "password", "",
                                    "required minlength=\"12\" maxlength=\"1024\" autocomplete=\"new-password\""),
                           "<p><button type=\"submit\" class=\"primary\">Download a backup</button></p></form>");
  std::string body = section_of("Backup", concat("<p>Everything that makes this box itself: configuration and its history, certificates and keys, users and tokens, held mail, "
                                          "what was learned. Mail goes on meanwhile. A replacement box takes it with <code>sluice restore</code>.</p>", form), "backup");
  if (desk.has_recipient())
    body += section_of("For the configured key", "<p><a href=\"/api/v1/backup\" download>Download a backup</a> that only the owner of <code>backup.recipient_key</code> can read.</p>", "recipient");
  return html_reply(framed("Backup", view::system, q.who, body));
}

reply show(const backup_desk& desk, const web_request& q) { co_return page(desk, q); }

}  // namespace

void add_backup_routes(web_routes& routes, backup_desk& desk) {
  routes.add({verb::get, "/api/v1/backup", role::admin, no_body,
              {"Download a backup, encrypted to backup.recipient_key", "", "", "application/octet-stream"},
              [&desk](const web_request&) -> reply { return fetch(desk); }});
  routes.add({verb::post, "/api/v1/backup", role::admin, small_body,
              {"Download a backup, encrypted with a passphrase", "", "passphrase!:password:At least 12 characters",
               "application/octet-stream"},
              [&desk](const web_request& q) -> reply { return make_of_json(desk, q); }});
  routes.add({verb::get, "/backup", role::admin, no_body, "Show the form for a backup", [&desk](const web_request& q) -> reply { return show(desk, q); }});
  routes.add({verb::post, "/backup", role::admin, small_body,
              {"Download a backup, encrypted with a passphrase", "", "passphrase!:password:At least 12 characters",
               "application/octet-stream"},
              [&desk](const web_request& q) -> reply { return make(desk, q.form_value("passphrase")); }});
}

}  // namespace sluice::gateway
