// The window pool: fixed blocks of 16 KiB for message content, one process-wide set for all event loops.
//
// Every session is entitled to one block at any time (the guaranteed part of its window, design: "windows shrink to
// their guaranteed part"); blocks beyond that come from the shared rest and may be refused. A refusal is never an
// error: the message spills or streams instead. The arena is reserved once and touched lazily, so that memory that was
// never used is never resident; of the free blocks only warm_blocks stay resident, the pages of the others are given
// back to the kernel, so that a burst does not stay in the resident memory for good.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>

#include "core/bytes.hpp"
#include "core/gauge.hpp"

namespace sluice {

inline constexpr std::size_t block_bytes = 16 * 1024;
inline constexpr std::uint32_t warm_blocks = 64;  // free ones that stay resident: 1 MiB, no system call per message

class block_pool {
 public:
  // `sessions` blocks are guaranteed, `shared` blocks more can be had. Reserves address space for all of them; throws
  // std::bad_alloc at start when even that fails.
  block_pool(std::uint32_t sessions, std::uint32_t shared);
  ~block_pool();
  block_pool(const block_pool&) = delete;
  block_pool& operator=(const block_pool&) = delete;

  char* take_guaranteed();  // never fails as long as no session takes more than one
  char* take_shared();      // nullptr when the shared rest is used up
  void give_back(char* block, bool shared);

  const gauge& guaranteed() const { return guaranteed_; }  // counted in octets
  const gauge& shared() const { return shared_; }

 private:
  // A lock-free stack of block indexes: tag in the high half against ABA, index + 1 in the low half, 0 is empty.
  using stack = std::atomic<std::uint64_t>;

  char* pop();
  void push(char* block);
  std::uint32_t pop_from(stack& head);  // 0: empty
  void push_to(stack& head, std::uint32_t index);

  gauge guaranteed_, shared_;
  std::uint32_t count_;
  char* arena_ = nullptr;
  std::unique_ptr<std::atomic<std::uint32_t>[]> next_;
  stack warm_{0}, cold_{0};
  std::atomic<std::int32_t> warm_count_{0};
};

}  // namespace sluice
