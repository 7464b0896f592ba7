// See keccak.hpp; FIPS 202 section 3 for the permutation.
#include "inspect/keccak.hpp"

namespace sluice::inspect {
namespace {

constexpr std::size_t rate = 136;

// Round constants come from the LFSR of FIPS 202 section 3.2.5, rotations from section 3.2.2.
bool lfsr_bit(std::uint8_t& state) {
  const bool bit = state & 1;
  state = static_cast<std::uint8_t>(state & 0x80 ? (state << 1) ^ 0x71 : state << 1);
  return bit;
}

std::uint64_t rotl(std::uint64_t v, unsigned n) { return n == 0 ? v : v << n | v >> (64 - n); }

void permute(std::array<std::uint64_t, 25>& a) {
  std::uint8_t lfsr = 1;
  for (int round = 0; round < 24; ++round) {
    std::array<std::uint64_t, 5> c{};
    for (std::size_t x = 0; x < 5; ++x) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (std::size_t x = 0; x < 5; ++x) {
      const std::uint64_t d = c[(x + 4) % 5] ^ rotl(c[(x + 1) % 5], 1);
      for (std::size_t y = 0; y < 25; y += 5) a[x + y] ^= d;
    }
    std::size_t x = 1, y = 0;
    std::uint64_t current = a[x];
    for (unsigned t = 0; t < 24; ++t) {
      const std::size_t next_y = (2 * x + 3 * y) % 5;
      x = y;
      y = next_y;
      const std::uint64_t kept = a[x + 5 * y];
      a[x + 5 * y] = rotl(current, (t + 1) * (t + 2) / 2 % 64);
      current = kept;
    }
    for (std::size_t row = 0; row < 25; row += 5) {
      std::array<std::uint64_t, 5> r{a[row], a[row + 1], a[row + 2], a[row + 3], a[row + 4]};
      for (std::size_t i = 0; i < 5; ++i) a[row + i] = r[i] ^ (~r[(i + 1) % 5] & r[(i + 2) % 5]);
    }
    for (unsigned j = 0; j < 7; ++j) {
      if (lfsr_bit(lfsr)) a[0] ^= std::uint64_t{1} << ((1u << j) - 1);
    }
  }
}

}  // namespace

std::array<std::uint8_t, 32> keccak256(byte_view input) {
  std::array<std::uint64_t, 25> state{};
  std::array<std::uint8_t, rate> block{};
  const std::size_t n = input.size() < rate ? input.size() : rate - 1;
  for (std::size_t i = 0; i < n; ++i) block[i] = static_cast<std::uint8_t>(input[i]);
  block[n] ^= 0x01;
  block[rate - 1] ^= 0x80;
  for (std::size_t i = 0; i < rate; ++i) state[i / 8] ^= static_cast<std::uint64_t>(block[i]) << (8 * (i % 8));
  permute(state);
  std::array<std::uint8_t, 32> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(state[i / 8] >> (8 * (i % 8)));
  return out;
}

}  // namespace sluice::inspect
