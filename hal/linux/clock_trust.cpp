#include "hal/linux/clock_trust.hpp"

#include <sys/timex.h>

#include <cerrno>
#include <ctime>

#include "hal/linux/text_file.hpp"

namespace sluice::hal {

static_assert(sizeof(std::time_t) == 8, "a time_t of 32 bits ends in January 2038: -D_TIME_BITS=64");

std::int64_t build_time() { return SLUICE_BUILD_TIME; }

clock_facts linux_clock_trust::look() {
  clock_facts out;
  out.now = std::time(nullptr);
  timespec up{};
  if (::clock_gettime(CLOCK_BOOTTIME, &up) == 0) out.up_seconds = up.tv_sec;
  out.floor = floor_;
  out.resumed = resumed_;
  timex t{};  // modes 0: it only tells
  out.synchronised = ::adjtimex(&t) >= 0 && (t.status & STA_UNSYNC) == 0;
  out.has_chip = !names_in(root_ + "/sys/class/rtc", "rtc").empty();
  return out;
}

int linux_clock_trust::set(std::int64_t unix_seconds) {
  const timespec t{static_cast<time_t>(unix_seconds), 0};
  return ::clock_settime(CLOCK_REALTIME, &t) == 0 ? 0 : errno;
}

}  // namespace sluice::hal
