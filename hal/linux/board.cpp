#include "hal/linux/board.hpp"

#include "hal/linux/text_file.hpp"

namespace sluice::hal {
namespace {

// Texts of the device tree end with NUL, and `compatible` is several of them, the most special first.
std::string first_text(const std::string& path) {
  std::string text = first_line(path);
  text.erase(std::min(text.find('\0'), text.size()));
  return text;
}

}  // namespace

board_identity linux_board::look() {
  board_identity out;
  const std::string tree = root_ + "/proc/device-tree/", dmi = root_ + "/sys/class/dmi/id/";
  out.model = first_text(tree + "model");
  out.compatible = first_text(tree + "compatible");
  out.serial = first_text(tree + "serial-number");
  if (!out.model.empty() || !out.compatible.empty()) return out;
  const std::string vendor = first_line(dmi + "sys_vendor"), product = first_line(dmi + "product_name");
  out.model = vendor.empty() || product.starts_with(vendor) ? product : product.empty() ? vendor : vendor + " " + product;
  out.serial = first_line(dmi + "product_serial");
  return out;
}

}  // namespace sluice::hal
