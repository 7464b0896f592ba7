// Routes of the certificate that the box gets by itself (ACME): /api/v1/acme, and its section of the page /certificates.
#pragma once
#include <string>

#include "firmware/gateway/acme/service.hpp"
#include "status/http/route.hpp"

namespace sluice::gateway {

void add_acme_routes(status::web_routes& routes, acme::service& by_acme);
std::string acme_section(const acme::view& v, const status::principal& who);  // finished HTML
// "The next order is due 2027-01-02 ...: renewal.", for pages and mails; empty when it is switched off.
std::string acme_outlook(const acme::view& v);

}  // namespace sluice::gateway
