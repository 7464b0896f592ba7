// What this box saw before, compared with the message at hand: asked at its end, when its sender is known. Only ever
// adds to what the inspector found (inspect/judge_path.cpp).
#include <ctime>

#include "net/mail_session.hpp"

namespace sluice::net {

namespace {
constexpr std::size_t compared_recipients = 64;
}

void mail_session::compare_with_past() {
  session_message& m = *message_;
  fixed_vector<std::uint32_t, compared_recipients> recipients;
  for (std::size_t i = 0; i < envelope_.recipients() && recipients.size() < compared_recipients; ++i) {
    recipients.push_back(inspect::hash_lower(envelope_.recipient(i).to.text));
  }
  const auto seen = all_.signatures.remember(m.inspector().signatures(), {recipients.data(), recipients.size()}, std::time(nullptr));
  if (seen.messages != 0) m.inspector().delivered_before(seen.messages, seen.recipients);
}

}  // namespace sluice::net
