// A button on a GPIO line (character device, version 2 of its interface) or behind the input layer.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "hal/include/hal/reset_button.hpp"

namespace sluice::hal {

class gpio_button final : public reset_button {
 public:
  gpio_button(std::string chip, unsigned line, bool active_low) : chip_(std::move(chip)), line_(line), active_low_(active_low) {}
  ~gpio_button() override;
  int open() override;
  int descriptor() const override { return fd_; }
  std::optional<button_edge> next() override;

 private:
  std::string chip_;
  unsigned line_;
  bool active_low_;
  int fd_ = -1;
};

class input_button final : public reset_button {
 public:
  input_button(std::string device, std::uint16_t key) : device_(std::move(device)), key_(key) {}
  ~input_button() override;
  int open() override;
  int descriptor() const override { return fd_; }
  std::optional<button_edge> next() override;

 private:
  std::string device_;
  std::uint16_t key_;
  int fd_ = -1;
};

// "gpio:/dev/gpiochip0:17", "gpio:/dev/gpiochip0:17:active-low", "input:/dev/input/event0", "input:/dev/input/event0:408".
// Null: it cannot be read.
std::unique_ptr<reset_button> make_button(const std::string& words);

}  // namespace sluice::hal
