#include "firmware/gateway/health/test_hooks.hpp"

#ifdef SLUICE_TEST_HOOKS
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <csignal>
#include <fstream>

namespace sluice::gateway {
namespace {

constexpr std::chrono::milliseconds look_period{100};
std::atomic<int> asked = 0;  // set by a signal on any thread

[[noreturn]] void stand_still() {
  for (;;) ::pause();
}

}  // namespace

net::awaitable<void> obey_test_hooks(net::server& server, net::shared& shared, std::string data_directory) {
  std::signal(SIGUSR2, [](int) { asked.store(1, std::memory_order_relaxed); });
  net::timer wait(server.control_loop().get_executor());
  while (asked == 0) {
    if (shared.stopping) co_return;
    wait.expires_after(look_period);
    [[maybe_unused]] auto [ec] = co_await wait.async_wait(net::use);
  }
  std::string what;
  std::ifstream(data_directory + "/test-hook") >> what;
  if (what == "process") ::kill(::getpid(), SIGSTOP);
  if (what == "storage") {
    auto work = [] { stand_still(); };
    const net::job_ref job(work);
    [[maybe_unused]] const bool ran = co_await shared.storage.run(server.control_loop(), job);
    co_return;
  }
  net::asio::post(server.workers().back()->loop(), [] { stand_still(); });
}

}  // namespace sluice::gateway
#endif
