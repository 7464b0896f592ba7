// What a message's header tells: the client behind relays, the author, the signatures and the ARC chain. All of it in
// one call, in the workspace; only digests, names and key requests outlive it. See checker.hpp.
#include <algorithm>
#include <cstring>

#include "auth/auth_results.hpp"
#include "auth/checker.hpp"
#include "core/ascii.hpp"

namespace sluice::auth {
namespace {

constexpr std::uint8_t message_signature_owner = limits::dkim_signatures;  // then the seals, the first set's first

bool is_one_of(byte_view name, const std::vector<std::string>& list) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& s) { return ascii::iequals(s, name); });
}

}  // namespace

void checker::on_header(std::span<const byte_view> pieces) {
  if (header_seen_ || options_ == nullptr) return;
  header_seen_ = true;
  std::size_t used = 0;
  for (const byte_view piece : pieces) {
    if (piece.size() > limits::header_bytes - used) return refuse_header("the header is too large");
    if (!piece.empty()) std::memcpy(shared_.header_.get() + used, piece.data(), piece.size());
    used += piece.size();
  }
  if (used != 0 && shared_.header_[used - 1] != '\n') {
    std::memcpy(shared_.header_.get() + used, "\r\n", 2);
    used += 2;
  }
  if (!shared_.index_.build({shared_.header_.get(), used})) return refuse_header("the header has too many fields");
  read_client();
  read_author();
  read_signatures();
  read_chain();
  body_.begin(body_checks());
  if (options_->seal.key != nullptr) body_.want_relaxed();
  advance();
}

void checker::refuse_header(const char* reason) {
  author_state_ = author_state::malformed;
  author_reason_ = reason;
  if (spf_stage_ == spf_stage::waiting_for_header) spf_stage_ = spf_stage::done;
}

// ---- behind trusted relays ----

void checker::read_client() {
  if (spf_stage_ != spf_stage::waiting_for_header) return;
  received_from from;
  std::size_t ours = 0;
  if (!find_client(shared_.index_, options_->trusted_relays, from, ours)) {
    spf_[0].reason = keep("no client is named below the trusted relays");
    spf_stage_ = spf_stage::done;
    read_upstream(ours);
    return;
  }
  client_ = from.ip;
  helo_ = keep(from.helo.substr(0, dns::limits::name_bytes + 1));
  read_upstream(ours);
  if (spf_[0].result == auth::result::none) start_spf();
  else spf_stage_ = spf_stage::done;
}

// Results of relays we trust, among the fields above the first stranger's Received: they saw the message before anything on the way to us
// could change it. The relays have to remove what claims to be theirs from incoming mail (RFC 8601 5).
void checker::read_upstream(std::size_t until) {
  for (std::size_t i = 0; i < until; ++i) {
    const header_field f = shared_.index_[i];
    if (!ascii::iequals(f.name, "authentication-results")) continue;
    results_reader results(f.value);
    if (!is_one_of(results.authserv_id(), options_->trusted_authserv_ids)) continue;
    for (results_reader::entry e; results.next(e);) {
      if (!ascii::iequals(e.result, "pass")) continue;
      if (ascii::iequals(e.method, "dkim")) add_upstream(property_of(e, "header.d"));
      byte_view sender = property_of(e, "smtp.mailfrom");
      if (!ascii::iequals(e.method, "spf") || sender.empty()) continue;
      sender = sender.substr(sender.rfind('@') + 1);  // npos + 1 is 0
      if (!dns::valid_hostname(sender)) continue;
      spf_[0].result = auth::result::pass;
      spf_[0].identity = spf_identity::mail_from;
      spf_[0].domain = keep(sender);
      spf_[0].reason = keep("result of a trusted relay");
    }
  }
}

void checker::add_upstream(byte_view domain) {
  const auto known = static_cast<std::size_t>(
      std::count_if(signatures_.begin(), signatures_.end(), [](const signature_state& s) { return s.upstream; }));
  if (known == limits::upstream_results || !dns::valid_hostname(domain)) return;
  signature_state s;
  s.domain = keep(domain);
  s.result = auth::result::pass;
  s.reason = "result of a trusted relay";
  s.upstream = true;
  if (s.domain.size != 0) signatures_.push_back(s);
}

// ---- author ----

void checker::read_author() {
  const auth::author found = find_author(shared_.index_);
  author_state_ = found.state;
  author_reason_ = name_of(found.state);
  if (found.state != author_state::one) return;
  author_ = keep(view(found.domain));
  dmarc_.begin(view(found.domain));
  dmarc_started_ = true;
}

// ---- DKIM ----

void checker::read_signatures() {
  for (std::size_t i = 0; i < shared_.index_.size(); ++i) {
    const header_field f = shared_.index_[i];
    if (!ascii::iequals(f.name, "dkim-signature")) continue;
    if (signatures_.size() == signatures_.capacity()) ++ignored_signatures_;
    else read_signature(f);
  }
}

// As it was written, but U-labels as the DNS has them.
checker::text_ref checker::keep_name(byte_view written) {
  dns::name_text name;
  if (dns::valid_hostname(written) || !dkim::domain_in_ascii(written, name)) return keep(written);
  return keep(view(name));
}

