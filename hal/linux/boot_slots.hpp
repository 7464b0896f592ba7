// Boot variables by fw_printenv and fw_setenv (libubootenv or U-Boot's own), the running slot by the kernel's command line.
#pragma once
#include <string>

#include "hal/include/hal/boot_slots.hpp"

namespace sluice::hal {

struct slot_tools {
  std::string print = "/usr/bin/fw_printenv", set = "/usr/bin/fw_setenv";
};

class linux_boot_slots final : public boot_slots {
 public:
  explicit linux_boot_slots(slot_tools tools = {}, std::string root = "") : tools_(std::move(tools)), root_(std::move(root)) {}
  std::optional<char> current() override;
  int read(boot_environment& out) override;
  int write(const std::string& name, const std::string& value) override;

 private:
  slot_tools tools_;
  std::string root_;
};

}  // namespace sluice::hal
