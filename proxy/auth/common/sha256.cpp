// SHA-256 by mbedTLS; see sha256.hpp.
#include "auth/common/sha256.hpp"

#include <mbedtls/sha256.h>

#include <new>
#include <type_traits>

namespace sluice::auth {
namespace {

static_assert(std::is_trivially_copyable_v<mbedtls_sha256_context>);

mbedtls_sha256_context* context(unsigned char* state) {
  return std::launder(reinterpret_cast<mbedtls_sha256_context*>(state));
}

}  // namespace

void sha256::reset() {
  static_assert(sizeof(mbedtls_sha256_context) <= sizeof state_);
  mbedtls_sha256_init(new (state_) mbedtls_sha256_context);
  mbedtls_sha256_starts(context(state_), 0);
}

void sha256::update(byte_view octets) {
  mbedtls_sha256_update(context(state_), reinterpret_cast<const unsigned char*>(octets.data()), octets.size());
}

sha256_digest sha256::finish() {
  sha256_digest out;
  mbedtls_sha256_finish(context(state_), reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

}  // namespace sluice::auth
