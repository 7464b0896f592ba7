// The kernel's clock, what NTP told it, and whether there is a clock chip.
#pragma once
#include <string>

#include "hal/include/hal/clock_trust.hpp"

namespace sluice::hal {

std::int64_t build_time();  // seconds since 1970 of the sources this was built from

class linux_clock_trust final : public clock_trust {
 public:
  // `saved`: what the clock was set to at this start at least, the last time that is known from before; 0: nobody does that.
  explicit linux_clock_trust(std::int64_t saved = 0, std::string root = "") : floor_(saved > build_time() ? saved : build_time()), resumed_(saved > 0), root_(std::move(root)) {}
  clock_facts look() override;
  int set(std::int64_t unix_seconds) override;

 private:
  std::int64_t floor_;
  bool resumed_;
  std::string root_;
};

}  // namespace sluice::hal
