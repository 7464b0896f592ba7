// Has every part of the program beaten within its time? Counts and a time in, the name of a part that has not out.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sluice::gateway {

class vote_collector {
 public:
  using time = std::chrono::steady_clock::time_point;

  // `beats` gives a count that changes while the part works; called on the collector's thread.
  void add(std::string name, std::chrono::milliseconds period, std::function<std::uint64_t()> beats) {
    parts_.push_back({std::move(name), period, std::move(beats), 0, {}, false});
  }

  // Empty: all are well. Otherwise the part that has been silent for longest beyond its time.
  std::string look(time now) {
    std::string worst;
    std::chrono::milliseconds most{0};
    for (part& p : parts_) {
      const std::uint64_t count = p.beats();
      if (!p.seen || count != p.count) {
        p.count = count;
        p.since = now;
        p.seen = true;
        continue;
      }
      const auto beyond = std::chrono::duration_cast<std::chrono::milliseconds>(now - p.since) - p.period;
      if (beyond <= most) continue;
      most = beyond;
      worst = p.name;
    }
    return worst;
  }

 private:
  struct part {
    std::string name;
    std::chrono::milliseconds period;
    std::function<std::uint64_t()> beats;
    std::uint64_t count = 0;
    time since{};
    bool seen = false;
  };
  std::vector<part> parts_;
};

}  // namespace sluice::gateway
