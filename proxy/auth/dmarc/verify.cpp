// Policy discovery and alignment; see verify.hpp.
#include "auth/dmarc/verify.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "dns/name.hpp"

namespace sluice::auth::dmarc {
namespace {

constexpr byte_view prefix = "_dmarc.";
constexpr std::size_t long_name_labels = 8, long_name_kept = 7;  // 4.10 step 4

std::uint16_t offset_of_parent(byte_view name, std::uint16_t at) {
  const std::size_t dot = name.find('.', at);
  return static_cast<std::uint16_t>(dot == byte_view::npos ? name.size() : dot + 1);
}

// One label more to the left: the name below `at` on the way to the whole name.
std::uint16_t offset_of_child(byte_view name, std::uint16_t at) {
  if (at < 2) return 0;
  const std::size_t dot = name.rfind('.', at - 2u);
  return static_cast<std::uint16_t>(dot == byte_view::npos ? 0 : dot + 1);
}

constexpr policy lowered(policy p) { return p == policy::reject ? policy::quarantine : policy::none; }

}  // namespace

void evaluator::begin(byte_view author_domain) {
  outcome_ = {};
  assign_cut(author_, author_domain);
  has_policy_ = has_own_ = has_organizational_ = has_suffix_ = errors_ = asked_ = existence_unknown_ = false;
  author_unknown_ = {};
  complete_ = true;
  passed_.clear();
  next_passed_ = 0;
  organization_ = 0;
  start_walk(view(author_), stage::author_walk);
}

bool evaluator::next_lookup(dns::question& out) {
  if (!asked_) return false;
  asked_ = false;
  out = {view(question_), question_type_};
  return true;
}

// ---- tree walk (4.10) ----

void evaluator::start_walk(byte_view name, stage next) {
  walk_ = {};
  walk_.name = name;
  stage_ = next;
  ask_target();
}

void evaluator::ask_target() {
  assign_cut(question_, prefix);
  if (!append_cut(question_, walk_.name.substr(walk_.target))) question_.clear();  // too long to exist
  question_type_ = dns::record_type::txt;
  asked_ = true;
}

bool evaluator::advance_walk() {
  if (walk_.stopped) return false;
  const std::size_t labels = dns::label_count(walk_.name);
  if (walk_.first && labels > long_name_labels) {
    for (std::size_t i = labels; i > long_name_kept; --i) walk_.target = offset_of_parent(walk_.name, walk_.target);
  } else {
    walk_.target = offset_of_parent(walk_.name, walk_.target);
  }
  walk_.first = false;
  return walk_.target < walk_.name.size();
}

void evaluator::take_walk(const dns::answer& got) {
  byte_view rest = got.packed, txt, found;
  int records = 0;
  while (got.status == dns::status::ok && dns::answer::next(rest, txt)) {
    if (!is_record(txt)) continue;
    found = txt;
    ++records;
  }
  if (records == 1) note(parse_record(found));  // several are discarded, all of them
}

// What a record on the way decides (4.10.1, 4.10.2).
void evaluator::note(const record& r) {
  const bool start = walk_.first;
  walk_.found = true;
  walk_.stopped = r.psd != psd_flag::unknown;
  walk_.organization = r.psd == psd_flag::yes && !start ? offset_of_child(walk_.name, walk_.target) : walk_.target;
  if (stage_ != stage::author_walk) return;
  if (start) {
    own_ = r;
    has_own_ = true;
  }
  if (r.psd == psd_flag::yes && !start) {
    suffix_ = r;
    suffix_at_ = walk_.target;
    has_suffix_ = true;
  } else {
    organizational_ = r;
    organizational_at_ = walk_.target;
    has_organizational_ = true;
  }
}

void evaluator::on_answer(const dns::answer& got) {
  if (done()) return;
  asked_ = false;
  const bool failed = got.status != dns::status::ok && !dns::is_void(got.status);
  if (stage_ == stage::existence) {
    // Unless something is aligned, which of the two policies applies has to be known.
    existence_unknown_ = failed;
    stage_ = stage::idle;
    return set_policy(got.status == dns::status::nxdomain ? applied_.np : applied_.sp);
  }
  if (failed) note_failure(got);
  else take_walk(got);
  if (failed && stage_ == stage::author_walk && walk_.first)  // the author's own record goes before all others
    return settle_unknown(walk_.unknown.lasting);
  if (advance_walk()) return ask_target();
  if (stage_ == stage::author_walk) return end_author_walk();
  take_organization(walk_.name.substr(walk_.organization));
}

// A top-level domain above a record that was found is left out: it has none, or one with psd=y (4.7), and then the record
// that was found is the organization's all the same.
void evaluator::note_failure(const dns::answer& got) {
  if (walk_.found && walk_.name.find('.', walk_.target) == byte_view::npos) return;
  gap& g = walk_.unknown;
  if (!g.any) g.longest = walk_.target;
  g.any = true;
  g.shortest = walk_.target;
  g.lasting = g.lasting || !dns::is_temporary(got.status);
}

// ---- policy (4.10.1) ----

// The record that applies if the names that could not be asked have none: does it apply whatever they have? Those above
// the organizational domain may make another one of it; those below could only cut it off by psd=n.
bool evaluator::policy_is_certain() const {
  const gap& g = author_unknown_;
  return has_own_ || !g.any || g.shortest < organization_;
}

void evaluator::end_author_walk() {
  organization_ = walk_.organization;
  author_unknown_ = walk_.unknown;
  byte_view found_at = view(author_);
  if (has_own_) {
    applied_ = own_;
  } else if (has_organizational_ && organizational_at_ == organization_) {
    applied_ = organizational_;
    found_at = found_at.substr(organizational_at_);
  } else if (has_suffix_) {
    applied_ = suffix_;
    found_at = found_at.substr(suffix_at_);
  } else if (!author_unknown_.any) {
    return settle(auth::result::none, "no policy record");
  }
  if (!policy_is_certain()) return settle_unknown(author_unknown_.lasting);
  outcome_.found_at = found_at;
  if (!applied_.usable) return settle(auth::result::none, "the policy record has no valid policy");
  stage_ = stage::idle;
  if (has_own_) return set_policy(applied_.p);
  if (applied_.np == applied_.sp) return set_policy(applied_.sp);
  question_ = author_;
  question_type_ = dns::record_type::a;  // any type would do: only NXDOMAIN counts (RFC 8020)
  asked_ = true;
  stage_ = stage::existence;
}

void evaluator::set_policy(policy p) {
  has_policy_ = true;
  outcome_.published = p;
  outcome_.applied = applied_.test ? lowered(p) : p;
}

// ---- alignment (4.10.2) ----

void evaluator::conclude(std::span<const identifier> passed, bool complete) {
  if (stage_ != stage::idle || !has_policy_) return;
  complete_ = complete;
  for (const identifier& id : passed)
    if (passed_.size() < passed_.capacity()) passed_.push_back(id);
  next_identifier();
}

bool evaluator::surely_aligned(byte_view spf_domain) const {
  if (!has_policy_) return false;
  if (ascii::iequals(spf_domain, view(author_))) return true;
  return !applied_.strict_spf && ascii::iequals(spf_domain, organization()) &&
         known_above(view(author_), author_unknown_, organization());
}

void evaluator::next_identifier() {
  for (; next_passed_ < passed_.size(); ++next_passed_) {
    const identifier& id = passed_[next_passed_];
    bool& aligned = id.dkim ? outcome_.dkim_aligned : outcome_.spf_aligned;
    if (aligned) continue;
    if (ascii::iequals(id.domain, view(author_))) {
      aligned = true;
      continue;
    }
    const bool strict = id.dkim ? applied_.strict_dkim : applied_.strict_spf;
    if (strict) continue;
    // An identifier outside of the author's organizational domain cannot have the same one.
    if (!dns::is_within(id.domain, view(author_).substr(organization_))) {
      errors_ = errors_ || may_share_unknown(id.domain);
      continue;
    }
    return start_walk(id.domain, stage::identifier_walk);
  }
  if (outcome_.spf_aligned || outcome_.dkim_aligned) {
    outcome_.applied = policy::none;
    return settle(auth::result::pass, outcome_.dkim_aligned ? "DKIM is aligned" : "SPF is aligned");
  }
  if (!complete_ || errors_) return settle(auth::result::temperror, "SPF, DKIM or an organizational domain is not known");
  if (existence_unknown_) return settle(auth::result::temperror, "whether the author's domain exists is not known");
  settle(auth::result::fail, passed_.empty() ? "nothing passed" : "nothing that passed is aligned");
}

// A record at a name that the author's walk could not ask may make one organization of both.
bool evaluator::may_share_unknown(byte_view identifier) const {
  return author_unknown_.any && dns::is_within(identifier, view(author_).substr(author_unknown_.shortest));
}

// Whatever the names hold that could not be asked, both walks see it in the same place above `organization`.
bool evaluator::known_above(byte_view name, const gap& unknown, byte_view organization) {
  return !unknown.any || name.size() - unknown.longest < organization.size();
}

void evaluator::take_organization(byte_view organization) {
  const identifier& id = passed_[next_passed_];
  const byte_view own = view(author_).substr(organization_);
  const bool certain = known_above(view(author_), author_unknown_, own) && known_above(walk_.name, walk_.unknown, own);
  if (ascii::iequals(organization, own)) {
    if (certain) (id.dkim ? outcome_.dkim_aligned : outcome_.spf_aligned) = true;
    else errors_ = true;
  } else if (may_share_unknown(id.domain)) {
    errors_ = true;
  }
  ++next_passed_;
  next_identifier();
}

void evaluator::settle_unknown(bool lasting) {
  settle(lasting ? auth::result::permerror : auth::result::temperror,
         lasting ? "policy lookup: broken answer" : "policy lookup failed for now");
}

void evaluator::settle(auth::result r, const char* reason) {
  outcome_.result = r;
  outcome_.reason = reason;
  if (r != auth::result::fail) outcome_.applied = policy::none;
  stage_ = stage::done;
  asked_ = false;
}

}  // namespace sluice::auth::dmarc
