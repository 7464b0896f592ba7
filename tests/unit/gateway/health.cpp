#include <catch2/catch_test_macros.hpp>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>

#include "core/wall_clock.hpp"
#include "firmware/gateway/health/machine_watch.hpp"
#include "firmware/gateway/health/safe_start.hpp"
#include "firmware/gateway/health/service_manager.hpp"
#include "firmware/gateway/health/vote_collector.hpp"
#include "firmware/gateway/sandbox/sandbox.hpp"
#include "net/safe_mode.hpp"

using namespace sluice;
using namespace sluice::gateway;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

TEST_CASE("votes: a part that does not beat within its time is named, the one that is silent for longest first") {
  vote_collector c;
  std::uint64_t loop = 0, storage = 0, config = 0;
  c.add("loop-0", 10s, [&] { return loop; });
  c.add("storage", 30s, [&] { return storage; });
  c.add("config", 900s, [&] { return config; });
  vote_collector::time now{};
  const auto pass = [&](std::chrono::seconds t, bool loop_beats, bool storage_beats) {
    std::string last;
    for (; t.count() > 0; --t) {
      now += 1s;
      loop += loop_beats;
      storage += storage_beats;
      last = c.look(now);
    }
    return last;
  };
  CHECK(pass(60s, true, true).empty());
  CHECK(pass(10s, false, true).empty());
  CHECK(pass(1s, false, true) == "loop-0");
  CHECK(pass(40s, false, false) == "loop-0");
  CHECK(pass(1s, true, false) == "storage");
  CHECK(pass(1s, true, true).empty());
  CHECK(pass(840s, true, true) == "config");
}

TEST_CASE("notices go to a path and to an abstract name, and nowhere when nobody wants them") {
  const fs::path file = fs::temp_directory_path() / ("notify." + std::to_string(::getpid()));
  for (const std::string& name : {file.string(), "@sluice-notify-" + std::to_string(::getpid())}) {
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    name.copy(at.sun_path, sizeof at.sun_path);
    if (name[0] == '@') at.sun_path[0] = '\0';
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&at), static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())) == 0);
    CHECK(service_manager(name).say("READY=1\nSTATUS=well"));
    std::array<char, 64> got{};
    CHECK(::recv(fd, got.data(), got.size(), MSG_DONTWAIT) == 19);
    ::close(fd);
    CHECK_FALSE(service_manager(name).say("WATCHDOG=1"));
  }
  fs::remove(file);
  CHECK_FALSE(service_manager("").say("READY=1"));
  CHECK_FALSE(service_manager(std::string(200, 'x')).say("READY=1"));
}

TEST_CASE("safe mode leaves out what is not needed, and its key says what happens to mail") {
  config::model m;
  m.auth.enabled = true;
  m.inspect.profiles_directory = "somewhere";
  m.management.pull.url = "https://config.example.org/box.toml";
  m.policy.observe = true;
  const config::model safe = safe_version_of(m);
  CHECK_FALSE(safe.auth.enabled);
  CHECK(safe.inspect.profiles_directory.empty());
  CHECK(safe.management.pull.url.empty());
  CHECK_FALSE(safe.policy.observe);
  CHECK(safe.policy.unscanned.budget == m.policy.unscanned.budget);  // safe mode has a reason of its own
  enter_safe_mode(m);
  CHECK(net::safe_mode_now.load() == net::safe_mode::defer);
  m.safe_mode.mail = config::safe_mode_mail::forward;
  enter_safe_mode(m);
  CHECK(net::safe_mode_now.load() == net::safe_mode::forward);
  net::safe_mode_now = net::safe_mode::off;
}

TEST_CASE("heat lets fewer sessions in, and all of them again when it is cool") {
  net::shared all({.sessions = 100}, {});
  machine_watch w("/");
  hal::device_health seen;
  seen.clock = hal::clock_state::synchronised;
  seen.celsius = 60;
  w.take(seen, all, 100);
  CHECK(all.slots.limit() == 100);
  seen.celsius = 97;
  w.take(seen, all, 100);
  CHECK(all.slots.limit() == 25);
  all.slots.set_limit(80);  // a generation was applied meanwhile
  w.take(seen, all, 80);
  CHECK(all.slots.limit() == 20);
  seen.celsius = 70;
  w.take(seen, all, 80);
  CHECK(all.slots.limit() == 80);
}

