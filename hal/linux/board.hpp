// The device tree of a board, or what a PC's firmware says of itself.
#pragma once
#include <string>

#include "hal/include/hal/board.hpp"

namespace sluice::hal {

class linux_board final : public board {
 public:
  explicit linux_board(std::string root = "") : root_(std::move(root)) {}
  board_identity look() override;

 private:
  std::string root_;
};

}  // namespace sluice::hal
