#include "firmware/gateway/health/machine_watch.hpp"

#include <cstdlib>

#include "core/log.hpp"
#include "core/wall_clock.hpp"
#include "hal/linux/entropy.hpp"

namespace sluice::gateway {
namespace {

constexpr std::chrono::milliseconds entropy_wait{120'000};

// Of the supervisor, which knows the time that was saved before this start.
std::int64_t clock_floor() {
  const char* const text = std::getenv("SLUICE_CLOCK_FLOOR");
  return text == nullptr ? 0 : std::strtoll(text, nullptr, 10);
}

}  // namespace

machine_watch::machine_watch(const std::string& data_directory) : clock_(clock_floor()), device_("", data_directory, clock_floor()) {}

bool machine_watch::wait_for_entropy() {
  hal::linux_entropy source;
  if (source.is_ready()) return true;
  log::line(log::level::warning, "entropy-wait");
  return source.wait(entropy_wait);
}

void machine_watch::judge_clock() { clock_is(hal::judge_clock(clock_.look())); }

void machine_watch::clock_is(hal::clock_state s) {
  const bool good = hal::is_trusted(s);
  if (good != wall_clock::is_trusted() || (!good && !clock_told_)) log::line(good ? log::level::info : log::level::warning, good ? "clock-trusted" : "clock-not-trusted").with("clock", hal::name_of(s));
  clock_told_ = true;
  wall_clock::trust(good);
}

void machine_watch::take(const hal::device_health& seen, net::shared& all, std::uint64_t sessions) {
  if (seen.clock) clock_is(*seen.clock);
  const hal::heat before = heat_.now(), now = heat_.judge(seen.celsius);
  const std::uint64_t allowed = std::max<std::uint64_t>(1, sessions * heat_.sessions_percent() / 100);
  if (now != before)
    log::line(now == hal::heat::fine ? log::level::info : log::level::warning, "temperature").with("celsius", static_cast<std::int64_t>(seen.celsius.value_or(0))).with("sessions", static_cast<std::int64_t>(allowed));
  // Again with each look while it is hot: a generation that was applied meanwhile has set its own.
  if (now != hal::heat::fine || slowed_) all.slots.set_limit(allowed);
  slowed_ = now != hal::heat::fine;
  if (seen.data_volume.read_only && !was_read_only_) log::line(log::level::error, "data-read-only").with("device", seen.data_volume.device);
  was_read_only_ = seen.data_volume.read_only;
}

}  // namespace sluice::gateway
