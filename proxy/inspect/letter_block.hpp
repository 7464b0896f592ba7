// Eight octets of text at once: which of them are ASCII letters, and these in lower case. Words are read and compared in
// such blocks, padded with zero octets. Used by scan_text and lexicon; little-endian machines only, as all of ours are.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>

namespace sluice::inspect {

static_assert(std::endian::native == std::endian::little, "the first octet has to be the lowest one");

inline constexpr std::uint64_t block_ones = 0x0101010101010101u;
inline constexpr std::uint64_t block_tops = 0x80u * block_ones;
inline constexpr std::uint64_t block_rest = 0x7Fu * block_ones;

inline std::uint64_t load_block(const char* from) {
  std::uint64_t block;
  std::memcpy(&block, from, sizeof block);
  return block;
}

// The low `octets` octets of a block, 0..8.
constexpr std::uint64_t first_octets(unsigned octets) { return octets >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * octets)) - 1; }

// Top bit of each octet that is zero. Exact.
constexpr std::uint64_t zero_octets(std::uint64_t block) { return ~(((block & block_rest) + block_rest) | block | block_rest); }

struct letter_block {
  std::uint64_t lower = 0;  // the letters before the first other octet, zero behind them
  unsigned letters = 0;     // 0..8

  explicit letter_block(std::uint64_t block) {
    const std::uint64_t low = block | (0x20u * block_ones);
    const std::uint64_t seven = low & block_rest;
    const std::uint64_t from_a = seven + (0x80u - 'a') * block_ones, past_z = seven + (0x80u - 'z' - 1) * block_ones;
    const std::uint64_t others = ~(from_a & ~past_z & ~low) & block_tops;
    if (others == 0) {
      letters = 8;
      lower = low;
      return;
    }
    letters = static_cast<unsigned>(std::countr_zero(others)) / 8;
    lower = low & (((others & (~others + 1)) >> 7) - 1);  // below the first other octet
  }
};

// Three equal octets in a row among the first `letters` ones.
constexpr bool has_triple(std::uint64_t block, unsigned letters) {
  const std::uint64_t equal = zero_octets(block ^ (block >> 8)) & (first_octets(letters) >> 8);
  return (equal & (equal >> 8)) != 0;
}

}  // namespace sluice::inspect
