// RSA by mbedTLS, Ed25519 by libsodium; see crypto.hpp.
#include "auth/common/crypto.hpp"

#include <mbedtls/bignum.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <sodium.h>

#include <cstring>
#include <string>

#include "auth/common/base64.hpp"
#include "core/scratch_arena.hpp"

namespace sluice::auth {
namespace {

constexpr unsigned min_rsa_bits = 1024, max_rsa_bits = 4096, max_exponent_bits = 32;

const unsigned char* octets(byte_view v) { return reinterpret_cast<const unsigned char*>(v.data()); }

struct public_key {
  public_key() { mbedtls_pk_init(&pk); }
  ~public_key() { mbedtls_pk_free(&pk); }
  public_key(const public_key&) = delete;
  public_key& operator=(const public_key&) = delete;
  mbedtls_pk_context pk;
};

bool exponent_is_cheap(const mbedtls_rsa_context* rsa) {
  mbedtls_mpi e;
  mbedtls_mpi_init(&e);
  const bool cheap =
      mbedtls_rsa_export(rsa, nullptr, nullptr, nullptr, nullptr, &e) == 0 && mbedtls_mpi_bitlen(&e) <= max_exponent_bits;
  mbedtls_mpi_free(&e);
  return cheap;
}

check verify_rsa(byte_view key, const sha256_digest& digest, byte_view signature, unsigned& bits) {
  scratch_arena near;  // no heap for the big numbers
  public_key loaded;
  if (mbedtls_pk_parse_public_key(&loaded.pk, octets(key), key.size()) != 0) return check::bad_key;
  if (mbedtls_pk_get_type(&loaded.pk) != MBEDTLS_PK_RSA) return check::bad_key;
  bits = static_cast<unsigned>(mbedtls_pk_get_bitlen(&loaded.pk));
  if (bits < min_rsa_bits) return check::weak_key;
  mbedtls_rsa_context* rsa = mbedtls_pk_rsa(loaded.pk);
  if (bits > max_rsa_bits || !exponent_is_cheap(rsa)) return check::costly_key;
  if (signature.size() != mbedtls_rsa_get_len(rsa)) return check::bad_signature;
  mbedtls_rsa_set_padding(rsa, MBEDTLS_RSA_PKCS_V15, MBEDTLS_MD_NONE);
  const int rc = mbedtls_rsa_pkcs1_verify(rsa, MBEDTLS_MD_SHA256, static_cast<unsigned>(digest.size()),
                                          reinterpret_cast<const unsigned char*>(digest.data()), octets(signature));
  return rc == 0 ? check::good : check::bad_signature;
}

check verify_ed25519(byte_view key, const sha256_digest& digest, byte_view signature, unsigned& bits) {
  if (key.size() != crypto_sign_PUBLICKEYBYTES) return check::bad_key;
  bits = 256;
  if (signature.size() != crypto_sign_BYTES) return check::bad_signature;
  const int rc = crypto_sign_verify_detached(octets(signature), reinterpret_cast<const unsigned char*>(digest.data()),
                                             digest.size(), octets(key));
  return rc == 0 ? check::good : check::bad_signature;
}

int sodium_random(void*, unsigned char* out, std::size_t size) {
  randombytes_buf(out, size);
  return 0;
}

constexpr byte_view ed25519_prefix = "ed25519:";

}  // namespace

check verify_signature(key_algorithm algorithm, byte_view key, const sha256_digest& digest, byte_view signature,
                       unsigned& bits) {
  bits = 0;
  return algorithm == key_algorithm::rsa ? verify_rsa(key, digest, signature, bits)
                                         : verify_ed25519(key, digest, signature, bits);
}

struct private_key::state {
  state() { mbedtls_pk_init(&rsa); }
  ~state() {
    mbedtls_pk_free(&rsa);
    sodium_memzero(ed25519, sizeof ed25519);
  }
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  key_algorithm algorithm = key_algorithm::rsa;
  mbedtls_pk_context rsa;
  unsigned char ed25519[crypto_sign_SECRETKEYBYTES] = {};
  bool loaded = false;
};

private_key::private_key() : state_(std::make_unique<state>()) {}
private_key::~private_key() = default;

bool private_key::load(byte_view text) {
  state_ = std::make_unique<state>();
  if (sodium_init() < 0) return false;
  if (text.substr(0, ed25519_prefix.size()) == ed25519_prefix) {
    char seed[crypto_sign_SEEDBYTES];
    std::size_t size = 0;
    unsigned char ignored[crypto_sign_PUBLICKEYBYTES];
    if (!decode_base64(text.substr(ed25519_prefix.size()), seed, size) || size != sizeof seed) return false;
    crypto_sign_seed_keypair(ignored, state_->ed25519, reinterpret_cast<const unsigned char*>(seed));
    sodium_memzero(seed, sizeof seed);
    state_->algorithm = key_algorithm::ed25519;
    return state_->loaded = true;
  }
  std::string terminated(text);  // mbedTLS reads PEM with its final NUL
  const int rc = mbedtls_pk_parse_key(&state_->rsa, reinterpret_cast<const unsigned char*>(terminated.c_str()),
                                      terminated.size() + 1, nullptr, 0, sodium_random, nullptr);
  sodium_memzero(terminated.data(), terminated.size());
  if (rc != 0 || mbedtls_pk_get_type(&state_->rsa) != MBEDTLS_PK_RSA) return false;
  const std::size_t bits = mbedtls_pk_get_bitlen(&state_->rsa);
  return state_->loaded = bits >= min_rsa_bits && bits <= max_rsa_bits;
}

key_algorithm private_key::algorithm() const { return state_->algorithm; }

bool private_key::sign(const sha256_digest& digest, byte_span out, std::size_t& size) const {
  if (!state_->loaded || out.size() < max_signature_bytes) return false;
  auto* target = reinterpret_cast<unsigned char*>(out.data());
  const auto* message = reinterpret_cast<const unsigned char*>(digest.data());
  if (state_->algorithm == key_algorithm::ed25519) {
    size = crypto_sign_BYTES;
    return crypto_sign_detached(target, nullptr, message, digest.size(), state_->ed25519) == 0;
  }
  mbedtls_rsa_context* rsa = mbedtls_pk_rsa(state_->rsa);
  mbedtls_rsa_set_padding(rsa, MBEDTLS_RSA_PKCS_V15, MBEDTLS_MD_NONE);
  size = mbedtls_rsa_get_len(rsa);
  return mbedtls_rsa_pkcs1_sign(rsa, sodium_random, nullptr, MBEDTLS_MD_SHA256, static_cast<unsigned>(digest.size()),
                                message, target) == 0;
}

}  // namespace sluice::auth
