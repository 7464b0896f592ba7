// Signature fields and key records; see parse.hpp.
#include "auth/dkim/parse.hpp"

#include "auth/common/base64.hpp"
#include "auth/common/idna.hpp"
#include "core/ascii.hpp"
#include "dns/name.hpp"

namespace sluice::auth::dkim {
namespace {

byte_view value_of(const tag_list& tags, byte_view name) {
  const tag* t = tags.find(name);
  return t == nullptr ? byte_view{} : t->value;
}

// Digits only (3.5: l=, t=, x=); what no 63-bit number holds counts as the largest.
bool read_number(byte_view text, std::uint64_t& out) {
  out = 0;
  if (text.empty() || text.size() > 76) return false;
  constexpr std::uint64_t most = INT64_MAX;
  for (const char c : text) {
    if (!ascii::is_digit(c)) return false;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    out = out > (most - digit) / 10 ? most : out * 10 + digit;
  }
  return true;
}

bool read_time(const tag_list& tags, byte_view name, std::optional<std::int64_t>& out) {
  const tag* t = tags.find(name);
  std::uint64_t number = 0;
  if (t == nullptr) return true;
  if (!read_number(t->value, number)) return false;
  out = static_cast<std::int64_t>(number);
  return true;
}

bool read_canon(byte_view name, canon& out) {
  out = name == "relaxed" ? canon::relaxed : canon::simple;
  return name == "relaxed" || name == "simple";
}

bool holds(byte_view list, byte_view wanted) {
  for (byte_view item; next_item(list, item);)
    if (item == wanted) return true;
  return false;
}

// h=: names without anything that a name cannot hold. `fields` may be empty for ARC only.
bool valid_names(byte_view list) {
  for (byte_view item; next_item(list, item);)
    for (const char c : item)
      if (c <= ' ' || c >= 0x7f) return false;
  return true;
}

bool names_field(byte_view list, byte_view wanted) {
  for (byte_view item; next_item(list, item);)
    if (ascii::iequals(item, wanted)) return true;
  return false;
}

const char* parse_algorithm(byte_view a, signature& out) {
  if (a == "rsa-sha256") out.algorithm = key_algorithm::rsa;
  else if (a == "ed25519-sha256") out.algorithm = key_algorithm::ed25519;
  else if (a == "rsa-sha1") return "rsa-sha1 is not secure (RFC 8301)";
  else return a.empty() ? "no a= tag" : "unknown algorithm";
  return nullptr;
}

const char* parse_canon(const tag_list& tags, signature& out) {
  const tag* c = tags.find("c");
  if (c == nullptr) return nullptr;
  const std::size_t slash = c->value.find('/');
  if (!read_canon(ascii::trim(c->value.substr(0, slash)), out.header)) return "unknown canonicalization";
  if (slash != byte_view::npos && !read_canon(ascii::trim(c->value.substr(slash + 1)), out.body))
    return "unknown canonicalization";
  return nullptr;
}

// d= and s= make the name of the key; nothing that could be read as another name gets through.
const char* parse_key_name(const tag_list& tags, signature& out) {
  out.domain = value_of(tags, "d");
  out.selector = value_of(tags, "s");
  dns::name_text name;
  if (!domain_in_ascii(out.domain, name) || dns::label_count(view(name)) < 2) return "d= is no domain";
  if (!domain_in_ascii(out.selector, name)) return "s= is no selector";
  return nullptr;
}

const char* parse_instance(const tag_list& tags, signature& out) {
  std::uint64_t number = 0;
  if (!read_number(value_of(tags, "i"), number) || number < 1 || number > 50) return "i= is not 1 to 50";
  out.instance = static_cast<unsigned>(number);
  return nullptr;
}

const char* parse_body_part(const tag_list& tags, field_kind kind, signature& out) {
  // RFC 8617 has no default of its own, and its test suite takes relaxed for an ARC-Message-Signature without c=.
  if (kind == field_kind::arc_message_signature) out.header = out.body = canon::relaxed;
  if (const char* wrong = parse_canon(tags, out)) return wrong;
  out.body_hash = value_of(tags, "bh");
  if (out.body_hash.empty()) return "no bh= tag";
  const tag* h = tags.find("h");
  if (h == nullptr) return "no h= tag";
  out.fields = h->value;
  if (!valid_names(out.fields)) return "h= is malformed";
  if (const tag* l = tags.find("l")) {
    std::uint64_t number = 0;
    if (!read_number(l->value, number)) return "l= is no number";
    out.length = number;
  }
  return nullptr;
}

const char* parse_dkim_part(const tag_list& tags, signature& out) {
  // Drafts before RFC 4871 had no v= and wrote q=dns. Taking them for what they became changes nothing that is verified.
  const tag* v = tags.find("v");
  if (v != nullptr && v->value != "1") return "unknown version";
  if (!names_field(out.fields, "from")) return "From is not signed";
  const tag* q = tags.find("q");
  if (q != nullptr && !holds(q->value, "dns/txt") && !holds(q->value, "dns")) return "unknown query method";
  if (const tag* i = tags.find("i")) {
    out.identity = i->value;
    dns::name_text identity, domain;
    if (!domain_in_ascii(identity_domain(out.identity), identity) || !domain_in_ascii(out.domain, domain) ||
        !dns::is_within(view(identity), view(domain)))
      return "i= is not within d=";
  }
  if (out.signed_at && out.expires && *out.expires <= *out.signed_at) return "x= is not after t=";
  return nullptr;
}

}  // namespace

bool domain_in_ascii(byte_view written, dns::name_text& out) {
  if (to_ascii_domain(written, out)) return true;
  out.clear();
  return false;
}

byte_view identity_domain(byte_view identity) {
  const std::size_t at = identity.rfind('@');
  return at == byte_view::npos ? byte_view{} : identity.substr(at + 1);
}

const char* parse_signature(field_kind kind, byte_view value, signature& out) {
  out = {};
  tag_list tags;
  if (!tags.parse(value)) return "malformed tag list";
  const char* const bad_name = parse_key_name(tags, out);
  if (kind != field_kind::dkim_signature) {
    if (const char* wrong = parse_instance(tags, out)) return wrong;
  }
  if (kind == field_kind::arc_seal) {
    out.chain = value_of(tags, "cv");
    if (tags.find("h") != nullptr) return "ARC-Seal has h=";  // RFC 8617 4.1.3
    if (tags.find("cv") == nullptr) return "no cv= tag";
  }
  if (bad_name != nullptr) return bad_name;
  if (const char* wrong = parse_algorithm(value_of(tags, "a"), out)) return wrong;
  const tag* b = tags.find("b");
  if (b == nullptr || b->value.empty()) return "no b= tag";
  out.value = b->value;
  out.value_raw = b->raw_value;
  if (!read_time(tags, "t", out.signed_at)) return "t= is no number";
  if (!read_time(tags, "x", out.expires)) return "x= is no number";
  if (kind == field_kind::arc_seal) return nullptr;
  if (const char* wrong = parse_body_part(tags, kind, out)) return wrong;
  if (kind == field_kind::dkim_signature) return parse_dkim_part(tags, out);
  if (names_field(out.fields, "arc-seal")) return "ARC-Seal is signed";  // RFC 8617 4.1.2
  return nullptr;
}

const char* parse_key(byte_view txt, key_algorithm algorithm, byte_span room, public_key& out) {
  tag_list tags;
  if (!tags.parse(txt)) return "key record is malformed";
  const tag* v = tags.find("v");
  if (v != nullptr && (v->value != "DKIM1" || tags.begin() != v)) return "key record has another version";
  const tag* k = tags.find("k");
  const byte_view type = k == nullptr ? "rsa" : k->value;
  if (type != (algorithm == key_algorithm::rsa ? "rsa" : "ed25519")) return "key is of another type";
  const tag* h = tags.find("h");
  if (h != nullptr && !holds(h->value, "sha256")) return "key is not for SHA-256";
  const tag* s = tags.find("s");
  if (s != nullptr && !holds(s->value, "email") && !holds(s->value, "*")) return "key is not for mail";
  if (const tag* t = tags.find("t")) {
    out.testing = holds(t->value, "y");
    out.same_domain_only = holds(t->value, "s");
  }
  const tag* p = tags.find("p");
  if (p == nullptr) return "key record has no p=";
  if (p->value.empty()) return "key is revoked";
  std::size_t size = 0;
  if (!decode_base64(p->value, room, size)) return "key is not base64";
  out.data = {room.data(), size};
  return nullptr;
}

}  // namespace sluice::auth::dkim
