// A budget row: how much of a named amount is in use, with its high-water mark and how often it was refused. Counted
// with relaxed atomics, because it is shared by the event loops and read by the status page at any time.
#pragma once
#include <atomic>
#include <cstdint>

namespace sluice {

class gauge {
 public:
  constexpr explicit gauge(std::uint64_t limit = 0) : limit_(limit) {}

  // Takes `n` units; false (and counted as refused) when that would pass the limit.
  bool try_take(std::uint64_t n) {
    std::uint64_t used = used_.load(std::memory_order_relaxed);
    do {
      if (used + n > limit()) {
        refused_.fetch_add(1, std::memory_order_relaxed);
        return false;
      }
    } while (!used_.compare_exchange_weak(used, used + n, std::memory_order_relaxed));
    raise_peak(used + n);
    return true;
  }

  void give_back(std::uint64_t n) { used_.fetch_sub(n, std::memory_order_relaxed); }

  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t peak() const { return peak_.load(std::memory_order_relaxed); }
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  std::uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  // At any time. Below what is in use it takes nothing away: nothing more is given until enough came back.
  void set_limit(std::uint64_t limit) { limit_.store(limit, std::memory_order_relaxed); }

 private:
  void raise_peak(std::uint64_t now) {
    std::uint64_t peak = peak_.load(std::memory_order_relaxed);
    while (peak < now && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
    }
  }

  std::atomic<std::uint64_t> used_{0}, peak_{0}, refused_{0};
  std::atomic<std::uint64_t> limit_;
};

}  // namespace sluice
