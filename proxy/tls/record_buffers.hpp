// mbedTLS's two record buffers, 23 KiB, only while a session needs them: an established session that waits between two
// records has none. Called by the engine around each call of an established session; mbedTLS has no interface for it,
// so this knows what its context keeps inside the buffers (nothing but the incoming record counter).
#pragma once
#include <mbedtls/ssl.h>

#include <array>
#include <cstdint>

namespace sluice::tls {

class record_buffers {
 public:
  // Before a call. False: the heap is used up. Reading needs both (alerts), writing the output alone.
  bool lend(mbedtls_ssl_context& ssl) { return lend_input(ssl) && lend_output(ssl); }
  bool lend_output(mbedtls_ssl_context& ssl);
  // After a call: takes away each that holds nothing. Only for established sessions.
  void take_back(mbedtls_ssl_context& ssl);
  bool has_input(const mbedtls_ssl_context& ssl) const;

 private:
  bool lend_input(mbedtls_ssl_context& ssl);

  static constexpr std::size_t counter_bytes = 8;
  std::array<unsigned char, counter_bytes> counter_{};  // lies at the start of the input buffer
  // Sizes, and where in the buffers mbedTLS's pointers stand: header, length, IV, content.
  std::uint16_t in_bytes_ = 0, out_bytes_ = 0;
  std::array<std::uint16_t, 4> in_at_{}, out_at_{};
};

}  // namespace sluice::tls
