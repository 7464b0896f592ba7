// Reads DKIM-Signature (RFC 6376 3.5), ARC-Message-Signature and ARC-Seal (RFC 8617 4.1) fields, and key records
// (RFC 6376 3.6.1). Views point into the text. Says what is wrong in words that go into a result.
#pragma once
#include <cstdint>
#include <optional>

#include "auth/common/crypto.hpp"
#include "auth/common/tag_list.hpp"
#include "auth/dkim/canonicalize.hpp"
#include "core/bytes.hpp"
#include "dns/name.hpp"

namespace sluice::auth::dkim {

enum class field_kind : std::uint8_t { dkim_signature, arc_message_signature, arc_seal };

struct signature {
  key_algorithm algorithm = key_algorithm::rsa;
  canon header = canon::simple, body = canon::simple;
  byte_view domain, selector;  // d=, s= as written: U-labels are fine (RFC 8616 5), see domain_in_ascii()
  byte_view identity;          // i= as written; empty when not given. ARC has none
  byte_view fields;            // h=: names with colons
  byte_view body_hash;         // bh=, base64
  byte_view value;             // b=, base64
  byte_view value_raw;         // what to leave out of the hash
  std::optional<std::uint64_t> length;            // l=, octets of the canonical body
  std::optional<std::int64_t> signed_at, expires;  // t=, x=: seconds since 1970
  unsigned instance = 0;       // i= of ARC, 1 to 50
  byte_view chain;             // cv= of ARC-Seal
};

// Null when the field is well-formed and asks for nothing that must not or cannot be verified; otherwise the reason.
// Sets `domain` and `selector` whenever they are there, for the report.
const char* parse_signature(field_kind kind, byte_view value, signature& out);

struct public_key {
  byte_view data;               // p= decoded, in the caller's memory
  bool testing = false;         // t=y
  bool same_domain_only = false;  // t=s: i= must have the domain of d= exactly
};

inline constexpr std::size_t max_key_bytes = 1024;

// Null when `txt` is a key record for mail and this algorithm with SHA-256; otherwise the reason.
const char* parse_key(byte_view txt, key_algorithm algorithm, byte_span room, public_key& out);

// The name as the DNS has it: A-labels, lower case. False, and empty, when it is no name.
bool domain_in_ascii(byte_view written, dns::name_text& out);

// i= of a signature: what stands behind the last '@'; empty when there is none. Only a local part is ever written in
// DKIM-Quoted-Printable (2.11), so nothing has to be decoded.
byte_view identity_domain(byte_view identity);

}  // namespace sluice::auth::dkim
