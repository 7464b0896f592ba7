// One table of cipher suites. TLS 1.2 has forward secrecy only; its CBC suites stand last, for mail servers that know
// nothing newer (they would fall back to plain text otherwise).
#include "tls/parameters.hpp"

#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>

#include <algorithm>
#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace sluice::tls {
namespace {

enum class kind : std::uint8_t { aes_gcm, chacha, aes_cbc };

struct suite {
  int id;
  kind what;
  unsigned key_bits;
  const char* name;
};

// In the order of preference with AES instructions. RFC 8446 B.4, RFC 5289, RFC 7905, RFC 4492.
constexpr suite suites[] = {
    {MBEDTLS_TLS1_3_AES_128_GCM_SHA256, kind::aes_gcm, 128, "TLS_AES_128_GCM_SHA256"},
    {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, kind::aes_gcm, 128, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, kind::aes_gcm, 128, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {MBEDTLS_TLS1_3_AES_256_GCM_SHA384, kind::aes_gcm, 256, "TLS_AES_256_GCM_SHA384"},
    {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, kind::aes_gcm, 256, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, kind::aes_gcm, 256, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, kind::chacha, 256, "TLS_CHACHA20_POLY1305_SHA256"},
    {MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, kind::chacha, 256,
     "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, kind::chacha, 256,
     "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, kind::aes_cbc, 128, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"},
    {MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, kind::aes_cbc, 128, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"},
    {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, kind::aes_cbc, 128, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    {MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, kind::aes_cbc, 128, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
    {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, kind::aes_cbc, 256, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
    {MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, kind::aes_cbc, 256, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
};

// RSA with PKCS #1 v1.5 stands before RSA-PSS: mbedTLS refuses PSS signatures of a TLS 1.2 server although it offers
// them for TLS 1.3, and servers that follow the client's order (OpenSSL, GnuTLS) then never send one. TLS 1.3 has PSS
// only.
constexpr std::uint16_t signatures[] = {
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
    MBEDTLS_TLS1_3_SIG_NONE,
};

const suite* find(int id) noexcept {
  const auto* at = std::find_if(std::begin(suites), std::end(suites), [id](const suite& s) { return s.id == id; });
  return at == std::end(suites) ? nullptr : at;
}

std::uint16_t iana(group g) {
  switch (g) {
    case group::x25519:
      return MBEDTLS_SSL_IANA_TLS_GROUP_X25519;
    case group::secp256r1:
      return MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1;
    case group::secp384r1:
      return MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1;
  }
  return MBEDTLS_SSL_IANA_TLS_GROUP_NONE;
}

}  // namespace

bool cpu_has_aes() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  return __builtin_cpu_supports("aes") != 0 && __builtin_cpu_supports("pclmul") != 0;
#elif defined(__aarch64__)
  return (getauxval(AT_HWCAP) & HWCAP_AES) != 0 && (getauxval(AT_HWCAP) & HWCAP_PMULL) != 0;
#else
  return false;
#endif
}

std::vector<int> suite_list(cipher_order order) {
  const bool aes = order == cipher_order::aes_first || (order == cipher_order::automatic && cpu_has_aes());
  std::vector<int> ids;
  for (kind k : {aes ? kind::aes_gcm : kind::chacha, aes ? kind::chacha : kind::aes_gcm, kind::aes_cbc}) {
    for (const suite& s : suites) {
      if (s.what == k) ids.push_back(s.id);
    }
  }
  ids.push_back(0);
  return ids;
}

std::vector<std::uint16_t> group_list(const std::vector<group>& wanted) {
  std::vector<std::uint16_t> ids;
  for (group g : wanted) ids.push_back(iana(g));
  for (group g : {group::x25519, group::secp256r1, group::secp384r1}) {
    if (std::find(ids.begin(), ids.end(), iana(g)) == ids.end()) ids.push_back(iana(g));
  }
  ids.push_back(MBEDTLS_SSL_IANA_TLS_GROUP_NONE);
  return ids;
}

const std::uint16_t* signature_list() noexcept { return signatures; }

const char* suite_name(int id) noexcept {
  const suite* s = find(id);
  return s == nullptr ? "" : s->name;
}

unsigned suite_key_bits(int id) noexcept {
  const suite* s = find(id);
  return s == nullptr ? 0 : s->key_bits;
}

}  // namespace sluice::tls
