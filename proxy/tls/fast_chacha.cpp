// ChaCha20-Poly1305 by libsodium (RFC 8439), for CPUs without AES instructions and for clients that prefer it: about
// four times mbedTLS's speed. Put in the place of mbedTLS's functions by the linker (-Wl,--wrap, see CMakeLists.txt).
#include <mbedtls/chachapoly.h>
#include <mbedtls/platform_util.h>
#include <sodium/crypto_aead_chacha20poly1305.h>

#include <array>
#include <cstdint>

namespace sluice::tls {
namespace {

// The key, out of the initial state of mbedTLS's ChaCha20 (RFC 8439 2.3: words 4 to 11, little-endian).
class key_of {
 public:
  explicit key_of(const mbedtls_chachapoly_context* c) {
    const std::uint32_t* words = c->MBEDTLS_PRIVATE(chacha20_ctx).MBEDTLS_PRIVATE(state) + 4;
    for (std::size_t i = 0; i < octets_.size(); ++i) {
      octets_[i] = static_cast<unsigned char>(words[i / 4] >> (8 * (i % 4)));
    }
  }
  ~key_of() { mbedtls_platform_zeroize(octets_.data(), octets_.size()); }
  key_of(const key_of&) = delete;
  key_of& operator=(const key_of&) = delete;
  const unsigned char* get() const { return octets_.data(); }

 private:
  std::array<unsigned char, 32> octets_;
};

}  // namespace

}  // namespace sluice::tls

extern "C" {

int __wrap_mbedtls_chachapoly_encrypt_and_tag(mbedtls_chachapoly_context* c, std::size_t bytes,
                                              const unsigned char* nonce, const unsigned char* extra,
                                              std::size_t extra_len, const unsigned char* in, unsigned char* out,
                                              unsigned char* tag) {
  const sluice::tls::key_of key(c);
  unsigned char none = 0;  // libsodium wants pointers where there is nothing as well
  if (bytes == 0) in = out = &none;
  crypto_aead_chacha20poly1305_ietf_encrypt_detached(out, tag, nullptr, in, bytes, extra, extra_len, nullptr, nonce,
                                                     key.get());
  return 0;
}

int __wrap_mbedtls_chachapoly_auth_decrypt(mbedtls_chachapoly_context* c, std::size_t bytes, const unsigned char* nonce,
                                           const unsigned char* extra, std::size_t extra_len, const unsigned char* tag,
                                           const unsigned char* in, unsigned char* out) {
  const sluice::tls::key_of key(c);
  unsigned char none = 0;
  if (bytes == 0) in = out = &none;
  if (crypto_aead_chacha20poly1305_ietf_decrypt_detached(out, nullptr, in, bytes, tag, extra, extra_len, nonce,
                                                         key.get()) == 0) {
    return 0;
  }
  mbedtls_platform_zeroize(out, bytes);
  return MBEDTLS_ERR_CHACHAPOLY_AUTH_FAILED;
}

}  // extern "C"
