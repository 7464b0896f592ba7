// The hardware watchdog: once open it must be fed within its timeout, or the machine is reset, whatever else still runs.
// Opened by the supervisor alone. Results: 0 or an errno value. Nothing here waits.
#pragma once
#include <optional>
#include <string>

namespace sluice::hal {

struct watchdog_facts {
  std::string name;         // "/dev/watchdog0"; empty: there is none
  std::string identity;     // what the driver calls itself
  unsigned timeout_s = 0;   // as it is in force, which may differ from what was asked for
  std::optional<bool> was_reset;  // the last start of the machine was this watchdog's doing; empty: it does not tell
};

class watchdog {
 public:
  virtual ~watchdog() = default;
  // Arms it. The timeout is rounded by the hardware; facts() tells to what.
  virtual int open(unsigned timeout_s) = 0;
  virtual int feed() = 0;
  // Disarms it (magic close), where the driver lets go of it. Without this call it stays armed when the process ends.
  virtual int disarm() = 0;
  virtual const watchdog_facts& facts() const = 0;
};

}  // namespace sluice::hal
