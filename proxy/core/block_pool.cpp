#include "core/block_pool.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace sluice {

block_pool::block_pool(std::uint32_t sessions, std::uint32_t shared)
    : guaranteed_(std::uint64_t{sessions} * block_bytes),
      shared_(std::uint64_t{shared} * block_bytes),
      count_(sessions + shared),
      next_(std::make_unique<std::atomic<std::uint32_t>[]>(count_ + 1)) {
  void* at = ::mmap(nullptr, std::size_t{count_} * block_bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  arena_ = static_cast<char*>(at);
  // Huge pages would make whole 2 MiB areas resident for one block.
  ::madvise(at, std::size_t{count_} * block_bytes, MADV_NOHUGEPAGE);
  for (std::uint32_t i = count_; i-- > 0;) push_to(cold_, i + 1);
}

block_pool::~block_pool() { ::munmap(arena_, std::size_t{count_} * block_bytes); }

char* block_pool::take_guaranteed() {
  if (!guaranteed_.try_take(block_bytes)) std::abort();  // more than one per session: a programming error
  return pop();
}

char* block_pool::take_shared() { return shared_.try_take(block_bytes) ? pop() : nullptr; }

void block_pool::give_back(char* block, bool shared) {
  push(block);
  (shared ? shared_ : guaranteed_).give_back(block_bytes);
}

char* block_pool::pop() {
  std::uint32_t index = pop_from(warm_);
  if (index != 0)
    warm_count_.fetch_sub(1, std::memory_order_relaxed);
  else
    index = pop_from(cold_);
  // The gauges guard the count, but a block that is on its way from one stack to a caller is on neither for a moment.
  while (index == 0) {
    index = pop_from(cold_);
    if (index == 0) index = pop_from(warm_);
  }
  return arena_ + std::size_t{index - 1} * block_bytes;
}

void block_pool::push(char* block) {
  const auto index = static_cast<std::uint32_t>(static_cast<std::size_t>(block - arena_) / block_bytes + 1);
  if (warm_count_.fetch_add(1, std::memory_order_relaxed) < static_cast<std::int32_t>(warm_blocks)) {
    push_to(warm_, index);
    return;
  }
  warm_count_.fetch_sub(1, std::memory_order_relaxed);
  ::madvise(block, block_bytes, MADV_DONTNEED);
  push_to(cold_, index);
}

std::uint32_t block_pool::pop_from(stack& stack_head) {
  std::uint64_t head = stack_head.load(std::memory_order_acquire);
  for (;;) {
    const auto index = static_cast<std::uint32_t>(head);
    if (index == 0) return 0;
    const std::uint64_t tag = (head >> 32) + 1;
    const std::uint64_t then = (tag << 32) | next_[index].load(std::memory_order_relaxed);
    if (stack_head.compare_exchange_weak(head, then, std::memory_order_acq_rel, std::memory_order_acquire))
      return index;
  }
}

void block_pool::push_to(stack& stack_head, std::uint32_t index) {
  std::uint64_t head = stack_head.load(std::memory_order_acquire);
  for (;;) {
    next_[index].store(static_cast<std::uint32_t>(head), std::memory_order_relaxed);
    const std::uint64_t then = (((head >> 32) + 1) << 32) | index;
    if (stack_head.compare_exchange_weak(head, then, std::memory_order_acq_rel, std::memory_order_acquire)) return;
  }
}

}  // namespace sluice
