#include "hal/linux/device.hpp"

#include <sstream>

#include "hal/linux/text_file.hpp"

namespace sluice::hal {
namespace {

void memory(const std::string& root, device_health& out) {
  std::istringstream in(read_text(root + "/proc/meminfo").value_or(""));
  std::string name;
  std::uint64_t kib = 0;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    if (!(words >> name >> kib)) continue;
    if (name == "MemTotal:") out.memory_bytes = kib * 1024;
    if (name == "MemAvailable:") out.memory_free_bytes = kib * 1024;
  }
}

std::optional<double> first_number(const std::string& file) {
  const std::string text = first_line(file);
  if (text.empty()) return std::nullopt;
  return std::strtod(text.c_str(), nullptr);
}

}  // namespace

device_health linux_device::look() {
  device_health out;
  out.celsius = temperature_.hottest_celsius();
  const storage_wear wear = storage_.wear();
  out.flash = wear.device;
  out.flash_worn_percent = wear.worn_percent;
  out.flash_spare = wear.spare;
  if (!data_directory_.empty()) out.data_volume = storage_.volume_of(data_directory_);
  out.links = links_.look();
  out.identity = board_.look();
  const clock_facts clock = clock_.look();
  out.clock = judge_clock(clock);
  out.entropy_ready = entropy_.is_ready();
  memory(root_, out);
  if (const auto seconds = first_number(root_ + "/proc/uptime")) out.up_seconds = static_cast<std::uint64_t>(*seconds);
  out.load = first_number(root_ + "/proc/loadavg");
  return out;
}

}  // namespace sluice::hal
