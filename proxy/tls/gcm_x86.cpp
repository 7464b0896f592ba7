// AES-GCM with AES-NI and PCLMULQDQ (NIST SP 800-38D): eight counter blocks are encrypted side by side, and GHASH takes
// eight blocks with one reduction, by the powers H^1 ... H^8. The multiplication and the reduction in bit-reflected
// form are those of Gueron and Kounavis, "Intel Carry-Less Multiplication Instruction and its Usage for Computing the
// GCM Mode". No branch and no address depends on a secret.
//
// This file alone is compiled for these instructions, so it must not hold anything that the linker could share with
// others: no library templates.
#include <emmintrin.h>
#include <tmmintrin.h>
#include <wmmintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tls/fast.hpp"

namespace sluice::tls {
namespace {

constexpr std::size_t block_bytes = 16;
constexpr std::size_t wide = 8;  // blocks in flight

inline __m128i load(const unsigned char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
inline void store(unsigned char* p, __m128i v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v); }
inline __m128i swap_octets(__m128i v) {
  return _mm_shuffle_epi8(v, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

// Up to 16 octets, the rest zero.
inline __m128i load_part(const unsigned char* p, std::size_t n) {
  unsigned char whole[block_bytes] = {};
  std::memcpy(whole, p, n);
  return load(whole);
}

struct aes_keys {
  __m128i k[15];
  unsigned rounds;
};

inline __m128i encrypt_block(const aes_keys& keys, __m128i v) {
  v = _mm_xor_si128(v, keys.k[0]);
  for (unsigned r = 1; r < keys.rounds; ++r) v = _mm_aesenc_si128(v, keys.k[r]);
  return _mm_aesenclast_si128(v, keys.k[keys.rounds]);
}

// A product of two field elements before reduction: low and high half, and the middle part of Karatsuba's scheme.
struct product {
  __m128i low, high, middle;
};

inline __m128i halves_added(__m128i v) { return _mm_xor_si128(v, _mm_shuffle_epi32(v, 0x4e)); }

inline void multiply_add(product& sum, __m128i a, __m128i b, __m128i b_halves) {
  sum.low = _mm_xor_si128(sum.low, _mm_clmulepi64_si128(a, b, 0x00));
  sum.high = _mm_xor_si128(sum.high, _mm_clmulepi64_si128(a, b, 0x11));
  sum.middle = _mm_xor_si128(sum.middle, _mm_clmulepi64_si128(halves_added(a), b_halves, 0x00));
}

// Shifts the 256-bit product left by one (bits are reflected) and reduces it modulo x^128 + x^7 + x^2 + x + 1.
inline __m128i reduce(const product& p) {
  const __m128i middle = _mm_xor_si128(p.middle, _mm_xor_si128(p.low, p.high));
  __m128i low = _mm_xor_si128(p.low, _mm_slli_si128(middle, 8));
  __m128i high = _mm_xor_si128(p.high, _mm_srli_si128(middle, 8));

  const __m128i low_carry = _mm_srli_epi32(low, 31), high_carry = _mm_srli_epi32(high, 31);
  low = _mm_or_si128(_mm_slli_epi32(low, 1), _mm_slli_si128(low_carry, 4));
  high = _mm_or_si128(_mm_slli_epi32(high, 1), _mm_slli_si128(high_carry, 4));
  high = _mm_or_si128(high, _mm_srli_si128(low_carry, 12));

  const __m128i a =
      _mm_xor_si128(_mm_xor_si128(_mm_slli_epi32(low, 31), _mm_slli_epi32(low, 30)), _mm_slli_epi32(low, 25));
  low = _mm_xor_si128(low, _mm_slli_si128(a, 12));
  __m128i b = _mm_xor_si128(_mm_xor_si128(_mm_srli_epi32(low, 1), _mm_srli_epi32(low, 2)), _mm_srli_epi32(low, 7));
  b = _mm_xor_si128(b, _mm_srli_si128(a, 4));
  return _mm_xor_si128(high, _mm_xor_si128(low, b));
}

struct ghash {
  __m128i power[wide], power_halves[wide];  // H^1 ... H^8
  __m128i sum;

  explicit ghash(__m128i h) : sum(_mm_setzero_si128()) {
    __m128i p = h;
    for (std::size_t i = 0; i < wide; ++i) {
      power[i] = p;
      power_halves[i] = halves_added(p);
      p = product_of(p, h, halves_added(h));
    }
  }

  static __m128i product_of(__m128i a, __m128i b, __m128i b_halves) {
    product p{_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
    multiply_add(p, a, b, b_halves);
    return reduce(p);
  }

  void add(__m128i block) { sum = product_of(_mm_xor_si128(sum, swap_octets(block)), power[0], power_halves[0]); }

  void add_wide(const __m128i* blocks) {
    product p{_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
    multiply_add(p, _mm_xor_si128(sum, swap_octets(blocks[0])), power[wide - 1], power_halves[wide - 1]);
    for (std::size_t i = 1; i < wide; ++i) {
      multiply_add(p, swap_octets(blocks[i]), power[wide - 1 - i], power_halves[wide - 1 - i]);
    }
    sum = reduce(p);
  }

  void add_bytes(const unsigned char* p, std::size_t n) {
    for (; n >= block_bytes; p += block_bytes, n -= block_bytes) add(load(p));
    if (n != 0) add(load_part(p, n));
  }
};

// The counter as a little-endian number in the vector's highest lane; swapped back when it is encrypted.
inline __m128i next(__m128i counter) { return _mm_add_epi32(counter, _mm_set_epi32(0, 0, 0, 1)); }

inline __m128i wide_part(const aes_keys& keys, ghash& hash, const gcm_job& job, std::size_t at, __m128i counter) {
  __m128i key_stream[wide], cipher[wide];
  for (std::size_t i = 0; i < wide; ++i) {
    key_stream[i] = _mm_xor_si128(swap_octets(counter), keys.k[0]);
    counter = next(counter);
  }
  for (unsigned r = 1; r < keys.rounds; ++r) {
    for (std::size_t i = 0; i < wide; ++i) key_stream[i] = _mm_aesenc_si128(key_stream[i], keys.k[r]);
  }
  for (std::size_t i = 0; i < wide; ++i) {
    const __m128i in = load(job.in + at + i * block_bytes);
    const __m128i out = _mm_xor_si128(in, _mm_aesenclast_si128(key_stream[i], keys.k[keys.rounds]));
    store(job.out + at + i * block_bytes, out);
    cipher[i] = job.encrypt ? out : in;
  }
  hash.add_wide(cipher);
  return counter;
}

inline void narrow_part(const aes_keys& keys, ghash& hash, const gcm_job& job, std::size_t at, __m128i counter) {
  while (at != job.bytes) {
    const std::size_t n = job.bytes - at < block_bytes ? job.bytes - at : block_bytes;
    const __m128i in = load_part(job.in + at, n);
    unsigned char out[block_bytes];
    store(out, _mm_xor_si128(in, encrypt_block(keys, swap_octets(counter))));
    counter = next(counter);
    hash.add(job.encrypt ? load_part(out, n) : in);
    std::memcpy(job.out + at, out, n);
    at += n;
  }
}

}  // namespace

void gcm_x86(const gcm_job& job, unsigned char tag[16]) {
  aes_keys keys;
  keys.rounds = job.rounds;
  for (unsigned r = 0; r <= job.rounds; ++r) keys.k[r] = load(job.round_keys + r * block_bytes);
  ghash hash(swap_octets(encrypt_block(keys, _mm_setzero_si128())));
  hash.add_bytes(job.extra, job.extra_bytes);

  unsigned char first[block_bytes] = {};
  std::memcpy(first, job.nonce, 12);
  first[15] = 1;
  __m128i counter = swap_octets(load(first));
  const __m128i mask = encrypt_block(keys, load(first));
  counter = next(counter);
  std::size_t at = 0;
  for (; job.bytes - at >= wide * block_bytes; at += wide * block_bytes) {
    counter = wide_part(keys, hash, job, at, counter);
  }
  narrow_part(keys, hash, job, at, counter);

  const __m128i lengths =
      _mm_set_epi64x(static_cast<long long>(job.extra_bytes * 8), static_cast<long long>(job.bytes * 8));
  hash.sum = ghash::product_of(_mm_xor_si128(hash.sum, lengths), hash.power[0], hash.power_halves[0]);
  store(tag, _mm_xor_si128(swap_octets(hash.sum), mask));
}

}  // namespace sluice::tls
