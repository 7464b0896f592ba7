// Room on the stack for a library that allocates while it is called and frees everything before it returns (mbedTLS'
// big numbers of one signature: about twenty blocks). As long as one lives, the thread's counted heap takes from it
// first (proxy/tls/heap), so that such a call costs no heap and can never be refused by a budget that others used up.
// What does not fit goes to the heap as ever. Blocks must not outlive the arena: that would be a fault of ours, and ends
// the process.
#pragma once
#include <cstddef>
#include <cstdlib>

namespace sluice {

class scratch_arena {
 public:
  static constexpr std::size_t bytes = 16 * 1024;

  scratch_arena() : outer_(current_) { current_ = this; }
  ~scratch_arena() {
    current_ = outer_;
    if (live_ != 0) std::abort();
  }
  scratch_arena(const scratch_arena&) = delete;
  scratch_arena& operator=(const scratch_arena&) = delete;

  // A block, not cleared; null when there is no arena here or it is full.
  static void* take(std::size_t size) noexcept {
    scratch_arena* a = current_;
    if (a == nullptr || size > bytes) return nullptr;
    const std::size_t need = size == 0 ? alignment : (size + alignment - 1) / alignment * alignment;
    if (need > bytes - a->used_) return nullptr;
    a->last_ = a->used_;
    a->used_ += need;
    ++a->live_;
    return a->room_ + a->last_;
  }

  // True when the block was of the arena.
  static bool give_back(void* block) noexcept {
    auto* p = static_cast<unsigned char*>(block);
    scratch_arena* a = current_;
    while (a != nullptr && (p < a->room_ || p >= a->room_ + bytes)) a = a->outer_;
    if (a == nullptr) return false;
    if (--a->live_ == 0) a->used_ = 0;
    else if (p == a->room_ + a->last_) a->used_ = a->last_;
    return true;
  }

 private:
  static constexpr std::size_t alignment = alignof(std::max_align_t);
  static inline thread_local scratch_arena* current_ = nullptr;

  scratch_arena* outer_;
  std::size_t used_ = 0, last_ = 0, live_ = 0;
  alignas(alignment) unsigned char room_[bytes];
};

}  // namespace sluice
