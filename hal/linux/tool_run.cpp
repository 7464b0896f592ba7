#include "hal/linux/tool_run.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "hal/linux/text_file.hpp"

namespace sluice::hal {
namespace {

using steady = std::chrono::steady_clock;

[[noreturn]] void become(const std::vector<char*>& words, int out, const std::optional<tool_user>& as) {
  ::setpgid(0, 0);  // so that whatever it starts can be ended with it
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, 0);
  ::dup2(out, 1);
  ::closefrom(3);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (as && (::setgroups(0, nullptr) != 0 || ::setgid(as->gid) != 0 || ::setuid(as->uid) != 0)) ::_exit(126);
  std::array<char*, 2> environment{const_cast<char*>("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nullptr};
  ::execve(words[0], words.data(), environment.data());
  ::_exit(127);
}

}  // namespace

tool_result run_tool(const std::vector<std::string>& words, std::chrono::milliseconds longest, std::optional<tool_user> as) {
  tool_result out;
  std::vector<char*> arguments;
  for (const std::string& w : words) arguments.push_back(const_cast<char*>(w.c_str()));
  arguments.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return out;
  const pid_t child = ::fork();
  if (child == 0) become(arguments, ends[1], as);
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    return out;
  }
  const auto end = steady::now() + longest;
  bool late = false;
  std::array<char, 4096> piece;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - steady::now()).count();
    pollfd p{ends[0], POLLIN, 0};
    const int ready = left > 0 ? ::poll(&p, 1, static_cast<int>(left)) : 0;
    if (ready < 0 && errno == EINTR) continue;
    late = ready == 0;
    if (ready <= 0) break;
    const ssize_t n = ::read(ends[0], piece.data(), piece.size());
    if (n <= 0) break;
    if (out.output.size() < text_file_bytes) out.output.append(piece.data(), static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  while (!late) {  // it may close its output and go on
    if (::waitpid(child, &status, WNOHANG) != 0) {
      out.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      if (out.status == 127) out.status = -1;
      return out;
    }
    ::poll(nullptr, 0, 5);
    late = steady::now() > end;
  }
  ::kill(-child, SIGKILL);
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return out;
}

}  // namespace sluice::hal
