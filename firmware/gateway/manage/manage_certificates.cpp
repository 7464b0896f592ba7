// The API of certificates, as JSON. Keys go in and never come out.
#include "firmware/gateway/manage/manage_certificates.hpp"

#include <sodium.h>

#include <boost/json.hpp>
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

constexpr std::size_t upload_octets = 64 * 1024;  // PEM in JSON: line ends take two octets
constexpr std::int64_t day_s = 86400;

std::string names_json(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) append_to(out, (out.empty() ? "" : ","), json(n));
  return concat("[", out, "]");
}

std::string facts_json(const tls::certificate_info& c) {
  const std::int64_t left = c.not_after - std::time(nullptr);
  return concat("\"subject\":", json(c.subject), ",\"names\":", names_json(c.names), ",\"issuer\":", json(c.issuer), ",\"serial\":", json(c.serial),
         ",\"key\":", json(concat((c.type == tls::key_type::rsa ? "rsa-" : "ecdsa-"), std::to_string(c.key_bits))), ",\"not_before\":", json(utc(c.not_before)),
         ",\"not_after\":", json(utc(c.not_after)), ",\"days_left\":", std::to_string(left >= 0 ? left / day_s : -1), ",\"sha256\":", json(c.sha256));
}

std::string listing_json(const certificate_desk::listing& l) {
  std::string in_force, stored, requests;
  for (const tls::certificate_info& c : l.in_force) append_to(in_force, (in_force.empty() ? "{" : ",\n{"), facts_json(c), "}");
  for (const stored_pair& p : l.stored)
    append_to(stored, (stored.empty() ? "{" : ",\n{"), "\"name\":", json(p.name), ",", facts_json(p.info), ",\"fault\":", (p.fault.empty() ? "null" : json(p.fault)), "}");
  for (const stored_request& r : l.requests)
    append_to(requests, (requests.empty() ? "{" : ",\n{"), "\"name\":", json(r.name), ",\"csr\":", json(r.pem), "}");
  return concat("{\"in_force\":[", in_force, "],\"stored\":[", stored, "],\"requests\":[", requests, "]}\n");
}

const char* title_of(unsigned status) {
  switch (status) {
    case 404: return "Not found";
    case 409: return "Not now";
    case 413: return "Too large";
    case 422: return "Not taken";
    case 503: return "Busy";
    case 507: return "Not written";
    default: return "Not done";
  }
}

web_reply failed(const certificate_outcome& o) {
  web_reply r = problem(o.status, title_of(o.status), o.text);
  if (o.status == 503) r.headers.emplace_back("Retry-After", "5");
  return r;
}

reply upload(certificate_desk& desk, const web_request& q) {
  auto o = object_of(q);
  if (!o) co_return not_json();
  std::string name = text(*o, "name"), chain = text(*o, "certificate"), key = text(*o, "key");
  std::string what = concat("store certificate ", name);
  const certificate_outcome done = co_await desk.upload(std::move(name), std::move(chain), std::move(key));
  web_reply r = done.good() ? json_reply(concat("{\"name\":", json(done.name), ",", facts_json(done.info), "}\n")) : failed(done);
  r.status = done.status;
  r.audit = done.good() ? concat("store certificate ", done.name, ", sha256 ", done.info.sha256) : std::move(what);
  co_return r;
}

reply request(certificate_desk& desk, const web_request& q) {
  const auto o = object_of(q);
  if (!o) co_return not_json();
  const std::string kind_text = o->contains("key") ? text(*o, "key") : "ecdsa-p256";
  const auto kind = tls::key_kind_named(kind_text);
  if (!kind) co_return problem(422, "Bad key", "\"key\" is ecdsa-p256, ecdsa-p384, rsa-2048 or rsa-3072.");
  tls::request_subject subject;
  subject.organization = text(*o, "organization");
  subject.country = text(*o, "country");
  if (const json_lib::value* v = o->if_contains("names"); v != nullptr && v->is_array())
    for (const json_lib::value& n : v->as_array())
      if (n.is_string()) subject.names.emplace_back(n.as_string().data(), n.as_string().size());
  std::string name = text(*o, "name");
  const certificate_outcome done = co_await desk.request(std::move(name), *kind, std::move(subject));
  web_reply r = done.good() ? json_reply(concat("{\"name\":", json(done.name), ",\"csr\":", json(done.pem), "}\n")) : failed(done);
  r.status = done.status;
  r.audit = concat("request a certificate ", done.name);
  co_return r;
}

reply remove(certificate_desk& desk, std::string name, bool is_request) {
  std::string what = concat((is_request ? "delete certificate request " : "delete certificate "), name);
  certificate_outcome done;
  if (is_request) done = co_await desk.remove_request(std::move(name));
  else done = co_await desk.remove(std::move(name));
  web_reply r;
  if (done.good()) r.status = 204;
  else r = failed(done);
  r.audit = std::move(what);
  co_return r;
}

reply list(certificate_desk& desk) {
  const certificate_desk::listing all = co_await desk.list();
  co_return json_reply(listing_json(all));
}

reply show_request(certificate_desk& desk, std::string name) {
  const certificate_desk::listing all = co_await desk.list();
  for (const stored_request& r : all.requests) {
    if (r.name != name) continue;
    web_reply out;
    out.content_type = "application/x-pem-file";
    out.headers.emplace_back("Content-Disposition", concat("attachment; filename=\"", name, ".csr\""));
    out.body = r.pem;
    co_return out;
  }
  co_return problem(404, "Not found", "No request of this name waits here.");
}

}  // namespace

void add_certificate_api(web_routes& routes, certificate_desk& desk) {
  routes.add({verb::get, "/api/v1/certificates", role::viewer, no_body, "List the certificates in force, those stored on the box, and requests that wait",
              [&desk](const web_request&) -> reply { return list(desk); }});
  routes.add({verb::post, "/api/v1/certificates", role::admin, upload_octets,
              {"Store a certificate and use it at once", "",
               "certificate!:text:The chain, PEM;key:password:The key, PEM, left out for a request of this box;"
               "name:text:Its name here, otherwise made of its first host", "200 201"},
              [&desk](const web_request& q) -> reply { return upload(desk, q); }});
  routes.add({verb::delete_, "/api/v1/certificates/{name}", role::admin, no_body, "Delete a stored certificate",
              [&desk](const web_request& q) -> reply { return remove(desk, q.parameters[0], false); }});
  routes.add({verb::post, "/api/v1/certificates/csr", role::admin, small_body,
              {"Make a key and a certificate request", "",
               "names!:texts:Host names;key:ecdsa-p256|ecdsa-p384|rsa-2048|rsa-3072=ecdsa-p256:Kind of key;"
               "organization:text:For the subject;country:text:Two letters;"
               "name:text:Its name here, otherwise made of its first host", "201"},
              [&desk](const web_request& q) -> reply { return request(desk, q); }});
  routes.add({verb::get, "/api/v1/certificates/csr/{name}", role::viewer, no_body,
              {"Get a certificate request that waits, as PEM", "", "", "application/x-pem-file"},
              [&desk](const web_request& q) -> reply { return show_request(desk, q.parameters[0]); }});
  routes.add({verb::delete_, "/api/v1/certificates/csr/{name}", role::admin, no_body, "Delete a certificate request and its key",
              [&desk](const web_request& q) -> reply { return remove(desk, q.parameters[0], true); }});
}

}  // namespace sluice::gateway
