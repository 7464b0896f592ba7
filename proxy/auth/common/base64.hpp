// Base64 (RFC 4648 4) as DKIM writes it: folding white space anywhere is skipped (RFC 6376 2.11, "base64string").
#pragma once
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::auth {

// What is left over in the last digit: published keys are taken as they are; in a signature it must be zero (RFC 4648
// 3.5), so that no two texts are the same signature.
enum class base64_end : std::uint8_t { any, exact };

// Decodes into `out` and sets `size`. False for other characters, a broken end, or when it does not fit. Missing
// padding is accepted, wrong padding is not.
bool decode_base64(byte_view text, byte_span out, std::size_t& size, base64_end end = base64_end::any);

// 4 * ceil(n / 3) octets, without line breaks; `out` must have that room. Returns how many were written.
std::size_t encode_base64(byte_view octets, byte_span out);

}  // namespace sluice::auth