void checker::read_signature(const header_field& f) {
  dkim::signature s;
  const char* wrong = dkim::parse_signature(dkim::field_kind::dkim_signature, f.value, s);
  signatures_.emplace_back();
  signature_state& state = signatures_.back();
  state.domain = keep_name(s.domain);
  state.selector = keep_name(s.selector);
  state.value_start_size = static_cast<std::uint8_t>(std::min(s.value.size(), sizeof state.value_start));
  std::copy_n(s.value.data(), state.value_start_size, state.value_start);
  if (wrong == nullptr) wrong = prepare_signature(f, s, state);
  if (wrong == nullptr) return;
  if (state.result == auth::result::none) state.result = auth::result::permerror;
  state.reason = wrong;
}

const char* checker::prepare_signature(const header_field& f, const dkim::signature& s, signature_state& out) {
  if (now_ != 0 && s.expires && *s.expires < now_) return "signature has expired";
  if (out.domain.size == 0) return "too many or too long names in signatures";
  dkim::body_check body;
  if (const char* wrong = dkim::prepare_body(s, body)) return wrong;
  const auto item = static_cast<std::uint8_t>(signatures_.size() - 1);
  awaited_key* a = await_key(item, false);
  if (a == nullptr) {
    dns_failed_ = true;
    out.result = auth::result::temperror;
    return "too many verifications under way";
  }
  if (const char* wrong = dkim::prepare(shared_.index_, f, s, a->key)) {
    release(a);
    return wrong;
  }
  out.awaiting = true;
  out.check = static_cast<std::int8_t>(checks_.size());
  checks_.push_back(body);
  return nullptr;
}

// ---- ARC ----

void checker::read_chain() {
  const arc::chain c = arc::read_chain(shared_.index_);
  if (options_->seal.key != nullptr) sealer_.begin(shared_.index_, options_->seal.fields, {}, c.sets);
  if (c.sets == 0) return;
  arc_instance_ = static_cast<std::uint8_t>(c.sets);
  const char* wrong = c.wrong;
  arc_result_ = auth::result::pass;  // until something says otherwise
  if (wrong == nullptr) wrong = prepare_chain(c);
  if (wrong != nullptr) return fail_chain(auth::result::fail, wrong);
  arc_trusted_ = arc_result_ == auth::result::pass && trusted_word(c);
}

const char* checker::prepare_chain(const arc::chain& c) {
  if (const char* wrong = prepare_message_signature(c)) return wrong;
  if (arc_result_ != auth::result::pass) return nullptr;
  arc::seal_reader seals(shared_.index_, c);
  for (unsigned i = 1; i <= c.sets; ++i) {
    awaited_key* a = await_key(static_cast<std::uint8_t>(message_signature_owner + i), true);
    if (a == nullptr) {
      dns_failed_ = true;
      fail_chain(auth::result::temperror, "too many verifications under way");
      return nullptr;
    }
    ++arc_awaited_;
    dkim::signature seal;
    if (const char* wrong = seals.next(a->key, seal)) return wrong;
    if (i == c.sets) arc_sealer_ = keep(seal.domain);
  }
  if (options_->seal.key != nullptr) sealer_.begin(shared_.index_, options_->seal.fields, seals.so_far(), c.sets);
  return nullptr;
}

const char* checker::prepare_message_signature(const arc::chain& c) {
  const header_field f = shared_.index_[c.set_of[c.sets - 1].message];
  dkim::signature s;
  if (const char* wrong = dkim::parse_signature(dkim::field_kind::arc_message_signature, f.value, s)) return wrong;
  if (now_ != 0 && s.expires && *s.expires < now_) return "the newest signature has expired";
  dkim::body_check body;
  if (const char* wrong = dkim::prepare_body(s, body)) return wrong;
  awaited_key* a = await_key(message_signature_owner, true);
  if (a == nullptr) {
    dns_failed_ = true;
    fail_chain(auth::result::temperror, "too many verifications under way");
    return nullptr;
  }
  ++arc_awaited_;
  if (const char* wrong = dkim::prepare(shared_.index_, f, s, a->key)) return wrong;
  arc_check_ = static_cast<std::int8_t>(checks_.size());
  checks_.push_back(body);
  return nullptr;
}

// From the newest seal down, as long as the sealers are trusted: the first of them saw the message before the others,
// and if DMARC passed there for this author, what broke since was done by hands we trust (RFC 8617 7.2).
bool checker::trusted_word(const arc::chain& c) const {
  unsigned first = c.sets + 1;
  while (first > 1) {
    dkim::signature seal;
    const header_field f = shared_.index_[c.set_of[first - 2].seal];
    if (dkim::parse_signature(dkim::field_kind::arc_seal, f.value, seal) != nullptr) break;
    if (!is_one_of(seal.domain, options_->trusted_sealers)) break;
    --first;
  }
  if (first > c.sets) return false;
  unsigned instance = 0;
  byte_view value;
  if (!arc::split_results(shared_.index_[c.set_of[first - 1].results].value, instance, value)) return false;
  results_reader results(value);
  for (results_reader::entry e; results.next(e);) {
    if (!ascii::iequals(e.method, "dmarc") || !ascii::iequals(e.result, "pass")) continue;
    const byte_view from = property_of(e, "header.from");
    return from.empty() || ascii::iequals(from, text(author_));
  }
  return false;
}

}  // namespace sluice::auth
