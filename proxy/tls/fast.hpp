// Internal to proxy/tls: faster parts in place of mbedTLS's own (README.md has the figures).
#pragma once
#include <cstddef>

namespace sluice::tls {

bool start_fast_curve();  // false: libsodium could not start
void start_fast_gcm();

// One AES-GCM message with a nonce of 12 octets (NIST SP 800-38D). `in` and `out` may be the same memory.
struct gcm_job {
  const unsigned char* round_keys;  // encryption keys of AES, (rounds + 1) * 16 octets
  unsigned rounds;                  // 10, 12, 14
  const unsigned char* nonce;
  const unsigned char* extra;  // authenticated only
  std::size_t extra_bytes;
  const unsigned char* in;
  unsigned char* out;
  std::size_t bytes;
  bool encrypt;
};

// Needs the instructions AES, PCLMULQDQ and SSSE3; writes the tag.
void gcm_x86(const gcm_job& job, unsigned char tag[16]);

}  // namespace sluice::tls
