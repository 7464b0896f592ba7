// Internal to proxy/tls: the process's random generator in the form in which mbedTLS wants to be given one.
#pragma once
#include <mbedtls/entropy.h>
#include <psa/crypto.h>

#include <cstddef>

namespace sluice::tls {

inline int random_octets(void*, unsigned char* to, std::size_t n) {
  return psa_generate_random(to, n) == PSA_SUCCESS ? 0 : MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
}

}  // namespace sluice::tls
