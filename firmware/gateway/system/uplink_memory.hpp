// What a good slot leaves for the one that is tried after it: whether mail could be passed on when it was last seen. Without
// that, nobody could tell a new system that cannot forward from a mail server that is away (P8). A small file in the data
// directory, written when the answer changes, now and then, and at a reboot.
#pragma once
#include <cstdint>
#include <string>

#include "hal/include/hal/files.hpp"

namespace sluice::gateway {

inline constexpr std::int64_t uplink_write_period_s = 600;

struct uplink_note {
  bool known = false;    // false: no good slot ever wrote one
  bool reached = false;  // a mail server behind answered when this was written
  std::int64_t written = 0, last_reached = 0;  // UTC seconds, by the clock of the slot that wrote
};

std::string text_of(const uplink_note& n);
uplink_note note_from(const std::string& text);

// All calls on the storage thread, or where nothing runs yet.
class uplink_memory {
 public:
  uplink_memory(hal::files& files, const std::string& data_directory) : files_(files), folder_(data_directory + "/system") {}

  uplink_note read() const;
  // Not while the running slot is itself on trial. Writes when there is something new to say, or `now_s` is asked for.
  int look(bool reached, std::int64_t now, bool at_once);

 private:
  hal::files& files_;
  std::string folder_;
  uplink_note last_;
};

}  // namespace sluice::gateway
