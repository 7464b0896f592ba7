// Routes of certificates: the API under /api/v1/certificates and the page /certificates.
#pragma once
#include "firmware/gateway/acme/service.hpp"
#include "firmware/gateway/trust/certificate_desk.hpp"
#include "status/http/route.hpp"

namespace sluice::gateway {

void add_certificate_api(status::web_routes& routes, certificate_desk& desk);
void add_certificate_pages(status::web_routes& routes, certificate_desk& desk, const acme::service& by_acme);

}  // namespace sluice::gateway
