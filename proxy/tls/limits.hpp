// Every limit of the TLS module: name, unit, default and what happens beyond it. The mbedTLS side of the record sizes
// stands in toolchains/mbedtls_user_config.h; engine.cpp checks that both agree.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sluice::tls::limits {

// Plaintext octets in the largest record a peer may send (RFC 8446 5.1); a longer one ends the session.
inline constexpr std::size_t record_in_bytes = 16384;

// Plaintext octets in the largest record that we send.
inline constexpr std::size_t record_out_bytes = 4096;

// Octets of the longest certificate chain that we can send (the Certificate message goes out in one record).
inline constexpr std::size_t certificate_chain_bytes = 6080;

// Octets that header, padding, content type, IV and tag may add to a record of ours.
inline constexpr std::size_t record_overhead_bytes = 96;

// Ciphertext gathered before one send. What a full socket leaves of it is kept per session (counted on the TLS heap)
// until it has gone out, so this is also the most that a blocked session can hold back.
inline constexpr std::size_t gather_out_bytes = 2 * (record_out_bytes + record_overhead_bytes);

// Octets of the longest host name that is kept, in either direction (RFC 1035 2.3.4); longer ones count as absent.
inline constexpr std::size_t host_name_bytes = 255;

// Heap of all TLS contexts and sessions when the configuration says nothing.
inline constexpr std::uint64_t heap_default_bytes = 16U << 20;

// Each thread takes from the heap's budget in steps of this size, so the gauge may stand this much per thread too high.
inline constexpr std::uint64_t heap_thread_step_bytes = 16384;

// Worst cases of one session on the TLS heap, for the budget table (measured by tests/bench/tls_heap, rounded up).
// Between two records a server's session holds only its keys, and replies that the socket did not take at once.
inline constexpr std::size_t session_established_bytes = 6656;
inline constexpr std::size_t session_record_bytes = 17408;  // more while a record of the peer is half received
inline constexpr std::size_t session_handshake_bytes = 36864;

inline constexpr std::size_t max_key_pairs = 32;           // per server context
inline constexpr std::size_t max_certificate_names = 256;  // DNS names taken from one certificate
inline constexpr std::size_t max_holder_names = 8;         // names of a client certificate that may be a user's
inline constexpr std::size_t max_request_names = 16;       // DNS names in a certificate request
inline constexpr unsigned least_rsa_bits = 2048;           // keys below are refused when a pair is brought
inline constexpr std::size_t max_pem_bytes = 262144;       // one certificate or key file
inline constexpr std::size_t max_alpn_names = 4;
inline constexpr std::uint32_t ticket_lifetime_s = 7200;     // also the rotation period of the ticket key
inline constexpr std::size_t max_kept_client_sessions = 16;  // per client context, oldest leaves first
inline constexpr std::uint32_t self_signed_days = 3650;

}  // namespace sluice::tls::limits
