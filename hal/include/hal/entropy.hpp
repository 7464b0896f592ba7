// Whether the kernel's random numbers can be had yet. Before that no key is made: wait() blocks a start, not a loop.
#pragma once
#include <chrono>

namespace sluice::hal {

class entropy {
 public:
  virtual ~entropy() = default;
  virtual bool is_ready() = 0;                         // without waiting
  virtual bool wait(std::chrono::milliseconds longest) = 0;  // blocks; false: not ready by then
};

}  // namespace sluice::hal
