// A lamp of the LED class: /sys/class/leds/NAME.
#pragma once
#include <string>

#include "hal/include/hal/status_led.hpp"

namespace sluice::hal {

class linux_status_led final : public status_led {
 public:
  explicit linux_status_led(const std::string& name, const std::string& root = "") : folder_(root + "/sys/class/leds/" + name) {}
  int show(led_state s) override;

 private:
  int blink(unsigned on_ms, unsigned off_ms);
  int steady(bool on);
  std::string folder_;
};

}  // namespace sluice::hal
