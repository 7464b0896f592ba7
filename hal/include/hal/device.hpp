// What the device itself tells about its health, put together from the capabilities beside this file. Everything is
// optional: boards differ, and what nothing tells is "not known", never a guess. Blocking (sensors answer over slow
// buses): on the storage thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hal/include/hal/block_storage.hpp"
#include "hal/include/hal/board.hpp"
#include "hal/include/hal/clock_trust.hpp"
#include "hal/include/hal/network_links.hpp"

namespace sluice::hal {

struct device_health {
  std::optional<double> celsius;               // the hottest thermal zone
  std::optional<unsigned> flash_worn_percent;  // life used up, of the worst eMMC; in steps of ten (JEDEC JESD84-B51)
  std::optional<pre_eol> flash_spare;
  std::string flash;                           // its name, "mmcblk0"
  volume_state data_volume;                    // where mail is held
  std::vector<network_link> links;
  board_identity identity;
  std::optional<clock_state> clock;
  std::optional<bool> entropy_ready;
  std::optional<std::uint64_t> up_seconds;     // of the device
  std::optional<double> load;                  // of the last minute
  std::optional<std::uint64_t> memory_bytes, memory_free_bytes;  // of the device; free: available without swapping
};

class device {
 public:
  virtual ~device() = default;
  virtual device_health look() = 0;
};

}  // namespace sluice::hal
