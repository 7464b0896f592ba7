// One lamp that says how the box is. The supervisor sets it; a box without one shows nothing.
#pragma once
#include <cstdint>

namespace sluice::hal {

enum class led_state : std::uint8_t {
  off,
  starting,  // slow blinking
  well,      // steady
  trouble,   // fast blinking: safe mode, or the program does not start
  reset,     // very fast: the reset button is held, let go now and nothing happens
};

class status_led {
 public:
  virtual ~status_led() = default;
  virtual int show(led_state s) = 0;  // 0 or an errno value
};

}  // namespace sluice::hal
