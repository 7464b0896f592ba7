// See heap.hpp. What is counted is malloc's own rounding plus its block header, so that the gauge is an honest part of
// the resident memory and not a sum of wishes.
#include "tls/heap.hpp"

#include <malloc.h>
#include <mbedtls/platform.h>
#include <psa/crypto.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "core/scratch_arena.hpp"
#include "tls/fast.hpp"
#include "tls/limits.hpp"

namespace sluice::tls::heap {
namespace {

constexpr std::uint64_t block_header_bytes = sizeof(void*);
constexpr std::uint64_t step = limits::heap_thread_step_bytes;

constinit gauge budget{0};

// What this thread has taken from the budget and not yet handed out. `ended` is set when the thread is being torn down:
// from then on everything goes to the budget at once.
struct reserve {
  std::uint64_t bytes;
  std::uint64_t refusals;
  thread_use use;
  bool ended;
};
constinit thread_local reserve mine{0, 0, {}, false};

struct thread_end {
  ~thread_end() {
    settle();
    mine.ended = true;
  }
};

// Makes sure that what this thread has in advance is returned when it ends.
void watch_thread_end() {
  if (mine.ended) return;
  static thread_local thread_end at_end;
  (void)at_end;
}

bool take(std::uint64_t cost) {
  if (mine.bytes >= cost) {
    mine.bytes -= cost;
    return true;
  }
  const std::uint64_t missing = cost - mine.bytes;
  const bool room = !mine.ended && budget.used() + missing + step <= budget.limit();
  const std::uint64_t advance = room ? step : 0;
  if (!budget.try_take(missing + advance)) return false;
  watch_thread_end();
  mine.bytes = advance;
  return true;
}

void give(std::uint64_t cost) {
  if (mine.bytes == 0) watch_thread_end();
  mine.bytes += cost;
  if (mine.ended) {
    settle();
  } else if (mine.bytes > 2 * step) {
    budget.give_back(mine.bytes - step);
    mine.bytes = step;
  }
}

std::uint64_t cost_of(void* block) { return malloc_usable_size(block) + block_header_bytes; }

void* counted_calloc(std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  if (void* near = scratch_arena::take(bytes)) return std::memset(near, 0, bytes);
  // malloc and memset, not calloc: glibc's calloc bypasses the per-thread cache, which is what makes the many small
  // blocks of bignum arithmetic cheap.
  void* block = std::malloc(bytes == 0 ? 1 : bytes);
  if (block == nullptr) return nullptr;
  const std::uint64_t cost = cost_of(block);
  if (!take(cost)) {
    ++mine.refusals;
    std::free(block);
    return nullptr;
  }
  mine.use.now += static_cast<std::int64_t>(cost);
  mine.use.high = std::max(mine.use.high, mine.use.now);
  std::memset(block, 0, bytes);
  return block;
}

void counted_free(void* block) {
  if (block == nullptr || scratch_arena::give_back(block)) return;
  const std::uint64_t cost = cost_of(block);
  mine.use.now -= static_cast<std::int64_t>(cost);
  give(cost);
  std::free(block);
}

}  // namespace

bool install(std::uint64_t limit_bytes) {
  budget.set_limit(limit_bytes);
  if (mbedtls_platform_set_calloc_free(counted_calloc, counted_free) != 0) return false;
  start_fast_gcm();
  return start_fast_curve() && psa_crypto_init() == PSA_SUCCESS;
}

void set_limit(std::uint64_t limit_bytes) { budget.set_limit(limit_bytes); }

const gauge& usage() { return budget; }

void settle() {
  budget.give_back(mine.bytes);
  mine.bytes = 0;
}

thread_use use_here() { return mine.use; }
void mark_here() { mine.use.high = mine.use.now; }

std::uint64_t refusals_here() { return mine.refusals; }

void* allocate(std::size_t bytes) noexcept { return counted_calloc(1, bytes); }
void release(void* p) noexcept { counted_free(p); }

}  // namespace sluice::tls::heap
