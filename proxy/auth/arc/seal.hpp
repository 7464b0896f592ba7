// Writes a further ARC set (RFC 8617 5.1): ARC-Seal, ARC-Message-Signature, ARC-Authentication-Results, to be put on top of
// a message. Earlier sets are never touched. begin() at the end of the header, write() when body and results are
// known; in between only two hash states are kept.
//
// A set that says cv=fail covers nothing but itself (5.1.2). Whether one is written at all is the caller's choice;
// Sluice does not (it never continues a failed chain).
#pragma once
#include <cstdint>

#include "auth/arc/verify.hpp"
#include "auth/common/crypto.hpp"

namespace sluice::auth::arc {

inline constexpr std::size_t seal_bytes = 8192;  // room that always suffices for write()

struct seal_names {
  byte_view domain, selector;
  byte_view fields;  // names for h=, with colons; not ARC-Seal
};

class sealer {
 public:
  // `sets` is what seal_reader has hashed of the existing chain, or nothing hashed when there is none.
  void begin(const header_index& header, byte_view fields, const sha256& sets, unsigned existing_sets);

  struct facts {
    const char* chain = "none";  // cv=: none, pass or fail
    byte_view results;           // value of our Authentication-Results, with authserv-id
    sha256_digest body{};        // of the relaxed body
    std::int64_t now = 0;
  };
  // Writes the three fields with their final CRLF and returns them; empty when something does not fit, the names are
  // no names, the key does not sign, or the chain is full.
  byte_view write(const seal_names& names, const private_key& key, const facts& f, byte_span out) const;

 private:
  sha256 sets_, fields_;
  unsigned instance_ = 0;
};

}  // namespace sluice::auth::arc
