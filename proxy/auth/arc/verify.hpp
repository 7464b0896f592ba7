// Validation of an Authenticated Received Chain (RFC 8617 5.2): the structure of its sets from the header, then the
// newest ARC-Message-Signature and every ARC-Seal as pending keys. Joining the verdicts is the caller's work, because
// it knows when the keys arrive: the chain passes when all of them say good and the body matches.
#pragma once
#include <array>
#include <cstdint>

#include "auth/common/header.hpp"
#include "auth/common/sha256.hpp"
#include "auth/dkim/verify.hpp"
#include "auth/limits.hpp"

namespace sluice::auth::arc {

struct set {
  std::uint16_t results = header_index::none, message = header_index::none, seal = header_index::none;  // fields
};

struct chain {
  unsigned sets = 0;            // 0: no chain
  const char* wrong = nullptr;  // why the chain fails whatever its signatures say
  std::array<set, limits::arc_sets> set_of{};  // instance 1 first
};

// Collects the sets and checks their number, completeness, and cv= (5.2 steps 1 to 3).
chain read_chain(const header_index& header);

// What follows "i=N;" in an ARC-Authentication-Results field (4.1.1); false when it does not begin so.
bool split_results(byte_view value, unsigned& instance, byte_view& results);

// Hashes the sets from the first on and makes a pending key of each ARC-Seal; the beginning that all of them share is
// hashed once (5.1.1.1).
class seal_reader {
 public:
  seal_reader(const header_index& header, const chain& c) : header_(header), chain_(c) {}
  // Prepares the seal of the next set; null, or the reason why the chain fails. Call it chain.sets times.
  const char* next(dkim::pending_key& out, dkim::signature& seal);
  // Everything hashed so far, as a further seal would begin (for sealing).
  const sha256& so_far() const { return hash_; }

 private:
  const header_index& header_;
  const chain& chain_;
  unsigned done_ = 0;
  sha256 hash_;
};

}  // namespace sluice::auth::arc
