// Keccak-256 as Ethereum uses it (the padding of the first submission, not SHA-3's). Only for the checksum of wallet
// addresses (EIP-55): short inputs, no streaming.
#pragma once
#include <array>
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::inspect {

// `input` must be shorter than one block (136 octets).
std::array<std::uint8_t, 32> keccak256(byte_view input);

}  // namespace sluice::inspect
