// getrandom(2): ready once the kernel's generator has been seeded.
#pragma once
#include "hal/include/hal/entropy.hpp"

namespace sluice::hal {

class linux_entropy final : public entropy {
 public:
  bool is_ready() override;
  bool wait(std::chrono::milliseconds longest) override;
};

}  // namespace sluice::hal
