#include "tls/record_buffers.hpp"

#include <malloc.h>
#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>

#include <cstring>

namespace sluice::tls {
namespace {

std::uint16_t distance(const unsigned char* from, const unsigned char* to) {
  return static_cast<std::uint16_t>(to - from);
}

// A record half received, or one that was received and not looked at to its end.
bool holds_input(const mbedtls_ssl_context& s) {
  return s.MBEDTLS_PRIVATE(in_left) != 0 || s.MBEDTLS_PRIVATE(in_offt) != nullptr ||
         s.MBEDTLS_PRIVATE(keep_current_message) != 0 || s.MBEDTLS_PRIVATE(badmac_seen_or_in_hsfraglen) != 0 ||
         (s.MBEDTLS_PRIVATE(in_hslen) != 0 && s.MBEDTLS_PRIVATE(in_hslen) < s.MBEDTLS_PRIVATE(in_msglen));
}

}  // namespace

bool record_buffers::has_input(const mbedtls_ssl_context& ssl) const { return ssl.MBEDTLS_PRIVATE(in_buf) != nullptr; }

bool record_buffers::lend_output(mbedtls_ssl_context& s) {
  unsigned char*& out = s.MBEDTLS_PRIVATE(out_buf);
  if (out == nullptr) {
    out = static_cast<unsigned char*>(mbedtls_calloc(1, out_bytes_));
    if (out == nullptr) return false;
    s.MBEDTLS_PRIVATE(out_ctr) = out;
    s.MBEDTLS_PRIVATE(out_hdr) = out + out_at_[0];
    s.MBEDTLS_PRIVATE(out_len) = out + out_at_[1];
    s.MBEDTLS_PRIVATE(out_iv) = out + out_at_[2];
    s.MBEDTLS_PRIVATE(out_msg) = out + out_at_[3];
  }
  return true;
}

bool record_buffers::lend_input(mbedtls_ssl_context& s) {
  unsigned char*& in = s.MBEDTLS_PRIVATE(in_buf);
  if (in == nullptr) {
    in = static_cast<unsigned char*>(mbedtls_calloc(1, in_bytes_));
    if (in == nullptr) return false;
    std::memcpy(in, counter_.data(), counter_bytes);
    s.MBEDTLS_PRIVATE(in_ctr) = in;
    s.MBEDTLS_PRIVATE(in_hdr) = in + in_at_[0];
    s.MBEDTLS_PRIVATE(in_len) = in + in_at_[1];
    s.MBEDTLS_PRIVATE(in_iv) = in + in_at_[2];
    s.MBEDTLS_PRIVATE(in_msg) = in + in_at_[3];
  }
  return true;
}

void record_buffers::take_back(mbedtls_ssl_context& s) {
  unsigned char*& out = s.MBEDTLS_PRIVATE(out_buf);
  unsigned char*& in = s.MBEDTLS_PRIVATE(in_buf);
  if (s.MBEDTLS_PRIVATE(handshake) != nullptr) return;
  if (out != nullptr && s.MBEDTLS_PRIVATE(out_left) == 0 && s.MBEDTLS_PRIVATE(out_ctr) == out) {
    out_at_ = {distance(out, s.MBEDTLS_PRIVATE(out_hdr)), distance(out, s.MBEDTLS_PRIVATE(out_len)),
               distance(out, s.MBEDTLS_PRIVATE(out_iv)), distance(out, s.MBEDTLS_PRIVATE(out_msg))};
    out_bytes_ = static_cast<std::uint16_t>(malloc_usable_size(out));  // at least what mbedTLS asked for
    mbedtls_free(out);                                                 // ciphertext only
    out = nullptr;
  }
  if (in != nullptr && !holds_input(s) && s.MBEDTLS_PRIVATE(in_ctr) == in) {
    in_at_ = {distance(in, s.MBEDTLS_PRIVATE(in_hdr)), distance(in, s.MBEDTLS_PRIVATE(in_len)),
              distance(in, s.MBEDTLS_PRIVATE(in_iv)), distance(in, s.MBEDTLS_PRIVATE(in_msg))};
    in_bytes_ = static_cast<std::uint16_t>(malloc_usable_size(in));
    std::memcpy(counter_.data(), in, counter_bytes);
    mbedtls_platform_zeroize(in, in_bytes_);  // was plaintext
    mbedtls_free(in);
    in = nullptr;
  }
}

}  // namespace sluice::tls
