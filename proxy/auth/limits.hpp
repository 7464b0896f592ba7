// Every limit of sender authentication, with its unit. What lies beyond has a stated result: permerror for what the
// sender wrote, temperror for what a budget of ours refused.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sluice::auth::limits {

// SPF (RFC 7208 4.6.4)
inline constexpr int spf_lookups = 10;               // include, a, mx, ptr, exists, redirect
inline constexpr int spf_void_lookups = 2;
inline constexpr std::size_t spf_names = 10;         // exchangers of one mx, host names of one client address
inline constexpr std::size_t spf_arena_bytes = 4096; // nested records under evaluation with their host names
inline constexpr std::size_t spf_reason_bytes = 160;
inline constexpr std::size_t spf_explanation_bytes = 256;
inline constexpr std::size_t sender_bytes = 320;     // 64 + 1 + 255 (RFC 5321 4.5.3.1)

// DKIM and ARC
inline constexpr std::size_t header_bytes = 64 * 1024;   // of a message that is verified
inline constexpr std::size_t dkim_signatures = 8;        // per message, topmost first; the others are not looked at
inline constexpr std::size_t signed_names = 256;         // in h=; more is permerror
inline constexpr std::size_t arc_sets = 50;              // RFC 8617 4.2.1; more fails the chain

// One message
inline constexpr std::size_t checker_text_bytes = 1536;  // names and reasons that outlive the header; what no longer
                                                         // fits is left out of reports and aligned with nothing
inline constexpr std::size_t upstream_results = 4;       // DKIM passes accepted from a trusted relay
inline constexpr std::size_t lists = 16;                 // reputation lists asked; further ones are not
inline constexpr std::size_t listed_hosts = 8;           // link hosts asked for; and as many domains, and addresses
inline constexpr std::size_t list_hits = 8;
inline constexpr std::size_t notices = 16;             // per message; further ones are left out

}  // namespace sluice::auth::limits

// Points that an observation adds to the score. Passing anything adds and subtracts nothing (P4).
namespace sluice::auth::weights {

inline constexpr std::int16_t from_ambiguous = 30;   // readers may disagree about who wrote it
inline constexpr std::int16_t dmarc_fail = 0;        // what it means is for the policy to say; a spoofed profile has its own
inline constexpr std::int16_t unsigned_tail = 20;    // octets behind what l= covers: anybody may have added them
inline constexpr std::int16_t many_signatures = 5;

}  // namespace sluice::auth::weights
