// The learned baseline shared by all event loops: a lock held for one comparison, or for a piece of it while it is
// written. Time is a parameter; the file is firmware/gateway's.
#pragma once
#include <mutex>

#include "inspect/baseline.hpp"

namespace sluice::net {

class baseline {
 public:
  baseline(std::size_t domains, std::uint64_t secret) : table_(domains, secret), capacity_(table_.entries().size()) {}

  inspect::novelty compare(const inspect::sender_traits& m) const {
    const std::lock_guard lock(guard_);
    return table_.compare(m);
  }
  void learn(const inspect::sender_traits& m, std::int64_t unix_seconds) {
    if (capacity_ == 0 || unix_seconds <= 0) return;
    const std::lock_guard lock(guard_);
    table_.learn(m, static_cast<std::uint32_t>(unix_seconds / 86400));
  }
  // With the lock held; keep it short.
  template <class Use>
  auto with(Use with_table) {
    const std::lock_guard lock(guard_);
    return with_table(table_);
  }
  template <class Use>
  auto with(Use with_table) const {
    const std::lock_guard lock(guard_);
    return with_table(table_);
  }
  std::size_t capacity() const { return capacity_; }

 private:
  mutable std::mutex guard_;
  inspect::baseline_table table_;
  std::size_t capacity_;
};

}  // namespace sluice::net
