// X25519 by libsodium. mbedTLS's generic bignum code takes 0.7 ms for one multiplication and a handshake needs two;
// libsodium, which is on board for other reasons, takes 0.04 ms.
//
// The linker puts these functions in the place of mbedTLS's (-Wl,--wrap, see CMakeLists.txt), for calls from its other
// parts: ECDH in TLS 1.2, PSA key agreement and public keys in TLS 1.3. All other curves go on to mbedTLS. Checks and
// results are those of mbedTLS's ecp_mul_mxz: a bad scalar or a point of low order is MBEDTLS_ERR_ECP_INVALID_KEY.
#include <mbedtls/ecp.h>
#include <mbedtls/platform_util.h>
#include <sodium/core.h>
#include <sodium/crypto_scalarmult_curve25519.h>

#include <array>

#include "tls/fast.hpp"

namespace sluice::tls {
namespace {

using octets32 = std::array<unsigned char, 32>;

bool is_base(const octets32& u) {
  octets32 nine{};
  nine[0] = 9;
  return u == nine;
}

int multiply(mbedtls_ecp_group* group, mbedtls_ecp_point* result, const mbedtls_mpi* scalar,
             const mbedtls_ecp_point* point) {
  if (mbedtls_ecp_check_privkey(group, scalar) != 0) return MBEDTLS_ERR_ECP_INVALID_KEY;
  octets32 n{}, u{}, out{};
  int rc = mbedtls_mpi_write_binary_le(scalar, n.data(), n.size());
  if (rc == 0) rc = mbedtls_mpi_write_binary_le(&point->MBEDTLS_PRIVATE(X), u.data(), u.size());
  if (rc == 0) {
    const bool failed = is_base(u) ? crypto_scalarmult_curve25519_base(out.data(), n.data()) != 0
                                   : crypto_scalarmult_curve25519(out.data(), n.data(), u.data()) != 0;
    if (failed) rc = MBEDTLS_ERR_ECP_INVALID_KEY;
  }
  if (rc == 0) rc = mbedtls_mpi_read_binary_le(&result->MBEDTLS_PRIVATE(X), out.data(), out.size());
  if (rc == 0) rc = mbedtls_mpi_lset(&result->MBEDTLS_PRIVATE(Z), 1);
  if (rc == 0) mbedtls_mpi_free(&result->MBEDTLS_PRIVATE(Y));
  mbedtls_platform_zeroize(n.data(), n.size());
  mbedtls_platform_zeroize(out.data(), out.size());
  return rc;
}

}  // namespace

bool start_fast_curve() { return sodium_init() >= 0; }

}  // namespace sluice::tls

using random_function = int (*)(void*, unsigned char*, std::size_t);

extern "C" {

int __real_mbedtls_ecp_mul(mbedtls_ecp_group*, mbedtls_ecp_point*, const mbedtls_mpi*, const mbedtls_ecp_point*,
                           random_function, void*);
int __real_mbedtls_ecp_mul_restartable(mbedtls_ecp_group*, mbedtls_ecp_point*, const mbedtls_mpi*,
                                       const mbedtls_ecp_point*, random_function, void*, mbedtls_ecp_restart_ctx*);

int __wrap_mbedtls_ecp_mul(mbedtls_ecp_group* group, mbedtls_ecp_point* result, const mbedtls_mpi* scalar,
                           const mbedtls_ecp_point* point, random_function rng, void* rng_state) {
  if (group->id == MBEDTLS_ECP_DP_CURVE25519) return sluice::tls::multiply(group, result, scalar, point);
  return __real_mbedtls_ecp_mul(group, result, scalar, point, rng, rng_state);
}

int __wrap_mbedtls_ecp_mul_restartable(mbedtls_ecp_group* group, mbedtls_ecp_point* result, const mbedtls_mpi* scalar,
                                       const mbedtls_ecp_point* point, random_function rng, void* rng_state,
                                       mbedtls_ecp_restart_ctx* restart) {
  if (group->id == MBEDTLS_ECP_DP_CURVE25519) return sluice::tls::multiply(group, result, scalar, point);
  return __real_mbedtls_ecp_mul_restartable(group, result, scalar, point, rng, rng_state, restart);
}

}  // extern "C"
