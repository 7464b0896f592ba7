// Routes of the quarantine desk: the API as JSON (manage_quarantine.cpp) and the pages (manage_quarantine_pages.cpp).
#pragma once
#include "firmware/gateway/manage/desk.hpp"
#include "status/http/route.hpp"

namespace sluice::gateway {

void add_quarantine_api(status::web_routes& routes, desk& d);    // /api/v1/quarantine..., /api/v1/own-mail
void add_quarantine_pages(status::web_routes& routes, desk& d);  // /quarantine...
// quarantine_requests.cpp: /quarantine/requests, and the refusal of a request by page and API.
void add_request_routes(status::web_routes& routes, desk& d);

// What both need.
std::string name_for_audit(const status::principal& who);  // "session:ann"
status::web_reply refusal_of(const boost::system::error_code& why, const std::string& words = {});
status::web_reply desk_is_busy();
quarantine::list_filter filter_of(const status::web_request& q, std::string_view text_key, std::string& problem);
std::int64_t number_of(const status::web_request& q, std::string_view key);  // of the query; 0 when missing or none
std::string audit_words(std::string_view verb, const std::vector<desk_outcome>& all);

}  // namespace sluice::gateway
