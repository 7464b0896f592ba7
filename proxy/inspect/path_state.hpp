// What a message's header and envelope say about the way it came: collected while the header passes, weighed at the end
// (judge_path.cpp). Fixed size; part of message_inspector.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"
#include "core/text.hpp"

namespace sluice::inspect {

// Traits of a mail that was sent on to somebody it was not written to; each is harmless by itself.
namespace path_trait {
inline constexpr std::uint16_t rewritten_sender = 1;  // MAIL FROM went through a forwarder (SRS)
inline constexpr std::uint16_t tenant_sender = 2;     // MAIL FROM under onmicrosoft.com
inline constexpr std::uint16_t tenant_recipient = 4;  // To or Cc under onmicrosoft.com
inline constexpr std::uint16_t resent = 8;            // Resent-* fields (RFC 5322 3.6.6)
inline constexpr std::uint16_t forwarded = 16;        // X-Forwarded-To, X-MS-Exchange-ForwardingLoop ...
inline constexpr std::uint16_t mail_cloud = 32;       // left another organisation's mail service after the sender's
inline constexpr std::uint16_t no_recipient = 64;     // neither To nor Cc names an address
}  // namespace path_trait

struct path_state {
  static constexpr std::size_t max_signatures = 4;
  std::uint16_t traits = 0;
  fixed_vector<std::uint64_t, max_signatures> signatures;  // hashes of b= of the first DKIM-Signature fields
};

// Hash of the b= value without white space; 0 when there is none.
std::uint64_t signature_hash(byte_view dkim_signature_value);

// What an envelope's return path alone says.
std::uint16_t traits_of_sender(byte_view mail_from);
// And one header field; 0 for most.
std::uint16_t traits_of_field(byte_view name, byte_view value);

}  // namespace sluice::inspect
