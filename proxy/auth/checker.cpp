// The flow of one message through its checks; see checker.hpp. The header's part is in checker_header.cpp, reputation
// lists are in checker_lists.cpp, reports in checker_report.cpp.
#include "auth/checker.hpp"

#include <algorithm>

#include "core/ascii.hpp"

namespace sluice::auth {

void checker::begin(const options& what, const envelope& from) {
  release_all();
  ++sequence_;
  options_ = &what;
  now_ = from.now;
  client_ = from.client;
  lookups_ = 0;
  header_seen_ = header_lost_ = finished_ = dns_failed_ = false;
  text_.clear();
  helo_ = keep(from.helo.substr(0, dns::limits::name_bytes + 1));
  mail_from_ = keep(from.mail_from.substr(0, limits::sender_bytes));
  author_ = arc_sealer_ = {};
  spf_[0] = spf_[1] = {};
  spf_stage_ = spf_stage::idle;
  signatures_.clear();
  checks_.clear();
  body_.begin({});
  sealer_ = {};
  ignored_signatures_ = 0;
  arc_result_ = auth::result::none;
  arc_reason_ = "";
  arc_instance_ = arc_awaited_ = 0;
  arc_check_ = -1;
  arc_trusted_ = dmarc_started_ = dmarc_concluded_ = false;
  author_state_ = author_state::missing;
  listed_.clear();
  hits_.clear();
  client_asked_ = 0;
  lists_open_ = 0;
  if (any_holds(what.trusted_relays, client_)) spf_stage_ = spf_stage::waiting_for_header;
  else start_spf();
}

// Copies what outlives the call that brought it; nothing when it no longer fits.
checker::text_ref checker::keep(byte_view text) {
  if (text.size() > text_.max_size() - text_.size()) return {};
  const text_ref r{static_cast<std::uint16_t>(text_.size()), static_cast<std::uint16_t>(text.size())};
  text_.append(text.data(), text.size());
  return r;
}

// ---- SPF ----

void checker::start_spf() {
  evaluator_ = shared_.evaluators_.take();
  if (evaluator_ == nullptr) {
    spf_[0].result = auth::result::temperror;
    spf_[0].reason = keep("too many evaluations under way");
    spf_stage_ = spf_stage::done;
    dns_failed_ = true;
    return;
  }
  run_spf(mail_from_.size == 0 ? spf_identity::helo : spf_identity::mail_from);
}

void checker::run_spf(spf_identity identity) {
  spf_stage_ = identity == spf_identity::mail_from || mail_from_.size == 0 ? spf_stage::mail_from : spf_stage::helo;
  spf::request r;
  r.client = client_;
  r.helo = text(helo_);
  r.mail_from = identity == spf_identity::mail_from ? text(mail_from_) : byte_view{};
  r.receiver = options_->hostname;
  r.now = now_;
  r.explain = options_->explain;
  evaluator_->begin(r);
  spf_[spf_stage_ == spf_stage::helo].identity = identity;
  if (evaluator_->done()) take_spf();
}

void checker::take_spf() {
  const spf::outcome& got = evaluator_->get();
  spf_state& s = spf_[spf_stage_ == spf_stage::helo];
  s.result = got.result;
  s.domain = keep(view(got.domain));
  s.reason = keep(view(got.reason));
  s.explanation = keep(view(got.explanation));
  dns_failed_ = dns_failed_ || got.result == auth::result::temperror;
  const bool helo_apart = spf_stage_ == spf_stage::mail_from && s.identity == spf_identity::mail_from &&
                          options_->check_helo && dns::label_count(dns::strip_dot(text(helo_))) > 1 &&
                          !ascii::iequals(dns::strip_dot(text(helo_)), text(s.domain));
  if (helo_apart) return run_spf(spf_identity::helo);
  shared_.evaluators_.give_back(evaluator_);
  evaluator_ = nullptr;
  spf_stage_ = spf_stage::done;
}

// ---- body ----

void checker::feed(byte_view body) {
  body_.feed(body, body_checks());
}

void checker::finish() {
  if (finished_) return;
  if (!header_seen_) on_header({});
  body_.finish(body_checks());
  finished_ = true;
  if (spf_stage_ == spf_stage::waiting_for_header) spf_stage_ = spf_stage::done;
  if (arc_check_ >= 0 && !checks_[static_cast<std::size_t>(arc_check_)].matches)
    fail_chain(auth::result::fail, "the newest signature's body hash did not verify");
  advance();
}

void checker::lose_header() {
  if (header_seen_) return;
  header_seen_ = header_lost_ = dns_failed_ = true;
  author_state_ = author_state::malformed;
  author_reason_ = "no room to keep the header";
  if (spf_stage_ == spf_stage::waiting_for_header) spf_stage_ = spf_stage::done;
}

void checker::abandon() {
  release_all();
  ++sequence_;
  options_ = nullptr;
}

// ---- keys ----

awaited_key* checker::await_key(std::uint8_t owner, bool chain) {
  // Chains may be long, and anybody can write one: half of the keys are always left for signatures.
  if (chain && shared_.keys_.available() <= shared_.keys_.size() / 2) return nullptr;
  awaited_key* a = shared_.keys_.take();
  if (a == nullptr) return nullptr;
  a->owner = owner;
  a->asked = false;
  a->next = keys_;
  keys_ = a;
  return a;
}

void checker::release(awaited_key* a) {
  awaited_key** at = &keys_;
  while (*at != a) at = &(*at)->next;
  *at = a->next;
  shared_.keys_.give_back(a);
}

void checker::release_all() {
  while (keys_ != nullptr) release(keys_);
  if (evaluator_ != nullptr) shared_.evaluators_.give_back(evaluator_);
  evaluator_ = nullptr;
}

void checker::take_key(awaited_key* a, const dns::answer& got) {
  const dkim::key_verdict verdict = dkim::judge(a->key, got);
  const std::uint8_t owner = a->owner;
  release(a);
  if (verdict.result == auth::result::temperror) dns_failed_ = true;
  if (owner < limits::dkim_signatures) {
    signature_state& s = signatures_[owner];
    s.awaiting = false;
    s.result = verdict.result;
    s.reason = verdict.reason;
    s.bits = static_cast<std::uint16_t>(verdict.bits);
    s.testing = verdict.testing;
    return;
  }
  --arc_awaited_;
  if (verdict.result != auth::result::pass)
    fail_chain(verdict.result == auth::result::temperror ? auth::result::temperror : auth::result::fail, verdict.reason);
}

// The chain is decided; the keys that are not yet asked for are no longer needed.
void checker::fail_chain(auth::result r, const char* reason) {
  if (arc_result_ == auth::result::pass) {
    arc_result_ = r;
    arc_reason_ = reason;
  }
  for (awaited_key* a = keys_; a != nullptr;) {
    awaited_key* const next = a->next;
    if (a->owner >= limits::dkim_signatures && !a->asked) {
      release(a);
      --arc_awaited_;
    }
    a = next;
  }
}

auth::result checker::final_result(const signature_state& s, const char*& reason) const {
  reason = s.reason;
  if (s.result != auth::result::pass || s.check < 0) return s.result;
  if (checks_[static_cast<std::size_t>(s.check)].matches) return auth::result::pass;
  reason = "body hash did not verify";
  return auth::result::fail;
}

// ---- DMARC ----

void checker::advance() {
  if (evaluator_ != nullptr && evaluator_->done()) take_spf();
  if (!finished_ || dmarc_concluded_ || spf_stage_ != spf_stage::done) return;
  for (const signature_state& s : signatures_)
    if (s.awaiting) return;
  if (!dmarc_started_ || !dmarc_.done()) return;
  conclude_dmarc();
}

// SPF counts with its MAIL FROM identity, which is postmaster at the HELO name for the null sender (RFC 7208 2.4).
void checker::conclude_dmarc() {
  dmarc_concluded_ = true;
  fixed_vector<dmarc::identifier, dmarc::evaluator::max_identifiers> passed;
  bool complete = true;
  if (spf_[0].result == auth::result::pass) passed.push_back({text(spf_[0].domain), false});
  else if (spf_[0].result == auth::result::temperror) complete = !may_align(text(spf_[0].domain));
  for (const signature_state& s : signatures_) {
    const char* ignored = nullptr;
    const auth::result r = final_result(s, ignored);
    if (r == auth::result::pass && passed.size() < passed.capacity()) passed.push_back({text(s.domain), true});
    complete = complete && (r != auth::result::temperror || !may_align(text(s.domain)));
  }
  dmarc_.conclude({passed.data(), passed.size()}, complete);
}

// What failed for now counts as unknown only where its success would have meant something: otherwise a signature of a
// domain with dead name servers would make every forgery a temperror.
bool checker::may_align(byte_view domain) const {
  return domain.empty() || dns::is_within(domain, dmarc_.organization());
}

bool checker::dmarc_may_object() const {
  if (!header_seen_) return true;
  if (!dmarc_started_) return false;
  if (!dmarc_.done()) return true;
  const bool spf_passes = spf_[0].result == auth::result::pass;
  return dmarc_.get().applied != dmarc::policy::none && !(spf_passes && dmarc_.surely_aligned(text(spf_[0].domain)));
}

bool checker::settled() const {
  if (!finished_ || spf_stage_ != spf_stage::done || keys_ != nullptr || lists_open_ != 0) return false;
  return !dmarc_started_ || (dmarc_.done() && dmarc_concluded_);
}

// ---- lookups ----

// The next question of any part, whether it can be asked or not.
bool checker::pick(dns::lookup& out) {
  if (evaluator_ != nullptr && evaluator_->next_lookup(out.question)) {
    out.id = lookup_id(asker::spf, 0);
    return true;
  }
  for (awaited_key* a = keys_; a != nullptr; a = a->next) {
    if (a->asked) continue;
    a->asked = true;
    out = {lookup_id(asker::key, a->owner), {view(a->key.name), dns::record_type::txt}};
    return true;
  }
  if (dmarc_started_ && dmarc_.next_lookup(out.question)) {
    out.id = lookup_id(asker::dmarc, 0);
    return true;
  }
  return pick_list(out);
}

bool checker::next_lookup(dns::lookup& out) {
  if (options_ == nullptr) return false;
  while (pick(out)) {
    if (!dns::valid_name(out.question.name)) {
      dispatch(out.id, {dns::status::nxdomain, 0, {}});
    } else if (lookups_ >= options_->lookups) {
      dns_failed_ = true;
      dispatch(out.id, {dns::status::budget, 0, {}});
    } else {
      ++lookups_;
      return true;
    }
  }
  return false;
}

void checker::on_answer(std::uint32_t id, const dns::answer& got) {
  if (options_ == nullptr || id >> 20 != (sequence_ & 0xfffu)) return;
  dispatch(id, got);
}

void checker::dispatch(std::uint32_t id, const dns::answer& got) {
  const auto item = static_cast<std::uint8_t>(id >> 8);
  switch (static_cast<asker>(id >> 16 & 0xf)) {
    case asker::spf:
      if (evaluator_ != nullptr) evaluator_->on_answer(got);
      break;
    case asker::key:
      for (awaited_key* a = keys_; a != nullptr; a = a->next) {
        if (a->owner != item) continue;
        take_key(a, got);
        break;
      }
      break;
    case asker::dmarc:
      if (dns::is_temporary(got.status)) dns_failed_ = true;
      dmarc_.on_answer(got);
      break;
    case asker::list: take_list(item, static_cast<std::uint8_t>(id), got); break;
  }
  advance();
}

void checker::expire() {
  if (options_ == nullptr) return;
  const dns::answer timeout{dns::status::timeout, 0, {}};
  // Each answer may lead to further questions; all of them are answered the same way, so this ends.
  for (dns::lookup open; pick(open);) dispatch(open.id, timeout);
  while (evaluator_ != nullptr) dispatch(lookup_id(asker::spf, 0), timeout);
  while (keys_ != nullptr) dispatch(lookup_id(asker::key, keys_->owner), timeout);
  lists_open_ = 0;
  while (dmarc_started_ && !dmarc_.done()) dispatch(lookup_id(asker::dmarc, 0), timeout);
  for (dns::lookup open; pick(open);) dispatch(open.id, timeout);
  ++sequence_;  // answers that come later are nobody's
}

}  // namespace sluice::auth
