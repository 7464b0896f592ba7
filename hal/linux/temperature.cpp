#include "hal/linux/temperature.hpp"

#include <algorithm>

#include "hal/linux/text_file.hpp"

namespace sluice::hal {
namespace {

constexpr double coldest = -60, hottest = 200;  // beyond it a sensor is broken, or not there

}  // namespace

std::optional<double> linux_temperature::hottest_celsius() {
  std::optional<double> out;
  for (const std::string& zone : names_in(root_ + "/sys/class/thermal", "thermal_zone")) {
    const auto thousandths = number_in(root_ + "/sys/class/thermal/" + zone + "/temp");
    if (!thousandths) continue;
    const double celsius = static_cast<double>(*thousandths) / 1000;
    if (celsius > coldest && celsius < hottest) out = std::max(out.value_or(coldest), celsius);
  }
  return out;
}

}  // namespace sluice::hal
