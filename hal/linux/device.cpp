#include "hal/linux/device.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sluice::hal {
namespace {

namespace fs = std::filesystem;

constexpr double coldest = -60, hottest = 200;  // beyond it a sensor is broken, or not there

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

// Calls `each` with the folders of `parent` whose name begins so, in any order.
template <class Each>
void folders(const fs::path& parent, std::string_view begin, Each each) {
  std::error_code ec;
  for (fs::directory_iterator i(parent, ec), end; !ec && i != end; i.increment(ec))
    if (i->path().filename().string().starts_with(begin)) each(i->path());
}

std::optional<double> temperature(const fs::path& root) {
  std::optional<double> out;
  folders(root / "sys/class/thermal", "thermal_zone", [&](const fs::path& zone) {
    const std::string text = first_line(zone / "temp");
    if (text.empty()) return;
    const double celsius = std::strtod(text.c_str(), nullptr) / 1000;
    if (celsius > coldest && celsius < hottest) out = std::max(out.value_or(coldest), celsius);
  });
  return out;
}

// "0x01 0x03": life used by both kinds of memory, 0x01 is up to 10 %, 0x0b is worn out; 0x00 tells nothing.
void wear(const fs::path& root, device_health& out) {
  folders(root / "sys/block", "mmcblk", [&](const fs::path& block) {
    std::istringstream in(first_line(block / "device/life_time"));
    unsigned worst = 0;
    for (std::string word; in >> word;) worst = std::max(worst, static_cast<unsigned>(std::strtoul(word.c_str(), nullptr, 0)));
    if (worst == 0 || worst > 11 || worst * 10 <= out.flash_worn_percent.value_or(0)) return;
    out.flash_worn_percent = std::min(worst * 10, 100u);
    out.flash = block.filename().string();
  });
}

void memory(const fs::path& root, device_health& out) {
  std::ifstream in(root / "proc/meminfo");
  std::string name, unit;
  std::uint64_t kib = 0;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    if (!(words >> name >> kib)) continue;
    if (name == "MemTotal:") out.memory_bytes = kib * 1024;
    if (name == "MemAvailable:") out.memory_free_bytes = kib * 1024;
  }
}

std::optional<double> first_number(const fs::path& file) {
  const std::string text = first_line(file);
  if (text.empty()) return std::nullopt;
  return std::strtod(text.c_str(), nullptr);
}

}  // namespace

device_health linux_device::look() {
  const fs::path root(root_ + "/");
  device_health out;
  out.celsius = temperature(root);
  wear(root, out);
  memory(root, out);
  if (const auto seconds = first_number(root / "proc/uptime")) out.up_seconds = static_cast<std::uint64_t>(*seconds);
  out.load = first_number(root / "proc/loadavg");
  return out;
}

}  // namespace sluice::hal
