// What an authentication method found out: one vocabulary for all of them (RFC 8601 2.7).
#pragma once
#include <cstdint>

namespace sluice::auth {

enum class result : std::uint8_t { none, pass, fail, softfail, neutral, policy, temperror, permerror };
const char* name_of(result);

}  // namespace sluice::auth
