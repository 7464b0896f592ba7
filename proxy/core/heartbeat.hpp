// A count that grows while a part of the program does its work; whoever watches it compares. One writer or several.
#pragma once
#include <atomic>
#include <cstdint>

namespace sluice {

class heartbeat {
 public:
  void beat() { beats_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t beats() const { return beats_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> beats_{0};
};

}  // namespace sluice
