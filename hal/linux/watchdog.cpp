#include "hal/linux/watchdog.hpp"

#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sluice::hal {

linux_watchdog::~linux_watchdog() {
  if (fd_ >= 0) ::close(fd_);  // without the magic letter: it stays armed, and whoever comes next must feed it in time
}

int linux_watchdog::open(unsigned timeout_s) {
  fd_ = ::open(facts_.name.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd_ < 0) return errno;
  watchdog_info info{};
  if (::ioctl(fd_, WDIOC_GETSUPPORT, &info) != 0) {
    const int error = errno;
    ::close(fd_);
    fd_ = -1;
    return error == ENOTTY ? ENODEV : error;
  }
  facts_.identity.assign(reinterpret_cast<const char*>(info.identity), ::strnlen(reinterpret_cast<const char*>(info.identity), sizeof info.identity));
  int status = 0;
  // A driver that cannot tell answers 0; only one that announces the flag is believed.
  if ((info.options & WDIOF_CARDRESET) != 0 && ::ioctl(fd_, WDIOC_GETBOOTSTATUS, &status) == 0) facts_.was_reset = (status & WDIOF_CARDRESET) != 0;
  int seconds = static_cast<int>(timeout_s);
  if (::ioctl(fd_, WDIOC_SETTIMEOUT, &seconds) != 0 && ::ioctl(fd_, WDIOC_GETTIMEOUT, &seconds) != 0) seconds = static_cast<int>(timeout_s);
  facts_.timeout_s = seconds > 0 ? static_cast<unsigned>(seconds) : timeout_s;
  // The kernel remembers a magic letter that an earlier process wrote after the device had been stopped: the end of this one
  // would then stop it as well. A write of anything else makes it forget; a keepalive does not.
  [[maybe_unused]] const ssize_t ignored = ::write(fd_, "\0", 1);
  return feed();
}

int linux_watchdog::feed() {
  if (fd_ < 0) return EBADF;
  if (::ioctl(fd_, WDIOC_KEEPALIVE, 0) == 0) return 0;
  return ::write(fd_, "\0", 1) == 1 ? 0 : errno;  // drivers without keepalive take any octet
}

int linux_watchdog::disarm() {
  if (fd_ < 0) return EBADF;
  const int error = ::write(fd_, "V", 1) == 1 ? 0 : errno;
  ::close(fd_);
  fd_ = -1;
  return error;
}

}  // namespace sluice::hal
