#include "hal/linux/network_links.hpp"

#include "hal/linux/text_file.hpp"

namespace sluice::hal {
namespace {

constexpr long long loopback_type = 772;  // ARPHRD_LOOPBACK

}  // namespace

std::vector<network_link> linux_network_links::look() {
  std::vector<network_link> out;
  for (const std::string& name : names_in(root_ + "/sys/class/net")) {
    const std::string folder = root_ + "/sys/class/net/" + name + "/";
    if (out.size() >= max_links) break;
    const auto type = number_in(folder + "type");
    if (!type || *type == loopback_type) continue;  // bonding_masters is a file, not an interface
    network_link l;
    l.name = name;
    l.state = first_line(folder + "operstate");
    if (const auto carrier = number_in(folder + "carrier")) l.carrier = *carrier == 1;  // EINVAL while it is switched off
    if (const auto speed = number_in(folder + "speed"); speed && *speed > 0 && *speed < 1'000'000) l.megabits = static_cast<unsigned>(*speed);
    out.push_back(std::move(l));
  }
  return out;
}

}  // namespace sluice::hal
