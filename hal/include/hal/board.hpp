// What this box is: for the page, support and the check that an image fits.
#pragma once
#include <string>

namespace sluice::hal {

struct board_identity {
  std::string model;       // "Raspberry Pi 3 Model B Rev 1.2"; empty: not known
  std::string compatible;  // "raspberrypi,3-model-b": the most special name of the device tree
  std::string serial;
};

class board {
 public:
  virtual ~board() = default;
  virtual board_identity look() = 0;
};

}  // namespace sluice::hal
