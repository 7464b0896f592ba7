// How hot the box is, and what follows from it. The reading comes from sensors; heat_policy is arithmetic: thresholds
// with hysteresis, so that the load does not swing at a threshold.
#pragma once
#include <cstdint>
#include <optional>

namespace sluice::hal {

class temperature {
 public:
  virtual ~temperature() = default;
  virtual std::optional<double> hottest_celsius() = 0;  // of all thermal zones; empty: nothing tells
};

enum class heat : std::uint8_t { fine, warm, hot };

struct heat_limits {
  double warm_celsius = 85, hot_celsius = 95;  // silicon of the usual boards is rated to 105
  double back_celsius = 5;                     // so far below a threshold it must fall before the step is taken back
  unsigned warm_percent = 50, hot_percent = 25;  // of the sessions that are let in
};

class heat_policy {
 public:
  explicit heat_policy(heat_limits limits = {}) : limits_(limits) {}

  // A reading, or that there is none: what cannot be known slows nothing down.
  heat judge(std::optional<double> celsius) {
    if (!celsius) return now_ = heat::fine;
    const double c = *celsius;
    if (c >= limits_.hot_celsius) now_ = heat::hot;
    else if (now_ == heat::hot && c > limits_.hot_celsius - limits_.back_celsius) now_ = heat::hot;
    else if (c >= limits_.warm_celsius) now_ = heat::warm;
    else if (now_ != heat::fine && c > limits_.warm_celsius - limits_.back_celsius) now_ = heat::warm;
    else now_ = heat::fine;
    return now_;
  }

  heat now() const { return now_; }
  unsigned sessions_percent() const { return now_ == heat::hot ? limits_.hot_percent : now_ == heat::warm ? limits_.warm_percent : 100; }

 private:
  heat_limits limits_;
  heat now_ = heat::fine;
};

}  // namespace sluice::hal
