// The machine under the program: what it tells every few seconds, and what follows from it. Too hot: fewer sessions are let
// in. A clock that is a guess: no signature and no certificate is judged by its dates. No random numbers yet: no start.
#pragma once
#include <string>

#include "hal/include/hal/temperature.hpp"
#include "hal/linux/device.hpp"
#include "net/shared.hpp"

namespace sluice::gateway {

class machine_watch {
 public:
  explicit machine_watch(const std::string& data_directory);

  static bool wait_for_entropy();  // before the first key; false: there are none, after a long time
  void judge_clock();              // at once, before anything is judged by it

  hal::device_health look() { return device_.look(); }  // blocks: on the storage thread
  // On the control loop. `sessions`: what the generation in force allows.
  void take(const hal::device_health& seen, net::shared& all, std::uint64_t sessions);

 private:
  void clock_is(hal::clock_state s);

  hal::linux_clock_trust clock_;
  hal::linux_device device_;
  hal::heat_policy heat_;
  bool slowed_ = false, clock_told_ = false, was_read_only_ = false;
};

}  // namespace sluice::gateway
