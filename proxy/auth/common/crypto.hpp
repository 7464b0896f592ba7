// Public keys and signatures of DKIM and ARC: RSA with PKCS #1 v1.5 and SHA-256 (RFC 6376 3.3.3, RFC 8301) and Ed25519
// over the SHA-256 digest (RFC 8463). mbedTLS and libsodium stay in the .cpp.
#pragma once
#include <cstdint>
#include <memory>

#include "auth/common/sha256.hpp"
#include "core/bytes.hpp"

namespace sluice::auth {

enum class key_algorithm : std::uint8_t { rsa, ed25519 };

enum class check : std::uint8_t {
  good,
  bad_signature,
  bad_key,    // not a key of that algorithm
  weak_key,   // RSA below 1024 bits (RFC 8301 3.2)
  costly_key  // RSA above 4096 bits or with a public exponent above 32 bits: verifying it would be a gift to attackers
};

inline constexpr std::size_t max_signature_bytes = 512;  // RSA of 4096 bits

// `key` as p= carries it, decoded: SubjectPublicKeyInfo or PKCS #1 RSAPublicKey in DER (RFC 6376 erratum 3017), or 32
// octets of Ed25519. `bits` is set to the key's size when it could be read. RSA takes some heap of mbedTLS' counted
// allocator for the time of the call.
check verify_signature(key_algorithm algorithm, byte_view key, const sha256_digest& digest, byte_view signature,
                       unsigned& bits);

// A key to sign with, for ARC seals. Loaded once, used by one event loop at a time.
class private_key {
 public:
  private_key();
  ~private_key();
  private_key(const private_key&) = delete;
  private_key& operator=(const private_key&) = delete;

  // PEM: PKCS #1 or PKCS #8 RSA of 1024 to 4096 bits; or "ed25519:" and 32 octets of seed in base64.
  bool load(byte_view text);
  key_algorithm algorithm() const;
  // Writes the signature and sets `size`; false on failure. `out` has max_signature_bytes.
  bool sign(const sha256_digest& digest, byte_span out, std::size_t& size) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace sluice::auth
