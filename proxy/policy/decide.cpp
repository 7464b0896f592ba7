// See decide.hpp.
#include "policy/decide.hpp"

#include <algorithm>

#include "core/ascii.hpp"

namespace sluice::policy {
namespace {

using inspect::action;

bool observed(const inspect::finding& f, const settings& set) {
  return std::any_of(set.observed_rules.begin(), set.observed_rules.end(), [&f](const std::string& id) { return f.rule == id; });
}

action worse(action a, action b) { return a > b ? a : b; }

action by_score(std::int32_t score, const thresholds& t) {
  if (t.reject > 0 && score >= t.reject) return action::reject;
  if (t.quarantine > 0 && score >= t.quarantine) return action::quarantine;
  if (t.tag > 0 && score >= t.tag) return action::tag;
  return action::forward;
}

action for_cause(inspect::unscanned cause, const settings& set) {
  switch (cause) {
    case inspect::unscanned::none: return action::forward;
    case inspect::unscanned::budget: return set.on_budget;
    case inspect::unscanned::broken_mime: return set.on_broken_mime;
    case inspect::unscanned::encrypted: return set.on_encrypted;
    case inspect::unscanned::dns: return set.on_dns;
    case inspect::unscanned::safe_mode: return set.on_safe_mode;
  }
  return action::forward;
}

action for_unscanned(const inspect::findings& found, const settings& set) {
  action act = for_cause(found.cause, set);
  for (std::size_t i = 1; i < inspect::unscanned_causes; ++i) {
    if ((found.causes >> i & 1) != 0) act = worse(act, for_cause(static_cast<inspect::unscanned>(i), set));
  }
  return act;
}

action for_dmarc(dmarc_disposition dmarc, const settings& set) {
  switch (dmarc) {
    case dmarc_disposition::none: return action::forward;
    case dmarc_disposition::quarantine: return set.on_dmarc_quarantine;
    case dmarc_disposition::reject: return set.on_dmarc_reject;
  }
  return action::forward;
}

bool fits(byte_view domain, const std::string& pattern) {
  if (!pattern.starts_with("*.")) return ascii::iequals(domain, pattern);
  const byte_view end = byte_view(pattern).substr(1);
  return domain.size() > end.size() && ascii::iequals(domain.substr(domain.size() - end.size()), end);
}

template <class T, class V>
bool has(const std::vector<T>& list, const V& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool fits(const exception& e, byte_view profile, inspect::sender_abuse what, std::span<const byte_view> recipient_domains) {
  if (!e.profiles.empty() && !has(e.profiles, profile)) return false;
  if (!e.classes.empty() && !has(e.classes, what)) return false;
  if (e.recipient_domains.empty()) return true;
  const auto listed = [&e](byte_view domain) {
    return std::any_of(e.recipient_domains.begin(), e.recipient_domains.end(), [domain](const std::string& d) { return fits(domain, d); });
  };
  return !recipient_domains.empty() && std::all_of(recipient_domains.begin(), recipient_domains.end(), listed);
}

}  // namespace

void weigh(inspect::findings& found, const settings& set) {
  for (inspect::finding& f : found.list) {
    for (const rule_weight& w : set.weights) {
      if (!has(w.rules, f.rule) && !has(w.classes, inspect::abuse_of(inspect::rule_named(f.rule)))) continue;
      const std::int32_t now = std::clamp(f.weight * w.percent / 100, -30000, 30000);
      found.score += now - f.weight;
      f.weight = static_cast<std::int16_t>(now);
      break;
    }
  }
}

decision decide(const inspect::findings& found, const settings& set, dmarc_disposition dmarc, std::span<const byte_view> recipient_domains) {
  const inspect::sender_abuse what = set.exceptions.empty() ? inspect::sender_abuse::none : inspect::abuse_of(found);
  const auto other = std::find_if(set.exceptions.begin(), set.exceptions.end(), [&](const exception& e) { return fits(e, view(found.profile), what, recipient_domains); });
  const bool excepted = other != set.exceptions.end();
  const thresholds& limits = excepted ? other->limits : set.limits;
  decision made;
  made.score = found.score;
  for (const inspect::finding& f : found.list) {
    if (observed(f, set)) made.score -= f.weight;  // the finding's own points, never below what the others give
  }
  action act = by_score(made.score, limits);
  // A cause of "not scanned" asks for its action unless what was scanned is worse already.
  act = worse(act, for_unscanned(found, set));
  act = worse(act, for_dmarc(dmarc, set));
  const action with_observed = worse(worse(by_score(found.score, limits), for_unscanned(found, set)), for_dmarc(dmarc, set));
  made.would = with_observed;
  made.act = set.observe || found.observe || (excepted && other->observe) ? action::forward : act;
  return made;
}

outgrown interim(const inspect::message_inspector& seen, const settings& set) {
  if (!seen.header_seen() || !seen.text_seen()) return outgrown::spill;  // never stream blind
  if (seen.found().notification_class || seen.suspicious()) return outgrown::spill;
  const byte_view from = view(seen.facts().from);
  const byte_view domain = from.substr(std::min(from.size(), from.rfind('@') + 1));
  for (const std::string& held : set.always_hold) {
    if (domain.size() < held.size() || !ascii::iequals(domain.substr(domain.size() - held.size()), held)) continue;
    if (domain.size() == held.size() || domain[domain.size() - held.size() - 1] == '.') return outgrown::spill;
  }
  return outgrown::stream;
}

fixed_string<24> make_verdict_id(std::uint64_t unix_seconds, std::uint64_t counter) {
  static constexpr char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  fixed_string<24> id;
  id.push_back('v');
  for (int shift = 35; shift >= 0; shift -= 5) id.push_back(alphabet[unix_seconds >> shift & 31]);
  for (int shift = 30; shift >= 0; shift -= 5) id.push_back(alphabet[counter >> shift & 31]);
  return id;
}

}  // namespace sluice::policy
