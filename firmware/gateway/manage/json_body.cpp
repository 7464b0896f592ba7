#include "firmware/gateway/manage/json_body.hpp"

#include <boost/json.hpp>

namespace sluice::gateway {
namespace {

constexpr std::size_t json_depth = 4;

}  // namespace

std::optional<boost::json::object> object_of(const status::web_request& q) {
  boost::system::error_code ec;
  boost::json::parse_options options;
  options.max_depth = json_depth;
  boost::json::value v = boost::json::parse(q.body, ec, {}, options);
  if (ec || !v.is_object()) return std::nullopt;
  return std::move(v.as_object());
}

std::string text(const boost::json::object& o, const char* key) {
  const boost::json::value* v = o.if_contains(key);
  return v != nullptr && v->is_string() ? std::string(v->as_string().data(), v->as_string().size()) : std::string();
}

status::web_reply not_json() { return status::problem(400, "Bad body", "A JSON object with texts is expected."); }

}  // namespace sluice::gateway
