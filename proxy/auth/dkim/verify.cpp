// Verification of one signature; see verify.hpp.
#include "auth/dkim/verify.hpp"

#include <algorithm>
#include <bitset>

#include "auth/common/base64.hpp"
#include "core/ascii.hpp"

namespace sluice::auth::dkim {
namespace {

void into_hash(void* hash, byte_view octets) { static_cast<sha256*>(hash)->update(octets); }

bool same_digest(const sha256_digest& a, const sha256_digest& b) { return a == b; }

key_verdict verdict_of(check c, unsigned bits, bool testing) {
  switch (c) {
    case check::good: return {auth::result::pass, "", bits, testing};
    case check::bad_signature: return {auth::result::fail, "signature did not verify", bits, testing};
    case check::bad_key: return {auth::result::permerror, "key cannot be read", bits, testing};
    case check::weak_key: return {auth::result::policy, "key is below 1024 bits (RFC 8301)", bits, testing};
    case check::costly_key: return {auth::result::policy, "key is above 4096 bits or has a large exponent", bits, testing};
  }
  return {};
}

}  // namespace

const char* hash_signed_fields(const header_index& header, const signature& s, std::uint32_t own_index, sha256& out) {
  std::bitset<header_index::max_fields> used;
  std::size_t names = 0;
  byte_view rest = s.fields;
  for (byte_view name; next_item(rest, name);) {
    if (++names > limits::signed_names) return "h= has too many names";
    std::uint16_t cursor = header_index::none;
    header_field f;
    bool found = false;
    while (!found && header.next_up(name, cursor, f)) found = !used[f.index] && f.index != own_index;
    if (!found) continue;  // signed as missing (5.4)
    used[f.index] = true;
    canonical_field(s.header, f.raw, f.name, f.value, {}, false, {into_hash, &out});
  }
  return nullptr;
}

const char* prepare_key(const signature& s, pending_key& out) {
  out.algorithm = s.algorithm;
  dns::name_text domain, selector, identity;
  if (!domain_in_ascii(s.domain, domain) || !domain_in_ascii(s.selector, selector)) return "the key has no name";
  out.identity_below = domain_in_ascii(identity_domain(s.identity), identity) && identity != domain;
  std::size_t size = 0;
  if (!decode_base64(s.value, out.signature, size, base64_end::exact)) return "b= is not base64 or too long";
  out.signature_size = static_cast<std::uint16_t>(size);
  out.name.clear();
  const bool fits = append_cut(out.name, view(selector)) && append_cut(out.name, "._domainkey.") && append_cut(out.name, view(domain));
  return fits && dns::valid_hostname(view(out.name)) ? nullptr : "the key's name is too long";
}

const char* prepare(const header_index& header, const header_field& own, const signature& s, pending_key& out) {
  if (const char* wrong = prepare_key(s, out)) return wrong;
  sha256 hash;
  if (const char* wrong = hash_signed_fields(header, s, own.index, hash)) return wrong;
  canonical_field(s.header, own.raw, own.name, own.value, s.value_raw, true, {into_hash, &hash});
  out.digest = hash.finish();
  return nullptr;
}

key_verdict judge(const pending_key& pending, const dns::answer& got) {
  switch (got.status) {
    case dns::status::ok: break;
    case dns::status::no_data:
    case dns::status::nxdomain: return {auth::result::permerror, "no key at that name", 0, false};
    case dns::status::servfail: return {auth::result::temperror, "key lookup: server failure", 0, false};
    case dns::status::timeout: return {auth::result::temperror, "key lookup: timeout", 0, false};
    case dns::status::malformed: return {auth::result::permerror, "key lookup: malformed answer", 0, false};
    case dns::status::too_large: return {auth::result::permerror, "key lookup: answer too large", 0, false};
    case dns::status::budget: return {auth::result::temperror, "lookup budget used up", 0, false};
    case dns::status::cancelled: return {auth::result::temperror, "key lookup: cancelled", 0, false};
  }
  char room[max_key_bytes];
  public_key key;
  const char* wrong = "no key at that name";
  byte_view rest = got.packed, txt;
  while (wrong != nullptr && dns::answer::next(rest, txt)) wrong = parse_key(txt, pending.algorithm, room, key);
  if (wrong != nullptr) return {auth::result::permerror, wrong, 0, false};
  if (key.same_domain_only && pending.identity_below)
    return {auth::result::permerror, "key allows i= only with the domain of d=", 0, key.testing};
  unsigned bits = 0;
  const check c = verify_signature(pending.algorithm, key.data, pending.digest,
                                   {pending.signature, pending.signature_size}, bits);
  return verdict_of(c, bits, key.testing);
}

// ---- body ----

const char* prepare_body(const signature& s, body_check& out) {
  out = {};
  out.how = s.body;
  out.limited = s.length.has_value();
  out.length = s.length.value_or(0);
  std::size_t size = 0;
  if (!decode_base64(s.body_hash, out.expected, size, base64_end::exact) || size != out.expected.size()) return "bh= is no SHA-256 digest";
  return nullptr;
}

struct body_hasher::work {
  stream* to;
  canon how;
  std::span<body_check> checks;
};

// Compares the digest so far with every l= that ends here.
void body_hasher::cut(stream& s, canon how, std::span<body_check> checks) {
  for (body_check& c : checks) {
    if (c.how != how || !c.limited || c.decided || c.length != s.octets) continue;
    sha256 copy = s.hash;
    c.decided = true;
    c.matches = same_digest(copy.finish(), c.expected);
  }
}

void body_hasher::take(void* self, byte_view octets) {
  const work& w = *static_cast<work*>(self);
  while (!octets.empty()) {
    std::uint64_t stop = UINT64_MAX;
    for (const body_check& c : w.checks)
      if (c.how == w.how && c.limited && !c.decided && c.length > w.to->octets) stop = std::min(stop, c.length);
    const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(octets.size(), stop - w.to->octets));
    w.to->hash.update(octets.substr(0, n));
    w.to->octets += n;
    octets.remove_prefix(n);
    if (w.to->octets == stop) cut(*w.to, w.how, w.checks);
  }
}

