#include "firmware/gateway/health/data_state.hpp"

#include <cstdlib>
#include <string_view>

#include "core/concat.hpp"

namespace sluice::gateway {
namespace {

std::string read_trouble() {
  const char* const text = std::getenv("SLUICE_DATA_STATE");
  const std::string word = text == nullptr ? "" : text;
  return word == "ok" ? "" : word;
}

}  // namespace

const std::string& data_trouble() {
  static const std::string word = read_trouble();
  return word;
}

std::string data_trouble_text(const config::model& m) {
  std::string_view then = "forwarded";
  if (m.quarantine.unavailable == config::hold_failure::defer) then = "deferred, so that its senders keep it";
  if (m.quarantine.unavailable == config::hold_failure::tag) then = "forwarded with a tag";
  const std::string_view before = data_trouble() == "read-only" ? "Mail that was held stays there, and is not shown. " : "";
  return concat("The data partition is ", data_trouble(), ": the box runs from memory, with the configuration, users and certificates that it kept beside it. ", before,
                "Nothing new is held; mail that should be is ", then, " (quarantine.unavailable).");
}

}  // namespace sluice::gateway
