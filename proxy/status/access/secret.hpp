// Random secrets and what is kept of them. 256-bit secrets need no slow hash: only their SHA-256 is stored, so that a
// stolen file opens nothing. Compared in constant time. sodium_init() has been called.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::status {

using digest = std::array<unsigned char, 32>;

std::string random_hex(std::size_t octets);  // two digits per octet
digest digest_of(std::string_view secret);
bool same(const digest& a, const digest& b);              // constant time
bool same_text(std::string_view a, std::string_view b);  // constant time for texts of one length
std::string hex_of(const digest& d);
std::optional<digest> digest_from(std::string_view hex);

}  // namespace sluice::status
