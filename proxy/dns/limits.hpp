// Every limit of the DNS module, with its unit and default.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sluice::dns::limits {

inline constexpr std::size_t name_bytes = 253;       // a name in text form without final dot (RFC 1035 2.3.4)
inline constexpr std::size_t label_bytes = 63;       // RFC 1035 2.3.4
inline constexpr std::size_t answer_bytes = 16384;   // one answer, packed; more is status::too_large
inline constexpr std::size_t answer_records = 128;   // records of the asked type in one answer; more is too_large
inline constexpr std::size_t alias_hops = 8;         // CNAMEs followed within one answer; more is malformed
inline constexpr std::size_t message_records = 512;  // resource records looked at in one message
inline constexpr std::size_t pointer_hops = 32;      // compression pointers followed in one name

// What c-ares needs of its counted heap: tables and sockets of a resolver, and one question under way with its packets.
// Measured and held by tests/unit/dns; beyond the sum questions end as `budget`. From 1.32 on a socket reads into a
// buffer of 128 KiB as long as something is under way; ares_heap_bytes() counts some of those then.
inline constexpr std::size_t heap_per_resolver_bytes = 96 * 1024;
inline constexpr std::size_t newer_read_buffers_bytes = 256 * 1024;
inline constexpr std::size_t heap_per_question_bytes = 1024;

// Cache (seconds unless said otherwise).
inline constexpr std::size_t cache_bytes = 512 * 1024;
inline constexpr std::uint32_t ttl_min = 5;           // a TTL of 0 would let one busy sender ask again for every mail
inline constexpr std::uint32_t ttl_max = 3600;        // keys and policies that were withdrawn are gone after an hour
inline constexpr std::uint32_t negative_ttl_max = 900;
inline constexpr std::uint32_t negative_ttl_default = 60;  // no SOA in the answer (RFC 2308 5)
inline constexpr std::uint32_t failure_ttl = 5;       // SERVFAIL and timeouts (RFC 9520 asks for 1 s at least)

}  // namespace sluice::dns::limits
