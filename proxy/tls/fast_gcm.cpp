// AES-GCM, a whole record at a time, where the CPU has the instructions. mbedTLS goes block by block through its cipher
// layer (0.25 GB/s here); gcm_x86 keeps eight blocks in flight. The linker puts these functions in the place of
// mbedTLS's
// (-Wl,--wrap, see CMakeLists.txt); everything unusual, and every other CPU, goes on to mbedTLS.
#include <mbedtls/aes.h>
#include <mbedtls/gcm.h>
#include <mbedtls/platform_util.h>

#include "tls/fast.hpp"

extern "C" {
int mbedtls_ct_memcmp(const void*, const void*, std::size_t);  // its header says nothing of C++
int __real_mbedtls_gcm_crypt_and_tag(mbedtls_gcm_context*, int, std::size_t, const unsigned char*, std::size_t,
                                     const unsigned char*, std::size_t, const unsigned char*, unsigned char*,
                                     std::size_t, unsigned char*);
int __real_mbedtls_gcm_auth_decrypt(mbedtls_gcm_context*, std::size_t, const unsigned char*, std::size_t,
                                    const unsigned char*, std::size_t, const unsigned char*, std::size_t,
                                    const unsigned char*, unsigned char*);
}

namespace sluice::tls {
namespace {

bool can_run = false;  // set once, before there is a second thread

constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_max_bytes = 16;
constexpr std::size_t message_max_bytes = 1U << 24;  // far below the mode's limit of 2^36; records are 16 KiB

// AES's key schedule as mbedTLS keeps it below the GCM context; null where it is something else.
const mbedtls_aes_context* aes_of(const mbedtls_gcm_context* gcm) {
  const mbedtls_cipher_context_t& cipher = gcm->MBEDTLS_PRIVATE(cipher_ctx);
  const mbedtls_cipher_type_t type = mbedtls_cipher_get_type(&cipher);
  const bool aes =
      type == MBEDTLS_CIPHER_AES_128_ECB || type == MBEDTLS_CIPHER_AES_192_ECB || type == MBEDTLS_CIPHER_AES_256_ECB;
  return aes ? static_cast<const mbedtls_aes_context*>(cipher.MBEDTLS_PRIVATE(cipher_ctx)) : nullptr;
}

void run(gcm_job job, const mbedtls_aes_context& aes, unsigned char* tag) {
  job.round_keys = reinterpret_cast<const unsigned char*>(aes.MBEDTLS_PRIVATE(buf) + aes.MBEDTLS_PRIVATE(rk_offset));
  job.rounds = static_cast<unsigned>(aes.MBEDTLS_PRIVATE(nr));
#if defined(__x86_64__)
  gcm_x86(job, tag);
#else
  (void)job, (void)tag;  // not reached: can_run stays false
#endif
}

bool is_usual(std::size_t bytes, std::size_t nonce, std::size_t extra, std::size_t tag) {
  return can_run && bytes <= message_max_bytes && extra <= message_max_bytes && nonce == nonce_bytes && tag >= 4 &&
         tag <= tag_max_bytes;
}

}  // namespace

void start_fast_gcm() {
#if defined(__x86_64__)
  can_run = __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("ssse3");
#endif
}

}  // namespace sluice::tls

using namespace sluice::tls;

extern "C" {

int __wrap_mbedtls_gcm_crypt_and_tag(mbedtls_gcm_context* gcm, int mode, std::size_t bytes, const unsigned char* nonce,
                                     std::size_t nonce_len, const unsigned char* extra, std::size_t extra_len,
                                     const unsigned char* in, unsigned char* out, std::size_t tag_len,
                                     unsigned char* tag) {
  const mbedtls_aes_context* aes = is_usual(bytes, nonce_len, extra_len, tag_len) ? aes_of(gcm) : nullptr;
  if (aes == nullptr) {
    return __real_mbedtls_gcm_crypt_and_tag(gcm, mode, bytes, nonce, nonce_len, extra, extra_len, in, out, tag_len,
                                            tag);
  }
  unsigned char whole[tag_max_bytes];
  run({nullptr, 0, nonce, extra, extra_len, in, out, bytes, mode == MBEDTLS_GCM_ENCRYPT}, *aes, whole);
  for (std::size_t i = 0; i < tag_len; ++i) tag[i] = whole[i];
  return 0;
}

int __wrap_mbedtls_gcm_auth_decrypt(mbedtls_gcm_context* gcm, std::size_t bytes, const unsigned char* nonce,
                                    std::size_t nonce_len, const unsigned char* extra, std::size_t extra_len,
                                    const unsigned char* tag, std::size_t tag_len, const unsigned char* in,
                                    unsigned char* out) {
  const mbedtls_aes_context* aes = is_usual(bytes, nonce_len, extra_len, tag_len) ? aes_of(gcm) : nullptr;
  if (aes == nullptr) {
    return __real_mbedtls_gcm_auth_decrypt(gcm, bytes, nonce, nonce_len, extra, extra_len, tag, tag_len, in, out);
  }
  unsigned char whole[tag_max_bytes];
  run({nullptr, 0, nonce, extra, extra_len, in, out, bytes, false}, *aes, whole);
  if (mbedtls_ct_memcmp(whole, tag, tag_len) == 0) return 0;
  mbedtls_platform_zeroize(out, bytes);
  return MBEDTLS_ERR_GCM_AUTH_FAILED;
}

}  // extern "C"
