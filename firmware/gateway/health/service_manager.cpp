#include "firmware/gateway/health/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>

namespace sluice::gateway {

service_manager::service_manager() {
  if (const char* socket = std::getenv("NOTIFY_SOCKET")) socket_ = socket;
  const char* const microseconds = std::getenv("WATCHDOG_USEC");
  const char* const process = std::getenv("WATCHDOG_PID");
  if (microseconds == nullptr || (process != nullptr && std::strtol(process, nullptr, 10) != ::getpid())) return;
  vote_period_ = std::chrono::milliseconds(std::strtoll(microseconds, nullptr, 10) / 1000);
}

bool service_manager::say(std::string_view lines) const {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (socket_.empty() || socket_.size() >= sizeof to.sun_path) return false;
  socket_.copy(to.sun_path, socket_.size());
  if (socket_[0] == '@') to.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const bool sent = ::sendto(fd, lines.data(), lines.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), size) >= 0;
  ::close(fd);
  return sent;
}

}  // namespace sluice::gateway
