// Routes of access: login, set-up, account (pages and forms), and users, tokens, sessions and the audit log as API.
#pragma once
#include <functional>
#include <string>

#include "status/access/service.hpp"

namespace sluice::gateway {

// Why it did not work, for people; the status stays what machines get. Empty for done.
std::string words_of(status::outcome o, std::string_view user, std::string_view password, std::int64_t wait_s);

void add_access_pages(status::web_routes& routes, status::access_service& access);  // /login /logout /setup /account
void add_access_api(status::web_routes& routes, status::access_service& access);    // /api/v1/users and so on
// /api/v1/openapi.json, from the table itself, which outlives the server.
void add_openapi_route(status::web_routes& routes, const status::web_routes& table, std::string version);

}  // namespace sluice::gateway
