// The page /certificates: what is in force, what is stored, and the forms to bring a certificate or to ask for one.
#include <ctime>

#include "core/concat.hpp"
#include "firmware/gateway/manage/manage_acme.hpp"
#include "firmware/gateway/manage/manage_certificates.hpp"
#include "status/pages/frame.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;

constexpr std::size_t form_octets = 96 * 1024;  // PEM in a form: '+' and '/' take three octets
constexpr std::int64_t day_s = 86400;

std::string days_of(const tls::certificate_info& c) {
  const std::int64_t left = (c.not_after - std::time(nullptr)) / day_s;
  if (c.state(std::time(nullptr)) == tls::date_state::expired) return "<b class=\"bad\">expired</b>";
  return concat((left < 7 ? "<b class=\"bad\">" : left < 21 ? "<b class=\"warn\">" : "<b>"), std::to_string(left), " days</b>, until ", html(utc(c.not_after)));
}

std::string names_of(const tls::certificate_info& c) {
  std::string out;
  for (const std::string& n : c.names) append_to(out, (out.empty() ? "" : "<br>"), html(n));
  return out;
}

std::string key_of(const tls::certificate_info& c) { return concat((c.type == tls::key_type::rsa ? "RSA " : "ECDSA "), std::to_string(c.key_bits)); }

std::string in_force(const certificate_desk::listing& l) {
  std::string rows;
  for (const tls::certificate_info& c : l.in_force)
    rows += row_of({names_of(c), html(c.issuer), html(key_of(c)), days_of(c), concat("<code>", html(c.sha256.substr(0, 16)), "…</code>")});
  return section_of("In force", concat("<p>What mail clients and browsers get; the first one of a key type when no name fits.</p>",
                                    table_of("Certificates in force", {"Names", "Issuer", "Key", "Ends in", "SHA-256"}, rows, "None.")), "in-force");
}

std::string stored(const certificate_desk::listing& l, const principal& who) {
  std::string rows;
  for (const stored_pair& p : l.stored)
    rows += row_of({html(p.name), names_of(p.info), html(key_of(p.info)), p.fault.empty() ? days_of(p.info) : concat("<b class=\"bad\">", html(p.fault), "</b>"),
                    post_button(who, role::admin, "/certificates/delete", "Delete", {{"name", p.name}}, "danger")});
  return section_of("Stored on this box", table_of("Stored certificates", {"Name", "Names", "Key", "Ends in", "Action"}, rows, "None is stored here."), "stored");
}

std::string requests(const certificate_desk::listing& l, const principal& who) {
  std::string rows;
  for (const stored_request& r : l.requests)
    rows += row_of({html(r.name), concat("<a href=\"/api/v1/certificates/csr/", html(percent_encoded(r.name)), "\">", html(r.name), ".csr</a>"),
                    post_button(who, role::admin, "/certificates/requests/delete", "Delete", {{"name", r.name}}, "danger")});
  return section_of("Requests that wait for their certificate",
                    table_of("Certificate requests", {"Name", "Request for the CA", "Action"}, rows, "None waits."), "requests");
}

std::string text_field(const char* label, const char* name, const char* hint) {
  return concat("<p class=\"field\"><label for=\"", name, "\">", label, "</label><textarea id=\"", name, "\" name=\"", name,
         "\" rows=\"6\" spellcheck=\"false\" autocomplete=\"off\" placeholder=\"", hint, "\"></textarea></p>");
}

std::string upload_form(const principal& who) {
  return section_of("Bring a certificate",
                    concat("<form method=\"post\" action=\"/certificates\">", csrf_field(who),
                        text_field("Certificate chain (PEM): the certificate first, then its issuers", "certificate", "-----BEGIN CERTIFICATE-----"),
                        text_field("Key (PEM); empty when the request was made here", "key", "-----BEGIN PRIVATE KEY-----"),
                        input_of("Name; the same name replaces, empty: it follows from the certificate", "name", "text", "", "maxlength=\"64\" pattern=\"[a-z0-9][a-z0-9._-]*\""),
                        "<p><button type=\"submit\" class=\"primary\">Check and use</button></p></form>"), "upload");
}

std::string request_form(const principal& who, const std::string& hostname) {
  std::string kinds;
  for (const tls::key_kind k : {tls::key_kind::ecdsa_p256, tls::key_kind::ecdsa_p384, tls::key_kind::rsa_2048, tls::key_kind::rsa_3072})
    append_to(kinds, "<option>", html(tls::name_of(k)), "</option>");
  return section_of("Ask for a certificate",
                    concat("<p>The key is made here and never leaves this box. An RSA key takes up to a minute on a small box.</p>"
                    "<form method=\"post\" action=\"/certificates/requests\">", csrf_field(who),
                        input_of("Names, with spaces between them", "names", "text", hostname, "required maxlength=\"2000\""),
                        "<p class=\"field\"><label for=\"kind\">Key</label><select id=\"kind\" name=\"kind\">", kinds, "</select></p>",
                        input_of("Organization (may stay empty)", "organization", "text", "", "maxlength=\"64\""),
                        input_of("Country, two letters (may stay empty)", "country", "text", "", "maxlength=\"2\" size=\"2\""),
                        "<p><button type=\"submit\">Make key and request</button></p></form>"), "ask");
}

