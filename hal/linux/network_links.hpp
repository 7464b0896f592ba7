// Interfaces by /sys/class/net.
#pragma once
#include <string>

#include "hal/include/hal/network_links.hpp"

namespace sluice::hal {

class linux_network_links final : public network_links {
 public:
  explicit linux_network_links(std::string root = "") : root_(std::move(root)) {}
  std::vector<network_link> look() override;

 private:
  std::string root_;
};

}  // namespace sluice::hal
