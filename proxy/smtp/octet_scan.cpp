// Pair rules checked in bulk. For a block at p the block at p - 1 is loaded too, so that octet i of both is one pair of
// neighbours: an octet stops the run when
//   (it is LF) != (the one before is CR), or it is NUL, or (it is '.' and the one before is LF).
#include "smtp/octet_scan.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

namespace sluice::smtp {
namespace {

constexpr std::uint64_t every(unsigned char octet) { return 0x0101010101010101ULL * octet; }

// 0x80 in each octet of the result whose octet in `word` is zero; exact (no borrow between octets).
constexpr std::uint64_t zero_octets(std::uint64_t word) {
  constexpr std::uint64_t low7 = every(0x7f);
  return ~(((word & low7) + low7) | word | low7);
}

std::uint64_t load64(const char* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

constexpr bool stops(char before, char now, bool at_dots) {
  return (now == '\n') != (before == '\r') || now == '\0' || (at_dots && now == '.' && before == '\n');
}

// Index of the first octet in memory order whose 0x80 is set.
std::size_t first_marked(std::uint64_t marks) {
  const int bit = std::endian::native == std::endian::little ? std::countr_zero(marks) : std::countl_zero(marks);
  return static_cast<std::size_t>(bit) / 8;
}

template <bool stop_at_dots>
std::size_t run_words(const char* p, std::size_t n) {
  std::size_t i = 0;
  for (; n - i >= 8; i += 8) {
    const std::uint64_t now = load64(p + i), before = load64(p + i - 1);
    std::uint64_t stop = (zero_octets(now ^ every('\n')) ^ zero_octets(before ^ every('\r'))) | zero_octets(now);
    if constexpr (stop_at_dots) stop |= zero_octets(now ^ every('.')) & zero_octets(before ^ every('\n'));
    if (stop != 0) return i + first_marked(stop);
  }
  while (i < n && !stops(*(p + i - 1), p[i], stop_at_dots)) ++i;
  return i;
}

#if defined(__SSE2__) || defined(__ARM_NEON)
#define SLUICE_SMTP_VECTORS 1
// GCC and clang vector extensions: one form for SSE2, NEON and AArch64. Without such a unit the compiler would take
// them apart octet by octet, which is why the words above exist.
using block = unsigned char __attribute__((vector_size(16)));
using block_words = std::uint64_t __attribute__((vector_size(16)));

block load(const char* p) {
  block b;
  std::memcpy(&b, p, sizeof b);
  return b;
}

block equal(block b, char octet) { return reinterpret_cast<block>(b == static_cast<unsigned char>(octet)); }

template <bool stop_at_dots>
block stops_at(const char* p) {
  const block now = load(p), before = load(p - 1);
  block stop = (equal(now, '\n') ^ equal(before, '\r')) | equal(now, '\0');
  if constexpr (stop_at_dots) stop |= equal(now, '.') & equal(before, '\n');
  return stop;
}

bool any(block b) {
  const auto words = reinterpret_cast<block_words>(b);
  return (words[0] | words[1]) != 0;
}

template <bool stop_at_dots>
std::size_t run_blocks(const char* p, std::size_t n) {
  std::size_t i = 0;
  for (; n - i >= 64; i += 64) {
    const block stop = (stops_at<stop_at_dots>(p + i) | stops_at<stop_at_dots>(p + i + 16)) |
                       (stops_at<stop_at_dots>(p + i + 32) | stops_at<stop_at_dots>(p + i + 48));
    if (any(stop)) break;
  }
  for (; n - i >= 16; i += 16)
    if (any(stops_at<stop_at_dots>(p + i))) break;
  return i + run_words<stop_at_dots>(p + i, n - i);
}
#endif

}  // namespace

std::size_t ordinary_run_portable(const char* p, std::size_t n, bool stop_at_dots) {
  return stop_at_dots ? run_words<true>(p, n) : run_words<false>(p, n);
}

std::size_t ordinary_run(const char* p, std::size_t n, bool stop_at_dots) {
#ifdef SLUICE_SMTP_VECTORS
  return stop_at_dots ? run_blocks<true>(p, n) : run_blocks<false>(p, n);
#else
  return ordinary_run_portable(p, n, stop_at_dots);
#endif
}

}  // namespace sluice::smtp