reply page(certificate_desk& desk, const acme::service& by_acme, principal who, unsigned status, std::string bad) {
  const certificate_desk::listing all = co_await desk.list();
  std::string body = concat(notice_of("bad", bad), in_force(all), acme_section(by_acme.look(), who), stored(all, who), requests(all, who));
  if (who.what >= role::admin) append_to(body, upload_form(who), request_form(who, desk.options().hostname));
  web_reply r = html_reply(framed("Certificates", view::system, who, body));
  r.status = status;
  co_return r;
}

reply after(certificate_desk& desk, const acme::service& by_acme, principal who, certificate_outcome done, std::string what) {
  web_reply r;
  if (done.good()) {
    r = see_other("/certificates");
  } else {
    r = co_await page(desk, by_acme, std::move(who), done.status, done.text);
  }
  r.audit = std::move(what);
  co_return r;
}

reply upload(certificate_desk& desk, const acme::service& by_acme, const web_request& q) {
  std::string name = q.form_value("name"), chain = q.form_value("certificate"), key = q.form_value("key");
  const auto trim = [](std::string& s) { s.erase(0, std::min(s.find_first_not_of(" \t\r\n"), s.size())); };
  trim(chain);
  trim(key);
  principal who = q.who;
  certificate_outcome done = co_await desk.upload(std::move(name), std::move(chain), std::move(key));
  std::string what = concat("store certificate ", done.name, (done.good() ? concat(", sha256 ", done.info.sha256) : ""));
  web_reply r = co_await after(desk, by_acme, std::move(who), std::move(done), std::move(what));
  co_return r;
}

reply request(certificate_desk& desk, const acme::service& by_acme, const web_request& q) {
  const auto kind = tls::key_kind_named(q.form_value("kind"));
  tls::request_subject subject;
  subject.organization = q.form_value("organization");
  subject.country = q.form_value("country");
  const std::string names = q.form_value("names");
  for (std::size_t at = names.find_first_not_of(" ,"); at != std::string::npos && at < names.size(); at = names.find_first_not_of(" ,", at)) {
    const std::size_t end = std::min(names.find_first_of(" ,", at), names.size());
    subject.names.push_back(names.substr(at, end - at));
    at = end;
  }
  principal who = q.who;
  certificate_outcome done = co_await desk.request({}, kind.value_or(tls::key_kind::ecdsa_p256), std::move(subject));
  std::string what = concat("request a certificate ", done.name);
  web_reply r = co_await after(desk, by_acme, std::move(who), std::move(done), std::move(what));
  co_return r;
}

reply remove(certificate_desk& desk, const acme::service& by_acme, const web_request& q, bool is_request) {
  std::string name = q.form_value("name");
  std::string what = concat((is_request ? "delete certificate request " : "delete certificate "), name);
  principal who = q.who;
  certificate_outcome done;
  if (is_request) done = co_await desk.remove_request(std::move(name));
  else done = co_await desk.remove(std::move(name));
  web_reply r = co_await after(desk, by_acme, std::move(who), std::move(done), std::move(what));
  co_return r;
}

}  // namespace

void add_certificate_pages(web_routes& routes, certificate_desk& desk, const acme::service& by_acme) {
  routes.add({verb::get, "/certificates", role::viewer, no_body, "Show the certificates",
              [&desk, &by_acme](const web_request& q) -> reply { return page(desk, by_acme, q.who, 200, {}); }});
  routes.add({verb::post, "/certificates", role::admin, form_octets,
              {"Store a certificate and use it at once", "", "name;certificate!;key:password"},
              [&desk, &by_acme](const web_request& q) -> reply { return upload(desk, by_acme, q); }});
  routes.add({verb::post, "/certificates/delete", role::admin, small_body, {"Delete a stored certificate", "", "name!"},
              [&desk, &by_acme](const web_request& q) -> reply { return remove(desk, by_acme, q, false); }});
  routes.add({verb::post, "/certificates/requests", role::admin, small_body,
              {"Make a key and a certificate request", "", "names!;kind!;organization;country"},
              [&desk, &by_acme](const web_request& q) -> reply { return request(desk, by_acme, q); }});
  routes.add({verb::post, "/certificates/requests/delete", role::admin, small_body,
              {"Delete a certificate request and its key", "", "name!"},
              [&desk, &by_acme](const web_request& q) -> reply { return remove(desk, by_acme, q, true); }});
}

}  // namespace sluice::gateway
