#include "firmware/gateway/log_target.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/concat.hpp"
#include "core/log.hpp"

namespace sluice::gateway {
namespace {

void set_form(const config::model& m) {
  log::set_origin(m.hostname, static_cast<std::uint32_t>(m.log.syslog.enterprise_number));
  switch (m.log.format) {
    case config::log_format::text: log::set_format(log::format::text); break;
    case config::log_format::json: log::set_format(log::format::json); break;
    case config::log_format::rfc5424: log::set_format(log::format::rfc5424); break;
  }
  switch (m.log.level) {
    case config::log_level::error: log::set_level(log::level::error); break;
    case config::log_level::warning: log::set_level(log::level::warning); break;
    case config::log_level::info: log::set_level(log::level::info); break;
    case config::log_level::debug: log::set_level(log::level::debug); break;
  }
}

bool is_socket(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

}  // namespace

std::string open_log(const config::model& m) {
  static int file = -1;  // one descriptor for every file that follows another: loops may be writing to it right now
  const std::string& target = m.log.target;
  int why = 0, fd = target == "stdout" ? 1 : 2;
  if (target != "stdout" && target != "stderr" && is_socket(target)) {
    why = log::set_socket(target);
    if (why != 0) return concat(target, ": ", std::strerror(why));
    set_form(m);
    return {};
  }
  if (target != "stdout" && target != "stderr") {
    fd = ::open(target.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) return concat(target, ": ", std::strerror(errno));
    if (file >= 0) {
      ::dup3(fd, file, O_CLOEXEC);
      ::close(fd);
    } else {
      file = fd;
    }
    fd = file;
  }
  log::set_descriptor(fd);
  set_form(m);
  return {};
}

}  // namespace sluice::gateway
