// Thermal zones as the kernel shows them in /sys/class/thermal.
#pragma once
#include <string>

#include "hal/include/hal/temperature.hpp"

namespace sluice::hal {

class linux_temperature final : public temperature {
 public:
  explicit linux_temperature(std::string root = "") : root_(std::move(root)) {}
  std::optional<double> hottest_celsius() override;

 private:
  std::string root_;
};

}  // namespace sluice::hal
