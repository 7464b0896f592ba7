// The medium that holds what must survive: how worn it is, how full, and whether the kernel has made it read-only after
// an error. Blocking; on the storage thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace sluice::hal {

enum class pre_eol : std::uint8_t { normal, warning, urgent };  // JEDEC JESD84-B51, PRE_EOL_INFO: spare blocks used up

struct storage_wear {
  std::string device;                       // "mmcblk0", the most worn one; empty: nothing tells
  std::optional<unsigned> worn_percent;     // life used up, in steps of ten
  std::optional<pre_eol> spare;
};

struct volume_state {
  bool known = false;
  bool read_only = false;
  std::string device, file_system;  // as mounted
};

class block_storage {
 public:
  virtual ~block_storage() = default;
  virtual storage_wear wear() = 0;
  virtual volume_state volume_of(const std::string& path) = 0;  // of the mount that `path` lies on
};

}  // namespace sluice::hal
