// The device by what Linux shows of it in /sys and /proc.
#pragma once
#include <string>

#include "hal/include/hal/device.hpp"

namespace sluice::hal {

class linux_device final : public device {
 public:
  explicit linux_device(std::string root = "") : root_(std::move(root)) {}  // "" is the real one; a folder for tests
  device_health look() override;

 private:
  std::string root_;
};

}  // namespace sluice::hal
