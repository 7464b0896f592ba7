// The supervisor as a whole in a process of its own, with real children and a watchdog that really bites: a bite ends the
// process at once, as a reset ends a machine. The service is this program again, see "straw" below.
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "firmware/supervisor/box.hpp"
#include "hal/fake/fake_machine.hpp"
#include "hal/linux/tool_run.hpp"

using namespace sluice;
using namespace sluice::supervisor;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr int bitten = 99;

class biting_watchdog final : public hal::watchdog {
 public:
  ~biting_watchdog() override {
    armed_ = false;
    if (thread_.joinable()) thread_.join();
  }
  int open(unsigned timeout_s) override {
    facts_.timeout_s = timeout_s;
    armed_ = true;
    feed();
    thread_ = std::thread([this] {
      for (; armed_; std::this_thread::sleep_for(10ms))
        if (std::chrono::steady_clock::now().time_since_epoch().count() > end_) ::_exit(bitten);
    });
    return 0;
  }
  int feed() override {
    end_ = (std::chrono::steady_clock::now() + std::chrono::seconds(facts_.timeout_s)).time_since_epoch().count();
    return 0;
  }
  int disarm() override {
    armed_ = false;
    return 0;
  }
  const hal::watchdog_facts& facts() const override { return facts_; }

 private:
  hal::watchdog_facts facts_{"biting", "", 0, false};
  std::atomic<bool> armed_{false};
  std::atomic<std::chrono::steady_clock::rep> end_{0};
  std::thread thread_;
};

struct machine {
  fs::path at = fs::temp_directory_path() / ("box_test." + std::to_string(::getpid()));
  pid_t pid = -1;
  machine() {
    fs::remove_all(at);
    fs::create_directories(at / "root/proc");
    std::ofstream(at / "service") << "#!/bin/sh\n[ \"$1\" = run ] || exit 1\nexec '" << fs::read_symlink("/proc/self/exe").string() << "' '[straw]' > /dev/null\n";
    fs::permissions(at / "service", fs::perms::owner_all);
  }
  ~machine() {
    if (pid > 0) ::kill(pid, SIGKILL);
    fs::remove_all(at);
  }
  // Emulated, this program is nothing that the kernel could start.
  bool can_run() const { return hal::run_tool({fs::read_symlink("/proc/self/exe").string(), "--list-tags"}, 20s).status == 0; }

  void boot(const char* what) {
    fs::remove_all(at / "run");
    std::ofstream(at / "root/behaviour") << what;
    pid = ::fork();
    if (pid != 0) return;
    ::setenv("PATH", "/usr/bin:/bin", 1);
    options o;
    o.service = at / "service";
    o.config = at / "root/behaviour";
    o.runtime_directory = at / "run";
    o.state_directory = at / "state";
    o.release_file = at / "release";
    o.root = at / "root";
    o.cgroup = "none";
    o.keep_copy = "none";
    o.watchdog = "biting";
    o.watchdog_timeout_s = 3;
    o.user = "nobody";
    o.limits.vote_period = 1000ms;
    o.limits.first_pause = 100ms;
    if (::geteuid() == 0) {  // so that the service can be started from here as somebody else
      fs::permissions(at, fs::perms::all);
      fs::permissions(at / "service", fs::perms::all);
    }
    hardware h;
    h.dog = std::make_unique<biting_watchdog>();
    h.led = std::make_unique<hal::fake_status_led>();
    h.button = std::make_unique<hal::fake_reset_button>();
    auto slots = std::make_unique<hal::fake_boot_slots>();
    slots->slot.reset();
    h.slots = std::move(slots);
    h.clock = std::make_unique<hal::fake_clock_trust>();
    const int code = box(o, std::move(h)).run();
    ::_exit(code);
  }
  int wait() {
    int status = 0;
    ::waitpid(pid, &status, 0);
    pid = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::string text(const char* file) const {
    std::ifstream in(at / file);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
};

void say(const char* text) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  const std::string path = std::getenv("NOTIFY_SOCKET");
  path.copy(to.sun_path, sizeof to.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  ::sendto(fd, text, std::char_traits<char>::length(text), 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
  ::close(fd);
}

}  // namespace

// Hidden: what the machine starts as its service. It knows from beside the socket how to behave.
TEST_CASE("a service of straw", "[.][straw]") {
  if (std::getenv("NOTIFY_SOCKET") == nullptr) return;
  const fs::path here = fs::path(std::getenv("NOTIFY_SOCKET")).parent_path().parent_path();
  std::string what;
  std::ifstream(here / "root/behaviour") >> what;
  say("READY=1");
  if (what == "stuck") say("X_SLUICE_STUCK=loop-1");
  for (;;) {
    if (what == "votes") say("WATCHDOG=1");
    std::this_thread::sleep_for(100ms);
  }
}

TEST_CASE("a service that hangs resets the machine, its part is the reason afterwards; one that votes does not") {
  machine m;
  if (!m.can_run()) SKIP("this program cannot be started from within itself here");
  const auto before = std::chrono::steady_clock::now();
  m.boot("stuck");
  CHECK(m.wait() == bitten);
  CHECK(std::chrono::steady_clock::now() - before < 8s);
  CHECK(m.text("state/reset-reason").starts_with("stuck:loop-1\n"));
  m.boot("silent");
  CHECK(m.wait() == bitten);
  CHECK(m.text("state/boot-history").find(" stuck:loop-1") != std::string::npos);
  CHECK(m.text("state/reset-reason").starts_with("stuck:process\n"));
  m.boot("votes");
  std::this_thread::sleep_for(6s);
  ::kill(m.pid, SIGTERM);
  CHECK(m.wait() == 0);
  CHECK(m.text("state/boot-history").find(" stuck:process") != std::string::npos);
  CHECK(m.text("state/reset-reason").empty());
}
