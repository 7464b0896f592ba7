// A developer's machine, a container, or a board that lacks the part: nothing there, and nothing pretended.
#pragma once
#include <cerrno>

#include "hal/include/hal/boot_slots.hpp"
#include "hal/include/hal/reset_button.hpp"
#include "hal/include/hal/status_led.hpp"
#include "hal/include/hal/watchdog.hpp"

namespace sluice::hal {

class no_watchdog final : public watchdog {
 public:
  int open(unsigned) override { return ENODEV; }
  int feed() override { return 0; }
  int disarm() override { return 0; }
  const watchdog_facts& facts() const override { return facts_; }

 private:
  watchdog_facts facts_;
};

class no_status_led final : public status_led {
 public:
  int show(led_state) override { return 0; }
};

class no_reset_button final : public reset_button {
 public:
  int open() override { return 0; }
  int descriptor() const override { return -1; }
  std::optional<button_edge> next() override { return std::nullopt; }
};

class no_boot_slots final : public boot_slots {
 public:
  std::optional<char> current() override { return std::nullopt; }
  int read(boot_environment&) override { return ENODEV; }
  int write(const std::string&, const std::string&) override { return ENODEV; }
};

}  // namespace sluice::hal
