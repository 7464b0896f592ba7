#include "firmware/supervisor/tool_job.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sluice::supervisor {
namespace {

constexpr std::size_t max_line = 1024, max_output = 64 * 1024;

}  // namespace

tool_job::~tool_job() {
  if (fd_ >= 0) ::close(fd_);
}

bool tool_job::start(const std::vector<std::string>& words, milliseconds now, milliseconds longest) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return false;
  std::vector<char*> arguments;
  for (const std::string& w : words) arguments.push_back(const_cast<char*>(w.c_str()));
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::setpgid(0, 0);
    ::fcntl(ends[1], F_SETFL, 0);  // programs do not expect a pipe that refuses
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, 0);
    ::dup2(ends[1], 1);
    ::dup2(ends[1], 2);
    ::closefrom(3);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    std::array<char*, 2> environment{const_cast<char*>("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nullptr};
    ::execve(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  if (pid_ < 0) {
    ::close(ends[0]);
    return false;
  }
  if (fd_ >= 0) ::close(fd_);
  fd_ = ends[0];
  end_ = now + longest;
  piece_.clear();
  last_.clear();
  all_.clear();
  return true;
}

std::vector<std::string> tool_job::lines() {
  std::vector<std::string> out;
  std::array<char, 4096> octets;
  for (;;) {
    const ssize_t n = fd_ >= 0 ? ::read(fd_, octets.data(), octets.size()) : 0;
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      if (n == 0 && fd_ >= 0) {
        ::close(fd_);
        fd_ = -1;
      }
      break;
    }
    for (ssize_t i = 0; i < n; ++i) {
      const char c = octets[static_cast<std::size_t>(i)];
      if (all_.size() < max_output) all_ += c;
      if (c != '\n' && c != '\r') {
        if (piece_.size() < max_line) piece_ += c;
        continue;
      }
      if (!piece_.empty()) last_ = piece_, out.push_back(piece_);
      piece_.clear();
    }
  }
  if (fd_ < 0 && !piece_.empty()) {
    last_ = piece_;
    out.push_back(piece_);
    piece_.clear();
  }
  return out;
}

void tool_job::look_at_clock(milliseconds now) {
  if (pid_ > 0 && now > end_) ::kill(-pid_, SIGKILL);
}

void tool_job::ended() { pid_ = -1; }

}  // namespace sluice::supervisor
