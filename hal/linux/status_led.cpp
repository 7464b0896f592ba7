#include "hal/linux/status_led.hpp"

#include "hal/linux/text_file.hpp"

namespace sluice::hal {

int linux_status_led::show(led_state s) {
  switch (s) {
    case led_state::off: return steady(false);
    case led_state::well: return steady(true);
    case led_state::starting: return blink(500, 500);
    case led_state::trouble: return blink(125, 125);
    case led_state::reset: return blink(50, 50);
  }
  return 0;
}

// delay_on and delay_off are there only while the trigger is "timer"; a kernel without it gets a steady light.
int linux_status_led::blink(unsigned on_ms, unsigned off_ms) {
  if (write_text(folder_ + "/trigger", "timer") != 0 || write_text(folder_ + "/delay_on", std::to_string(on_ms)) != 0) return steady(true);
  return write_text(folder_ + "/delay_off", std::to_string(off_ms));
}

int linux_status_led::steady(bool on) {
  write_text(folder_ + "/trigger", "none");
  const long long most = number_in(folder_ + "/max_brightness").value_or(1);
  return write_text(folder_ + "/brightness", on ? std::to_string(most > 0 ? most : 1) : "0");
}

}  // namespace sluice::hal
