// The three parts of verifying a signature (RFC 6376 6.1), in the order in which a message gives what they need:
//  - prepare(): at the end of the header, everything but the key is known. What is left is a pending_key: a digest, the
//    signature and the name of the key.
//  - body_hasher: hashes the body as it streams, once for each canonicalization, however many signatures there are;
//    l= takes its digest on the way.
//  - judge(): when the key record has arrived.
// The caller joins them: a signature passes when its key says good and its body matches. Used for DKIM-Signature and
// ARC-Message-Signature, and without a body for ARC-Seal.
#pragma once
#include <cstdint>
#include <span>

#include "auth/common/header.hpp"
#include "auth/common/sha256.hpp"
#include "auth/dkim/parse.hpp"
#include "auth/limits.hpp"
#include "auth/result.hpp"
#include "dns/answer.hpp"

namespace sluice::auth::dkim {

// About 850 octets, only needed until the key record is there.
struct pending_key {
  key_algorithm algorithm = key_algorithm::rsa;
  bool identity_below = false;  // i= is a subdomain of d=: not allowed with t=s (3.6.1)
  std::uint16_t signature_size = 0;
  sha256_digest digest{};
  dns::name_text name;  // selector._domainkey.domain
  char signature[max_signature_bytes];
};

// Where a signature's digest over the signed header fields begins; then the signature's own field is added.
// Null, or the reason why it cannot be verified.
const char* hash_signed_fields(const header_index& header, const signature& s, std::uint32_t own_index, sha256& out);

// Fills everything of `out` that the field itself tells: algorithm, name, signature; `digest` is left to the caller.
const char* prepare_key(const signature& s, pending_key& out);

// Both, for a DKIM-Signature or ARC-Message-Signature `own` that was parsed into `s`.
const char* prepare(const header_index& header, const header_field& own, const signature& s, pending_key& out);

struct key_verdict {
  auth::result result = auth::result::none;
  const char* reason = "";  // static text
  unsigned bits = 0;
  bool testing = false;
};
key_verdict judge(const pending_key& pending, const dns::answer& key_record);

// One signature's claim about the body.
struct body_check {
  canon how = canon::simple;
  bool limited = false;   // has l=
  bool decided = false, matches = false;
  std::uint64_t length = 0;
  sha256_digest expected{};
};
// Null, or the reason why bh= cannot be right.
const char* prepare_body(const signature& s, body_check& out);

class body_hasher {
 public:
  void begin(std::span<body_check> checks);
  void feed(byte_view body, std::span<body_check> checks);
  void finish(std::span<body_check> checks);
  // For sealing: hashes the relaxed body even when no check asks for it; call it behind begin().
  void want_relaxed() { relaxed_.wanted = true; }
  const sha256_digest& relaxed_digest() const { return relaxed_digest_; }  // valid after finish()

  // Octets of the canonical body behind the part that `c` covers; valid after finish().
  std::uint64_t unsigned_octets(const body_check& c) const;

 private:
  struct stream {
    explicit stream(canon how) : text(how) {}
    body_canonicalizer text;
    sha256 hash;
    std::uint64_t octets = 0;
    bool wanted = false;
  };
  struct work;
  static void take(void* self, byte_view octets);
  static void cut(stream& s, canon how, std::span<body_check> checks);

  stream simple_{canon::simple}, relaxed_{canon::relaxed};
  sha256_digest relaxed_digest_{};
};

}  // namespace sluice::auth::dkim
