#include "hal/linux/entropy.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <thread>

namespace sluice::hal {

bool linux_entropy::is_ready() {
  char octet = 0;
  ssize_t n = 0;
  do n = ::getrandom(&octet, 1, GRND_NONBLOCK);
  while (n < 0 && errno == EINTR);
  return n == 1 || errno != EAGAIN;  // a kernel without the call is older than this program's libc allows
}

bool linux_entropy::wait(std::chrono::milliseconds longest) {
  constexpr std::chrono::milliseconds step{100};
  for (; !is_ready(); longest -= step) {
    if (longest.count() <= 0) return false;
    std::this_thread::sleep_for(std::min(step, longest));
  }
  return true;
}

}  // namespace sluice::hal
