// The body of an API request as a JSON object, bounded in depth; its size is the route's (body_limit).
#pragma once
#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "status/http/route.hpp"

namespace sluice::gateway {

// Nothing for what is no JSON object, or nested deeper than four.
std::optional<boost::json::object> object_of(const status::web_request& q);
// The text of a member; empty when it is missing or no text.
std::string text(const boost::json::object& o, const char* key);
status::web_reply not_json();  // 400

}  // namespace sluice::gateway
