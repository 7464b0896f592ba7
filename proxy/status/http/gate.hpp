// What the server asks before it runs a handler: who is this, may the request be answered at all, does a session prove
// that its own page sent it; and what it tells afterwards, for the audit log. Implemented by access/. Every call is made
// on the server's loop; all but done() answer at once.
#pragma once
#include <span>
#include <string>

#include "status/http/route.hpp"

namespace sluice::status {

// The fields of a request that decide about access; views into the request's head, valid during the call.
struct credentials {
  std::string_view authorization, cookie;         // as sent; empty when missing
  std::string_view origin, fetch_site, csrf;      // Origin, Sec-Fetch-Site, X-CSRF-Token
  std::string_view host;
  std::string_view client_ip;                     // "local" on the control socket
  std::span<const std::string> certificate_names;  // in a verified client certificate; none: there was none
};

struct admission {
  principal who;
  bool refused = false;  // credentials were given and are wrong: 401 even where a page would lead to the login
};

class gate {
 public:
  virtual ~gate() = default;
  virtual bool has_people() const { return true; }  // false: nobody can show who he is, so unknown paths are 404 to all
  virtual admission who_is(const credentials& c) = 0;
  // For routes that need a role: empty to go on, or where pages of nobody are led ("/login", "/setup").
  virtual std::string entrance(const web_request& q) = 0;
  // An unsafe method of a session: the page that sent it was ours. Form bodies are looked into.
  virtual bool same_site(const credentials& c, const web_request& q) = 0;
  // After an action, whatever its result and before its reply goes out; refusals by the server included.
  virtual net::awaitable<void> done(const web_request& q, std::string what, unsigned status) = 0;
};

}  // namespace sluice::status
