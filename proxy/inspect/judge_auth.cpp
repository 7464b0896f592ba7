// Does the sender that a message claims vouch for it? Part of message_inspector.
//
// The profile was selected while the message streamed, by what From (or Sender) claims; authentication comes at its end
// and confirms the claim or not. It only ever adds findings (P4): a confirmed claim changes nothing, a refuted one is
// spoofed-profile, one that could not be checked (no DNS) is unverified-profile: not enough to hold clean mail, but what
// else is suspicious weighs more.
#include <algorithm>

#include "core/ascii.hpp"
#include "inspect/domain.hpp"
#include "inspect/message_inspector.hpp"
#include "inspect/rules.hpp"
#include "inspect/ruleset.hpp"

namespace sluice::inspect {
namespace {

constexpr int spoofed_points = 100;    // by itself enough for the quarantine's default threshold
constexpr int unverified_points = 30;  // below every default threshold

}  // namespace

// `domain` may speak for the profile: it is one of its signing domains, or the From field's own or a parent of it.
bool message_inspector::vouched_by(byte_view domain) const {
  for (const std::string& d : profile_->dkim_domains)
    if (within(domain, d)) return true;
  // Claimed by Sender alone, From is an outsider's and says nothing about the profile.
  if (rules_->find(view(facts_.from), {}) != profile_) return false;
  const byte_view author = from_domain();
  const bool several_labels = domain.find('.') != byte_view::npos;
  return !author.empty() && several_labels && within(author, domain);
}

void message_inspector::authentication(const auth_facts& results) {
  using result = auth_facts::result;
  if (profile_ == nullptr) return;
  const finding_text who{place::header, 0, 0, 0, {}, facts_.from.empty() ? view(facts_.sender) : view(facts_.from)};
  if (!results.checked) {  // recorded elsewhere: only what is said counts
    if (results.dmarc != result::fail) return;
    found_.observe = false;
    add_finding(found_, rule::spoofed_profile, spoofed_points, who);
    return;
  }
  const auto any = [this](std::span<const byte_view> domains) {
    return std::any_of(domains.begin(), domains.end(), [this](byte_view d) { return vouched_by(d); });
  };
  const bool by_from = rules_->find(view(facts_.from), {}) == profile_;
  const bool author_passes = by_from && (results.dmarc == result::pass || results.trusted_arc);
  // A genuine signature below a second From proves nothing about the one that readers are shown.
  if (!body_.many_from && (author_passes || any(results.passed))) return;
  found_.observe = false;  // a profile that is being tried out lets its own mail through, not everybody's
  const bool undecided = any(results.unsettled) || (by_from && results.dmarc == result::error);
  if (undecided)
    add_finding(found_, rule::unverified_profile, unverified_points, who);
  else
    add_finding(found_, rule::spoofed_profile, spoofed_points, who);
}

}  // namespace sluice::inspect
