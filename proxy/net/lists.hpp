// The administrator's lists shared by all event loops: a lock held for one question. Changes come from the control loop;
// the file is firmware/gateway's.
#pragma once
#include <atomic>
#include <mutex>

#include "policy/lists.hpp"

namespace sluice::net {

class lists {
 public:
  explicit lists(std::size_t entries) : table_(entries), capacity_(entries) {}

  bool empty() const { return size_.load(std::memory_order_relaxed) == 0; }  // most boxes at most times
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }
  std::size_t capacity() const { return capacity_; }
  std::size_t peak() const { return peak_.load(std::memory_order_relaxed); }
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }  // entries, because it was full

  // With the lock held; keep it short.
  template <class Use>
  auto with(Use with_table) {
    const std::lock_guard lock(guard_);
    const held after{*this};
    return with_table(table_);
  }

 private:
  struct held {
    lists& of;
    ~held() {
      of.size_.store(of.table_.size(), std::memory_order_relaxed);
      if (of.table_.size() > of.peak_.load(std::memory_order_relaxed)) of.peak_.store(of.table_.size(), std::memory_order_relaxed);
      of.refused_.store(of.table_.refused(), std::memory_order_relaxed);
    }
  };
  mutable std::mutex guard_;
  policy::list_table table_;
  std::size_t capacity_;
  std::atomic<std::size_t> size_{0}, peak_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace sluice::net
