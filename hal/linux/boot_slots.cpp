#include "hal/linux/boot_slots.hpp"

#include <cerrno>
#include <cstdlib>
#include <sstream>

#include "hal/linux/text_file.hpp"
#include "hal/linux/tool_run.hpp"

namespace sluice::hal {
namespace {

constexpr std::chrono::milliseconds tool_limit{8'000};  // below the watchdog's timeout

unsigned tries(const std::string& text) {
  const unsigned long n = std::strtoul(text.c_str(), nullptr, 16);  // U-Boot counts in hexadecimal
  return n > 1000 ? 0 : static_cast<unsigned>(n);
}

}  // namespace

std::optional<char> linux_boot_slots::current() {
  std::istringstream words(first_line(root_ + "/proc/cmdline"));
  for (std::string w; words >> w;)
    for (const char* key : {"sluice.slot=", "rauc.slot="})
      if (w == std::string(key) + "A" || w == std::string(key) + "B") return w.back();
  return std::nullopt;
}

// A variable that was never written is missing, and then the tool complains although it prints the others.
int linux_boot_slots::read(boot_environment& out) {
  const tool_result r = run_tool({tools_.print, "BOOT_ORDER", "BOOT_A_LEFT", "BOOT_B_LEFT"}, tool_limit);
  if (r.status < 0) return ENOENT;
  std::istringstream lines(r.output);
  bool any = false;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    const std::string name = line.substr(0, equals), value = line.substr(equals + 1);
    if (name == "BOOT_ORDER") out.order = value;
    else if (name == "BOOT_A_LEFT") out.left_a = tries(value);
    else if (name == "BOOT_B_LEFT") out.left_b = tries(value);
    else continue;
    any = true;
  }
  return any ? 0 : EIO;
}

int linux_boot_slots::write(const std::string& name, const std::string& value) {
  const tool_result r = run_tool({tools_.set, name, value}, tool_limit);
  return r.status == 0 ? 0 : r.status < 0 ? ENOENT : EIO;
}

}  // namespace sluice::hal
