// check_host() of RFC 7208; see verify.hpp.
#include "auth/spf/verify.hpp"

#include <algorithm>
#include <cstring>

#include "auth/common/idna.hpp"
#include "core/ascii.hpp"

namespace sluice::auth::spf {
namespace {

constexpr auth::result result_of(qualifier sign) {
  switch (sign) {
    case qualifier::pass: return auth::result::pass;
    case qualifier::fail: return auth::result::fail;
    case qualifier::softfail: return auth::result::softfail;
    case qualifier::neutral: return auth::result::neutral;
  }
  return auth::result::neutral;
}

}  // namespace

byte_view evaluator::domain() const { return {arena_ + frames_.back().domain_at, frames_.back().domain_size}; }
byte_view evaluator::text() const { return {arena_ + frames_.back().text_at, frames_.back().text_size}; }

macro_facts evaluator::facts() const {
  return {client_,   view(local_part_), view(sender_domain_), frames_.empty() ? view(sender_domain_) : domain(),
          view(helo_), view(validated_), view(receiver_),     now_};
}

void evaluator::begin(const request& what) {
  client_ = what.client;
  now_ = what.now;
  explain_ = what.explain;
  assign_cut(helo_, dns::strip_dot(what.helo));
  assign_cut(receiver_, what.receiver);
  const std::size_t at = what.mail_from.rfind('@');
  const byte_view local = at == byte_view::npos ? byte_view{} : what.mail_from.substr(0, at);
  byte_view host = at == byte_view::npos ? what.mail_from : what.mail_from.substr(at + 1);
  if (what.mail_from.empty()) host = what.helo;
  host = dns::strip_dot(host);
  assign_cut(local_part_, local.empty() ? byte_view("postmaster") : local);  // 4.3
  bool is_ascii = true;
  for (const char c : host) is_ascii = is_ascii && static_cast<unsigned char>(c) < 0x80;
  if (is_ascii) assign_cut(sender_domain_, host);
  else if (to_ascii_domain(host, sender_domain_)) host = view(sender_domain_);  // RFC 6531: as A-labels in the DNS

  outcome_ = {};
  outcome_.domain = sender_domain_;
  frames_.clear();
  top_ = hosts_at_ = hosts_end_ = 0;
  opening_include_ = opening_redirect_ = validated_known_ = for_macro_ = asked_ = awaiting_ = false;
  lookups_ = voids_ = 0;
  term_ = {};
  // No domain that anybody could mail from: none (4.3). Odd characters are only ever meant to be misread.
  if (host.size() > sender_domain_.size() || !dns::valid_hostname(host) || dns::label_count(host) < 2)
    return error(auth::result::none, "no domain to check: ", host);
  ask(view(sender_domain_), dns::record_type::txt, stage::record);
}

bool evaluator::next_lookup(dns::question& out) {
  if (!asked_) return false;
  asked_ = false;
  out = {view(question_), question_type_};
  return true;
}

void evaluator::on_answer(const dns::answer& got) {
  if (!awaiting_) return;
  take(got);
  step();
}

// Names that cannot be asked do not exist; the rest of the machine is the same for them.
void evaluator::ask(byte_view name, dns::record_type type, stage next) {
  assign_cut(question_, name);
  question_type_ = type;
  stage_ = next;
  awaiting_ = true;
  asked_ = dns::valid_name(view(question_));
}

void evaluator::ask_address(byte_view name, stage next) {
  ask(name, client_.v6 ? dns::record_type::aaaa : dns::record_type::a, next);
}

void evaluator::step() {
  while (stage_ != stage::done) {
    if (awaiting_) {
      if (asked_ || dns::valid_name(view(question_))) return;
      take({dns::status::nxdomain, 0, {}});
    } else {
      next_term();
    }
  }
}

bool evaluator::push(byte_view domain, byte_view record, qualifier sign) {
  if (frames_.size() == frames_.capacity() || top_ + domain.size() + record.size() > sizeof arena_) return false;
  frame f{};
  f.sign = sign;
  f.domain_at = top_;
  f.domain_size = static_cast<std::uint16_t>(domain.size());
  std::memcpy(arena_ + top_, domain.data(), domain.size());
  f.text_at = static_cast<std::uint16_t>(top_ + domain.size());
  f.text_size = static_cast<std::uint16_t>(record.size());
  std::memcpy(arena_ + f.text_at, record.data(), record.size());
  top_ = static_cast<std::uint16_t>(f.text_at + record.size());
  frames_.push_back(f);
  validated_known_ = false;
  return true;
}

void evaluator::pop() {
  top_ = frames_.back().domain_at;
  frames_.pop_back();
  validated_known_ = false;
}

// ---- terms ----

void evaluator::next_term() {
  frame& f = frames_.back();
  const byte_view record = text();
  term_reader terms(f.next == 0 ? record : record.substr(f.next));
  if (!terms.next(term_)) return end_of_terms();
  f.next = static_cast<std::uint16_t>(record.size() - terms.rest().size());
  if (term_.kind == term_kind::directive) start(term_);
}

// The target name of a term: the current domain, or the expanded domain-spec. False while %{p} is being looked up;
// then the term is started anew.
bool evaluator::expand_target(byte_view spec) {
  if (spec.empty()) {
    assign_cut(target_, domain());
    return true;
  }
  if (needs_validated_name(spec)) return false;
  expand_name(spec, facts(), target_);
  return true;
}

// Starts looking for the client's validated host name if `text` uses it and it is not known.
bool evaluator::needs_validated_name(byte_view macros) {
  if (validated_known_ || !uses_validated_name(macros)) return false;
  for_macro_ = true;
  validated_.clear();
  validated_rank_ = 0;
  ask_reverse();
  return true;
}

void evaluator::ask_reverse() {
  const auto labels = reversed_labels(client_);
  dns::name_text name;
  append_cut(name, view(labels));
  append_cut(name, client_.v6 ? ".ip6.arpa" : ".in-addr.arpa");
  ask(view(name), dns::record_type::ptr, stage::ptr);
}

bool evaluator::count_lookup() {
  if (++lookups_ <= limits::spf_lookups) return true;
  error(auth::result::permerror, "more than 10 terms need lookups (RFC 7208 4.6.4), last in ", domain());
  return false;
}

void evaluator::start(const term& t) {
  switch (t.what) {
    case mechanism::all: return match();
    case mechanism::ip4:
    case mechanism::ip6:
      if (same_network(client_, t.network, t.network.v6 ? t.bits6 : t.bits4)) match();
      return;
    default: break;
  }
  if (!expand_target(t.spec)) return;
  if (!count_lookup()) return;
  const dns::name_text name = target_;
  switch (t.what) {
    case mechanism::a: return ask_address(view(name), stage::a);
    case mechanism::mx: return ask(view(name), dns::record_type::mx, stage::mx);
    case mechanism::exists: return ask(view(name), dns::record_type::a, stage::exists);  // A, also for IPv6 clients (5.7)
    case mechanism::include:
      opening_include_ = true;
      return ask(view(name), dns::record_type::txt, stage::record);
    case mechanism::ptr: for_macro_ = false; return ask_reverse();
    default: return;
  }
}

void evaluator::end_of_terms() {
  const record_facts known = examine(text());
  if (known.redirect.empty()) {
    error(auth::result::neutral, "no term matched at ", domain());
    return;
  }
  term_.kind = term_kind::redirect;
  if (!expand_target(known.redirect) || !count_lookup()) return;
  opening_redirect_ = true;
  const dns::name_text name = target_;
  ask(view(name), dns::record_type::txt, stage::record);
}

// ---- answers ----

void evaluator::take(const dns::answer& got) {
  awaiting_ = asked_ = false;
  const stage at = stage_;
  stage_ = stage::terms;
  switch (at) {
    case stage::record: return take_record(got);
    case stage::a:
      if (!void_lookup(got)) take_addresses(got);
      return;
    case stage::mx:
      if (!void_lookup(got)) take_names(got);
      return;
    case stage::mx_host:
      if (!void_lookup(got)) take_addresses(got);
      if (stage_ == stage::terms && !awaiting_ && hosts_at_ != 0) next_host(stage::mx_host);
      return;
    case stage::exists: return take_exists(got);
    case stage::ptr: return take_ptr(got);
    case stage::ptr_host: return take_ptr_host(got);
    case stage::explanation: return take_explanation(got);
    case stage::terms:
    case stage::done: return;
  }
}

// "Void lookups" (4.6.4): names without records are a way to make others ask in vain. A name that cannot be asked is none:
// macros make such names of senders that the publisher did not choose (RFC 8616 4).
bool evaluator::void_lookup(const dns::answer& got) {
  if (!dns::is_void(got.status) || !dns::valid_name(view(question_)) || ++voids_ <= limits::spf_void_lookups) return false;
  error(auth::result::permerror, "more than 2 lookups without result (RFC 7208 4.6.4), last ", view(question_));
  return true;
}

void evaluator::take_record(const dns::answer& got) {
  const bool include = opening_include_, redirect = opening_redirect_;
  opening_include_ = opening_redirect_ = false;
  if (got.status != dns::status::ok && !dns::is_void(got.status)) return fail_for(got, "TXT");
  byte_view rest = got.packed, txt, record;
  int records = 0;
  while (got.status == dns::status::ok && dns::answer::next(rest, txt)) {
    if (!is_record(txt)) continue;
    record = txt;
    ++records;
  }
  const dns::name_text name = question_;
  if (records > 1) return error(auth::result::permerror, "several SPF records at ", view(name));
  if (records == 0) {
    const bool needed = include || redirect;
    return error(needed ? auth::result::permerror : auth::result::none, "no SPF record at ", view(name));
  }
  if (redirect) {
    const qualifier sign = frames_.back().sign;
    pop();
    if (!push(view(name), record, sign)) return error(auth::result::permerror, "record too large at ", view(name));
  } else if (!push(view(name), record, include ? term_.sign : qualifier::pass)) {
    return error(auth::result::permerror, "record too large at ", view(name));
  }
  const record_facts known = examine(text());
  if (!known.valid) error(auth::result::permerror, "syntax error in ", known.malformed);
}

bool evaluator::holds_client(const dns::answer& got) const {
  byte_view rest = got.packed, octets;
  while (dns::answer::next(rest, octets))
    if (octets.size() == client_.size() &&
        same_network(client_, ip_from_octets(octets), client_.v6 ? term_.bits6 : term_.bits4))
      return true;
  return false;
}

void evaluator::take_addresses(const dns::answer& got) {
  if (dns::is_void(got.status)) return;
  if (got.status != dns::status::ok) return fail_for(got, dns::name_of(question_type_));
  if (holds_client(got)) match();
}

void evaluator::take_exists(const dns::answer& got) {
  if (void_lookup(got) || dns::is_void(got.status)) return;
  if (got.status != dns::status::ok) return fail_for(got, "A");
  match();
}

// Remembers the names of an MX or PTR answer behind the frames; at most ten of them count (4.6.4).
void evaluator::take_names(const dns::answer& got) {
  const bool mx = question_type_ == dns::record_type::mx;
  hosts_at_ = hosts_end_ = 0;
  if (dns::is_void(got.status)) return;
  if (got.status != dns::status::ok) return fail_for(got, "MX");
  std::size_t count = 0, end = top_;
  byte_view rest = got.packed, name;
  while (dns::answer::next(rest, name)) {
    if (mx) name.remove_prefix(std::min<std::size_t>(2, name.size()));
    if (++count > limits::spf_names) {
      if (!mx) break;
      return error(auth::result::permerror, "more than 10 exchangers at ", view(question_));
    }
    if (name.empty() || name.size() > dns::limits::name_bytes) continue;
    if (end + 1 + name.size() > sizeof arena_) return error(auth::result::permerror, "names too long at ", view(question_));
    arena_[end++] = static_cast<char>(name.size());
    std::memcpy(arena_ + end, name.data(), name.size());
    end += name.size();
  }
  hosts_at_ = top_;
  hosts_end_ = static_cast<std::uint16_t>(end);
  next_host(mx ? stage::mx_host : stage::ptr_host);
}

void evaluator::next_host(stage next) {
  if (hosts_at_ >= hosts_end_) {
    hosts_at_ = hosts_end_ = 0;
    if (next == stage::ptr_host) validated({});
    return;
  }
  const auto size = static_cast<unsigned char>(arena_[hosts_at_]);
  const byte_view name{arena_ + hosts_at_ + 1, size};
  hosts_at_ = static_cast<std::uint16_t>(hosts_at_ + 1 + size);
  ask_address(name, next);
}

// ptr, and %{p} which validates the same way (5.5, 7.3): errors and absences only mean "no such host".
void evaluator::take_ptr(const dns::answer& got) {
  if (!for_macro_ && void_lookup(got)) return;
  if (got.status != dns::status::ok) return validated({});
  take_names(got);
}

void evaluator::take_ptr_host(const dns::answer& got) {
  byte_view rest = got.packed, octets;
  bool same = false;
  while (got.status == dns::status::ok && dns::answer::next(rest, octets))
    same = same || (octets.size() == client_.size() && ip_from_octets(octets) == client_);
  const dns::name_text host = question_;
  if (same && !for_macro_ && dns::is_within(view(host), view(target_))) {
    hosts_at_ = hosts_end_ = 0;
    return match();
  }
  if (same && for_macro_) validated(view(host));
  next_host(stage::ptr_host);
}

// One validated host name, or none left: for %{p} the domain itself is best, then a name below it, then any.
void evaluator::validated(byte_view host) {
  if (!host.empty()) {
    const std::uint8_t rank = ascii::iequals(host, domain()) ? 3 : dns::is_within(host, domain()) ? 2 : 1;
    if (rank > validated_rank_) {
      validated_rank_ = rank;
      assign_cut(validated_, host);
    }
    return;
  }
  if (!for_macro_) return;
  for_macro_ = false;
  validated_known_ = true;
  switch (term_.kind) {
    case term_kind::directive: return start(term_);
    case term_kind::redirect: return end_of_terms();
    case term_kind::explanation: return explain();
    default: return;
  }
}

// ---- results ----

void evaluator::match() {
  outcome_.reason.clear();
  append_cut(outcome_.reason, term_.text);
  append_cut(outcome_.reason, " at ");
  append_cut(outcome_.reason, domain());
  finish_record(result_of(term_.sign));
}

// The record under evaluation is decided; inside an include this decides whether the include matches (5.2).
void evaluator::finish_record(auth::result r) {
  hosts_at_ = hosts_end_ = 0;
  while (frames_.size() > 1) {
    const qualifier sign = frames_.back().sign;
    if (r != auth::result::pass) {
      pop();
      stage_ = stage::terms;
      return;
    }
    r = result_of(sign);
    pop();
  }
  conclude(r);
}

void evaluator::fail_for(const dns::answer& got, const char* what) {
  fixed_string<limits::spf_reason_bytes> text;
  append_cut(text, what);
  append_cut(text, " lookup: ");
  append_cut(text, dns::name_of(got.status));
  append_cut(text, " for ");
  const bool later = dns::is_temporary(got.status);
  error(later ? auth::result::temperror : auth::result::permerror, text.c_str(), view(question_));
}

void evaluator::error(auth::result r, const char* what, byte_view about) {
  outcome_.reason.clear();
  append_cut(outcome_.reason, what);
  append_cut(outcome_.reason, about);
  if (r == auth::result::neutral) return finish_record(r);
  conclude(r);
}

void evaluator::conclude(auth::result r) {
  outcome_.result = r;
  stage_ = stage::done;
  awaiting_ = asked_ = false;
  if (r != auth::result::fail || !explain_ || frames_.empty()) return;
  term_ = {};
  term_.kind = term_kind::explanation;
  term_.spec = examine(text()).explanation;
  if (!term_.spec.empty()) explain();
}

// The explanation of a fail (6.2): its name, then its text; each may need the validated host name first.
void evaluator::explain() {
  stage_ = stage::done;
  if (term_.text.empty()) {
    if (!expand_target(term_.spec)) return;
    const dns::name_text name = target_;
    if (dns::valid_name(view(name))) ask(view(name), dns::record_type::txt, stage::explanation);
    return;
  }
  if (!needs_validated_name(term_.text)) expand_explanation(term_.text, facts(), outcome_.explanation);
}

void evaluator::take_explanation(const dns::answer& got) {
  stage_ = stage::done;
  byte_view rest = got.packed, found, more;
  if (got.status != dns::status::ok || !dns::answer::next(rest, found) || dns::answer::next(rest, more)) return;
  for (const char c : found)
    if (c < ' ' || c >= 0x7f) return;  // 6.2: only US-ASCII
  if (found.empty() || !valid_macro_string(found, true) || found.size() > sizeof arena_ - top_) return;
  std::memcpy(arena_ + top_, found.data(), found.size());
  term_.text = {arena_ + top_, found.size()};
  top_ = static_cast<std::uint16_t>(top_ + found.size());
  explain();
}

}  // namespace sluice::auth::spf
