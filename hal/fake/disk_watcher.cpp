#include "hal/fake/disk_watcher.hpp"

#include <signal.h>
#include <unistd.h>

namespace sluice::hal::fake {

int fault_point::before(const disk_op&) {
  ++seen_;
  if (mode_ == mode::none) return 0;
  if (left_ > 0) {
    --left_;
    return 0;
  }
  if (fired_ && mode_ == mode::fail_once) return 0;
  fired_ = true;
  if (mode_ == mode::kill) ::kill(::getpid(), SIGKILL);
  return error_;
}

}  // namespace sluice::hal::fake
