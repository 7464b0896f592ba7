#include "firmware/gateway/health/data_state.hpp"

#include <cstdlib>

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
  std::string out = concat("The data partition is ", data_trouble(), ": the box runs from memory, with the configuration, users and certificates that it kept beside it. ");
  out += data_trouble() == "read-only" ? "Mail that was held stays there, and is not shown. " : "";
  out += "Nothing new is held; mail that should be is ";
  switch (m.quarantine.unavailable) {
    case config::hold_failure::defer: out += "deferred, so that its senders keep it"; break;
    case config::hold_failure::tag: out += "forwarded with a tag"; break;
    case config::hold_failure::forward: out += "forwarded"; break;
  }
  return concat(out, " (quarantine.unavailable).");
}

}  // namespace sluice::gateway
