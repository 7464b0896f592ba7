// Punycode (RFC 3492): the code points of one label as letters and digits, and back. Without the "xn--".
#pragma once
#include <span>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "dns/name.hpp"

namespace sluice::auth {

using code_points = fixed_vector<char32_t, dns::limits::name_bytes>;

// Appends to `out`; false when it does not fit.
bool punycode_encode(std::span<const char32_t> label, dns::name_text& out);

// Appends to `out`; `text` in lower case. False when it is not punycode or does not fit.
bool punycode_decode(byte_view text, code_points& out);

}  // namespace sluice::auth
