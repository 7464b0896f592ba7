// Every limit of what is said to an ACME server and taken from it: name, unit and what happens beyond it. Those that a site
// may want to change are keys of [tls.acme].
#pragma once
#include <cstddef>
#include <cstdint>

namespace sluice::gateway::acme {

// ---- answers of the server ----
inline constexpr std::size_t most_answer_octets = 32 * 1024;  // of one, a chain of certificates being the longest; beyond it the order fails
inline constexpr std::size_t most_json_octets = 16 * 1024;    // of one that is JSON
inline constexpr std::size_t most_json_marks = 1000;          // of , : [ { in it: bounds what a parser makes of it
inline constexpr std::size_t most_json_depth = 8;
inline constexpr std::size_t most_nonce_octets = 256;         // longer ones count as none
inline constexpr std::size_t most_token_octets = 128;         // RFC 8555 section 8.3: at least 22
inline constexpr std::size_t most_detail_octets = 300;        // of the server's own words, in messages to people
inline constexpr std::size_t most_names = 16;                 // in one order

// ---- one order ----
inline constexpr unsigned most_nonce_tries = 16;   // of one request that is answered with badNonce
inline constexpr unsigned most_tries = 4;          // of one request that is not answered, or with a fault of the server
inline constexpr std::int64_t first_retry_s = 5;   // then three times as long each time
inline constexpr unsigned most_requests = 500;     // of one order
inline constexpr std::int64_t first_poll_s = 1;    // twice as long each time, unless the server says how long
inline constexpr std::int64_t most_poll_s = 30;
inline constexpr std::int64_t most_patience_s = 60;  // a longer Retry-After ends the order; the next one waits as long

// ---- between orders ----
inline constexpr std::int64_t first_pause_s = 1'800;       // after a failure; twice as long after each further one
inline constexpr std::int64_t most_pause_s = 86'400;
inline constexpr std::int64_t most_asked_pause_s = 7 * 86'400;  // longer ones than this are not kept to

// ---- the answer to the CA's question ----
inline constexpr std::size_t most_head_octets = 2048;       // of a request; beyond it the connection ends
inline constexpr std::int64_t most_challenge_ms = 10'000;   // of one connection

// ---- memory: an answer with its copy, what is made of it (JSON), a request, the chain while it is stored ----
inline constexpr std::uint64_t order_bytes = 256 * 1024;
inline constexpr std::uint64_t challenge_connection_bytes = 6 * 1024;  // frame, head, answer

}  // namespace sluice::gateway::acme
