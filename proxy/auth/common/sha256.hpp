// SHA-256 as a value: copying one copies the state, so that a common beginning is hashed once (the ARC sets of a
// chain, a body with several l= lengths). mbedTLS' context lives in here without its headers; it owns no memory.
#pragma once
#include <array>
#include <cstddef>

#include "core/bytes.hpp"

namespace sluice::auth {

using sha256_digest = std::array<char, 32>;

class sha256 {
 public:
  sha256() { reset(); }
  void reset();
  void update(byte_view octets);
  // The digest of everything so far; the state is used up until reset().
  sha256_digest finish();

 private:
  alignas(8) unsigned char state_[112];  // checked against mbedtls_sha256_context in sha256.cpp
};

}  // namespace sluice::auth
