// The kernel's clock, what NTP told it, and whether there is a clock chip.
#pragma once
#include <string>

#include "hal/include/hal/clock_trust.hpp"

namespace sluice::hal {

std::int64_t build_time();  // seconds since 1970 of the sources this was built from

class linux_clock_trust final : public clock_trust {
 public:
  // `saved`: the last time that is known from before this start; 0: none.
  explicit linux_clock_trust(std::int64_t saved = 0, std::string root = "") : floor_(saved > build_time() ? saved : build_time()), root_(std::move(root)) {}
  clock_facts look() override;
  int set(std::int64_t unix_seconds) override;

 private:
  std::int64_t floor_;
  std::string root_;
};

}  // namespace sluice::hal
