#include "firmware/gateway/commands/control_client.hpp"

#include <boost/json.hpp>

#include "firmware/gateway/commands/local_client.hpp"
#include "firmware/gateway/commands/terminal.hpp"

namespace sluice::gateway {

control_reply ask_control(const std::string& data_directory, status::http::verb method, std::string_view target, std::string_view body, const piece_taker& take) {
  control_reply out;
  local_client box(data_directory);
  std::optional<local_reply> got = box.ask(status::http::name_of(method), target, body, {}, take);
  if (!got) {
    out.why = box.error();
    return out;
  }
  out.status = got->status;
  out.body = std::move(got->body);
  return out;
}

std::string words_of(const control_reply& r) {
  if (r.status == 0) return printable(r.why);
  boost::system::error_code ec;
  const boost::json::value v = boost::json::parse(r.body, ec);
  if (!ec && v.is_object()) {
    const auto* detail = v.as_object().if_contains("detail");
    if (detail != nullptr && detail->is_string()) return printable(std::string_view(detail->as_string().data(), detail->as_string().size()));
  }
  return "answered with " + std::to_string(r.status);
}

}  // namespace sluice::gateway