TEST_CASE("a clock that is a guess is not believed, until it is set") {
  net::shared all({.sessions = 4}, {});
  machine_watch w("/");
  hal::device_health seen;
  seen.clock = hal::clock_state::guessed;
  w.take(seen, all, 4);
  CHECK_FALSE(wall_clock::is_trusted());
  seen.clock = hal::clock_state::synchronised;
  w.take(seen, all, 4);
  CHECK(wall_clock::is_trusted());
}

namespace {

// What the body returns, of a process of its own.
int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("refused system calls answer EPERM, in every thread and child; work goes on") {
  CHECK(in_child([] {
          ::syscall(SYS_prctl, 38, 1, 0, 0, 0);  // PR_SET_NO_NEW_PRIVS
          if (!forbid_system_calls()) return 1;
          int n = 1;
          const auto refused = [&n](bool was) { return ++n, !was || errno != EPERM; };
          if (refused(::unshare(CLONE_NEWUSER) != 0)) return n;
          if (refused(::mount("none", "/", "tmpfs", 0, nullptr) != 0)) return n;
          if (refused(::syscall(SYS_bpf, 0, nullptr, 0) != 0)) return n;
          if (refused(::syscall(SYS_reboot, 0, 0, 0, nullptr) != 0)) return n;
          if (refused(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr) < 0)) return n;
          const pid_t child = ::fork();
          if (child == 0) ::_exit(::chroot("/") != 0 && errno == EPERM ? 0 : 1);
          int status = 0;
          ::waitpid(child, &status, 0);
          return status == 0 ? 0 : 99;
        }) == 0);
}

TEST_CASE("files that no rule names cannot be opened, those that are named can") {
  const fs::path mine = fs::temp_directory_path() / ("sandbox." + std::to_string(::getpid()));
  fs::create_directories(mine / "rw");
  fs::create_directories(mine / "ro");
  fs::create_directories(mine / "no");
  for (const char* f : {"rw/f", "ro/f", "no/f"}) std::ofstream(mine / f) << "x";
  const int got = in_child([&] {
    ::syscall(SYS_prctl, 38, 1, 0, 0, 0);
    if (restrict_files({{mine / "rw"}, {mine / "ro", mine / "missing"}}) == 0) return 77;
    const auto opens = [&](const char* f, int how) {
      const int fd = ::open((mine / f).c_str(), how, 0600);
      if (fd >= 0) ::close(fd);
      return fd >= 0;
    };
    if (!opens("rw/f", O_RDWR) || !opens("rw/new", O_CREAT | O_WRONLY) || !opens("ro/f", O_RDONLY)) return 1;
    if (opens("ro/f", O_WRONLY) || opens("ro/new", O_CREAT | O_WRONLY) || opens("no/f", O_RDONLY)) return 2;
    if (::rename((mine / "rw/f").c_str(), (mine / "rw/g").c_str()) != 0) return 3;
    ::execl("/bin/true", "true", static_cast<char*>(nullptr));
    return errno == EACCES ? 0 : 4;
  });
  fs::remove_all(mine);
  if (got == 77) SKIP("this kernel has no Landlock");
  CHECK(got == 0);
}

TEST_CASE("the folders of what a configuration names may be read") {
  config::model m;
  m.data_directory = "/data/sluice";
  m.log.target = "/var/log/sluice/log";
  m.tls.certificates.push_back({"/etc/letsencrypt/live/mx/chain.pem", "/etc/letsencrypt/live/mx/key.pem"});
  const file_rules r = rules_of(m, "/data/config/sluice.toml");
  const auto has = [](const std::vector<std::string>& in, const char* what) { return std::find(in.begin(), in.end(), what) != in.end(); };
  CHECK(has(r.writable, "/data/sluice"));
  CHECK(has(r.writable, "/var/log/sluice"));
  CHECK(has(r.readable, "/etc/letsencrypt/live/mx"));
  CHECK(has(r.readable, "/data/config"));
  CHECK_FALSE(has(r.readable, "/"));
}
