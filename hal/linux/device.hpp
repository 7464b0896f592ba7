// The device by what Linux shows of it in /sys and /proc.
#pragma once
#include <string>

#include "hal/include/hal/device.hpp"
#include "hal/linux/block_storage.hpp"
#include "hal/linux/board.hpp"
#include "hal/linux/clock_trust.hpp"
#include "hal/linux/entropy.hpp"
#include "hal/linux/network_links.hpp"
#include "hal/linux/temperature.hpp"

namespace sluice::hal {

class linux_device final : public device {
 public:
  // `root`: "" is the real one, a folder for tests. `clock_floor`: see linux_clock_trust.
  explicit linux_device(std::string root = "", std::string data_directory = "", std::int64_t clock_floor = 0)
      : root_(std::move(root)), data_directory_(std::move(data_directory)), clock_(clock_floor, root_) {}
  device_health look() override;

 private:
  std::string root_, data_directory_;
  linux_temperature temperature_{root_};
  linux_block_storage storage_{root_};
  linux_network_links links_{root_};
  linux_board board_{root_};
  linux_clock_trust clock_;
  linux_entropy entropy_;
};

}  // namespace sluice::hal
