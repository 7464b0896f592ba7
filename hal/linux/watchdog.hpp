// A watchdog of the kernel's driver interface (Documentation/watchdog/watchdog-api).
#pragma once
#include <string>

#include "hal/include/hal/watchdog.hpp"

namespace sluice::hal {

class linux_watchdog final : public watchdog {
 public:
  explicit linux_watchdog(std::string device) { facts_.name = std::move(device); }
  ~linux_watchdog() override;
  int open(unsigned timeout_s) override;
  int feed() override;
  int disarm() override;
  const watchdog_facts& facts() const override { return facts_; }

 private:
  watchdog_facts facts_;
  int fd_ = -1;
};

}  // namespace sluice::hal
