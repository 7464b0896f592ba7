// What this box saw before, compared with the message at hand: asked at its end, when its sender is known. Only ever
// adds to what the inspector found (inspect/judge_path.cpp).
#include <ctime>

#include "net/mail_session.hpp"

namespace sluice::net {

namespace {
constexpr std::size_t compared_recipients = 64;
constexpr std::int32_t teaching_score = 30;  // points; with more a message may be what others are to be told apart from
}

void mail_session::compare_with_past(const inspect::auth_facts& author) {
  if (probe_) return;
  session_message& m = *message_;
  fixed_vector<std::uint32_t, compared_recipients> recipients;
  for (std::size_t i = 0; i < envelope_.recipients() && recipients.size() < compared_recipients; ++i) {
    recipients.push_back(inspect::hash_lower(envelope_.recipient(i).to.text));
  }
  const auto seen = all_.signatures.remember(m.inspector().signatures(), {recipients.data(), recipients.size()}, std::time(nullptr));
  if (seen.messages != 0) m.inspector().delivered_before(seen.messages, seen.recipients);
  const inspect::sender_traits traits = m.inspector().traits(author);
  m.author_vouched = !traits.domain.empty();
  if (m.author_vouched) m.inspector().compared(all_.learned.compare(traits));
}

// Only mail that passes and has next to nothing against it teaches what is usual.
void mail_session::learn_baseline() {
  session_message& m = *message_;
  if (!m.author_vouched || !m.verdict->list.empty() || m.verdict->act != inspect::action::forward || m.verdict->found.score >= teaching_score) return;
  inspect::auth_facts vouched;
  vouched.checked = true;
  vouched.dmarc = inspect::auth_facts::result::pass;
  all_.learned.learn(m.inspector().traits(vouched), std::time(nullptr));
}

}  // namespace sluice::net
