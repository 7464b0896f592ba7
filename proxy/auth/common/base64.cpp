// Base64; see base64.hpp.
#include "auth/common/base64.hpp"

#include <array>
#include <cstdint>

#include "core/ascii.hpp"

namespace sluice::auth {
namespace {

constexpr byte_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto values = [] {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}();

}  // namespace

bool decode_base64(byte_view text, byte_span out, std::size_t& size, base64_end end) {
  std::uint32_t bits = 0;
  unsigned count = 0, padding = 0;  // digits seen, modulo 4 in the end
  size = 0;
  for (const char c : text) {
    if (ascii::is_space(c)) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = values[static_cast<unsigned char>(c)];
    if (value < 0 || padding != 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (++count % 4 == 1) continue;
    if (size == out.size()) return false;
    const unsigned left = (4 - count % 4) % 4 * 2;  // bits that belong to the next octet
    out[size++] = static_cast<char>(bits >> left & 0xff);
  }
  if (count % 4 == 1) return false;
  const std::uint32_t rest = count % 4 == 2 ? bits & 0xf : count % 4 == 3 ? bits & 0x3 : 0;
  if (end == base64_end::exact && rest != 0) return false;
  return padding == 0 || (padding < 3 && (count + padding) % 4 == 0);
}

std::size_t encode_base64(byte_view octets, byte_span out) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (i + k < octets.size() ? static_cast<unsigned char>(octets[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      out[n++] = i + k > octets.size() ? '=' : alphabet[bits >> (18 - 6 * k) & 63];
  }
  return n;
}

}  // namespace sluice::auth
