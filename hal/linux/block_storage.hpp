// Wear by what the mmc driver shows in /sys, mounts by /proc/self/mountinfo.
#pragma once
#include <string>

#include "hal/include/hal/block_storage.hpp"

namespace sluice::hal {

class linux_block_storage final : public block_storage {
 public:
  explicit linux_block_storage(std::string root = "") : root_(std::move(root)) {}
  storage_wear wear() override;
  volume_state volume_of(const std::string& path) override;

 private:
  std::string root_;
};

}  // namespace sluice::hal
