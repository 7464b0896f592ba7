// Eight octets of text at once, for searches that nearly always find nothing near. Little-endian machines only, as all of
// ours are. Marks are top bits of octets; the lowest one is exact, those above it may be false.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sluice::octet_block {

static_assert(std::endian::native == std::endian::little, "the first octet has to be the lowest one");

inline constexpr std::uint64_t ones = 0x0101010101010101u, tops = 0x80u * ones;

inline std::uint64_t load(const char* from) {
  std::uint64_t block;
  std::memcpy(&block, from, sizeof block);
  return block;
}

// Octets below `limit`, which is at most 0x80.
constexpr std::uint64_t below(std::uint64_t block, unsigned char limit) { return (block - limit * ones) & ~block & tops; }

constexpr std::uint64_t equal(std::uint64_t block, char c) { return below(block ^ (static_cast<unsigned char>(c) * ones), 1); }

// Octets before the first mark.
constexpr std::size_t before(std::uint64_t marks) { return static_cast<std::size_t>(std::countr_zero(marks)) / 8; }

// Offset of the first `a` or `b`; text.size() when there is none.
inline std::size_t find_either(std::string_view text, char a, char b) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    const std::uint64_t block = load(text.data() + i), marks = equal(block, a) | equal(block, b);
    if (marks != 0) return i + before(marks);
  }
  while (i < text.size() && text[i] != a && text[i] != b) ++i;
  return i;
}

// Octets of UTF-8 text that begin a code point, as all do but 10xxxxxx.
inline std::size_t count_code_points(std::string_view text) {
  std::size_t i = 0, continued = 0;
  for (; i + 8 <= text.size(); i += 8) {
    const std::uint64_t block = load(text.data() + i);
    const std::uint64_t each = (block & ~(block << 1) & tops) >> 7;  // 1 in each octet that continues a code point
    continued += static_cast<std::size_t>((each * ones) >> 56);      // their sum; std::popcount is a function call on plain x86-64
  }
  for (; i < text.size(); ++i) continued += (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
  return text.size() - continued;
}

// Offset of the first octet below 0x20; text.size() when there is none.
inline std::size_t find_control(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    const std::uint64_t marks = below(load(text.data() + i), 0x20);
    if (marks != 0) return i + before(marks);
  }
  while (i < text.size() && static_cast<unsigned char>(text[i]) >= 0x20) ++i;
  return i;
}

}  // namespace sluice::octet_block