void body_hasher::begin(std::span<body_check> checks) {
  simple_ = stream(canon::simple);
  relaxed_ = stream(canon::relaxed);
  for (const body_check& c : checks) (c.how == canon::simple ? simple_ : relaxed_).wanted = true;
  cut(simple_, canon::simple, checks);  // l=0
  cut(relaxed_, canon::relaxed, checks);
}

void body_hasher::feed(byte_view body, std::span<body_check> checks) {
  for (stream* s : {&simple_, &relaxed_}) {
    if (!s->wanted) continue;
    work w{s, s == &simple_ ? canon::simple : canon::relaxed, checks};
    s->text.feed(body, {take, &w});
  }
}

void body_hasher::finish(std::span<body_check> checks) {
  for (stream* s : {&simple_, &relaxed_}) {
    if (!s->wanted) continue;
    work w{s, s == &simple_ ? canon::simple : canon::relaxed, checks};
    s->text.finish({take, &w});
    const sha256_digest whole = s->hash.finish();
    if (s == &relaxed_) relaxed_digest_ = whole;
    for (body_check& c : checks) {
      if (c.how != w.how || c.decided) continue;
      c.decided = true;
      c.matches = !c.limited && same_digest(whole, c.expected);  // l= beyond the body is no match (3.5)
    }
  }
}

std::uint64_t body_hasher::unsigned_octets(const body_check& c) const {
  const std::uint64_t all = (c.how == canon::simple ? simple_ : relaxed_).octets;
  return c.limited && all > c.length ? all - c.length : 0;
}

}  // namespace sluice::auth::dkim
