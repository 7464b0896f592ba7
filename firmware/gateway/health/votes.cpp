#include "firmware/gateway/health/votes.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <map>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "firmware/gateway/generations/keeper_pulse.hpp"

namespace sluice::gateway {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds default_period{10'000}, dns_period{60'000}, config_period{900'000}, door_look{500};
constexpr int storage_periods = 3;

bool is_waiting(int descriptor) {
  pollfd p{descriptor, POLLIN, 0};
  return ::poll(&p, 1, 0) > 0 && (p.revents & POLLIN) != 0;
}

// With none left nothing can be accepted, and that is nobody's standing still.
bool has_descriptors() {
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

// Changes whenever something happens to questions; while none is open it changes by itself.
std::uint64_t dns_moves(const net::worker& w, std::uint64_t& idle) {
  const net::auth_figures& f = w.authentication_figures();
  if (f.in_flight == 0) return ++idle;
  return (f.questions + f.timeouts + f.failures + f.cache_misses) * 4096 + f.in_flight % 4096 + (std::uint64_t{1} << 63);
}

}  // namespace

votes::votes(net::server& server, net::shared& shared) : server_(server), shared_(shared) {
  period_ = manager_.vote_period().count() > 0 ? manager_.vote_period() : default_period;
  std::size_t number = 0;
  for (const auto& w : server_.workers()) {
    net::worker* const loop = w.get();
    const std::string suffix = std::to_string(number++);
    parts_.add(concat("loop-", suffix), period_, [loop] { return loop->beats(); });
    parts_.add(concat("dns-", suffix), std::max(dns_period, period_), [loop, idle = std::uint64_t{0}]() mutable { return dns_moves(*loop, idle); });
  }
  // A job that takes long is one that does not end: the thread itself has no turn to count.
  parts_.add("storage", milliseconds{0}, [this, turn = std::uint64_t{0}]() mutable {
    if (shared_.storage.busy_for() < storage_periods * period_) ++turn;
    return turn;
  });
  // It runs on the control loop and beats less often: where that loop stands still, the loop shall be named and not what it carries.
  parts_.add("accept", period_ + door_look + look_period(), [this] { return doors_.beats(); });
  parts_.add("config", std::max(config_period, period_), [] { return keeper_pulse().beats(); });
}

votes::~votes() {
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void votes::start() {
  auto doors = watch_doors();
  net::asio::co_spawn(server_.control_loop(), std::move(doors), net::asio::detached);
  thread_ = std::thread([this] { watch(); });
}

milliseconds votes::look_period() const { return std::min<milliseconds>(period_ / 4, milliseconds(1'000)); }

void votes::stopping() { stopping_ = true; }

void votes::watch() {
  std::string told;
  std::unique_lock lock(mutex_);
  while (!end_) {
    wake_.wait_for(lock, look_period());
    if (end_) break;
    const std::string silent = stopping_ ? std::string() : parts_.look(std::chrono::steady_clock::now());
    if (silent != told) {
      if (!silent.empty()) log::line(log::level::error, "part-stuck").with("part", silent);
      else log::line(log::level::warning, "part-recovered").with("part", told);
      told = silent;
    }
    if (manager_.vote_period().count() > 0) manager_.say(silent.empty() ? "WATCHDOG=1" : concat("X_SLUICE_STUCK=", silent));
  }
}

net::awaitable<void> votes::watch_doors() {
  net::timer wait(server_.control_loop().get_executor());
  std::map<int, std::uint64_t> waited;  // by descriptor: connections that had been taken when one was seen waiting
  while (!shared_.stopping) {
    const std::uint64_t taken = shared_.counters.get(counter::connections);
    bool stands = false;
    std::map<int, std::uint64_t> waits;
    for (const auto& d : server_.listeners().doors()) {
      if (!d->open || !is_waiting(d->acceptor.native_handle())) continue;
      const auto before = waited.find(d->acceptor.native_handle());
      stands = stands || (before != waited.end() && before->second == taken);
      waits[d->acceptor.native_handle()] = taken;
    }
    waited = std::move(waits);
    if (!stands || !has_descriptors()) doors_.beat();
    wait.expires_after(door_look);
    [[maybe_unused]] auto [ec] = co_await wait.async_wait(net::use);
  }
}

}  // namespace sluice::gateway
