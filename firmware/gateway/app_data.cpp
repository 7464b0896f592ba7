// What the program keeps in its data directory: opened before the loops start, kept in order while they run, closed after them.
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "firmware/gateway/app.hpp"

namespace sluice::gateway {
namespace {

constexpr std::chrono::milliseconds house_period{5'000}, stop_poll{500};
constexpr std::int64_t upkeep_period_s = 600;

}  // namespace

// Opened here, before the storage thread has work, and closed after its last job: in between only that thread uses it.
std::string app::open_storage(const config::model& m) {
  auto volume = quarantine::volume::open(files_, {.directory = concat(m.data_directory, "/quarantine"),
                                                  .free_floor_bytes = m.data_free_minimum_bytes,
                                                  .as = quarantine::role::owner});
  if (!volume) return concat(m.data_directory, "/quarantine: ", volume.error().message());
  volume_ = std::move(*volume);
  quarantine::open_report report;
  auto store = quarantine::store::open(*volume_, store_limits_of(m), std::time(nullptr), &report);
  if (!store) return concat(m.data_directory, "/quarantine: ", store.error().message(), " ", volume_->last_error());
  store_ = std::move(*store);
  if (report.was_unclean || report.lost > 0)
    log::line(report.lost > 0 ? log::level::error : log::level::warning, "quarantine-recovered")
        .with("leftovers", report.leftovers)
        .with("orphans", report.orphans)
        .with("lost", report.lost)
        .with("requeued", report.requeued);
  shared_->spool_octets.set_limit(m.spool.size_bytes);
  spool_ = std::make_unique<quarantine::spool>(*volume_, shared_->spool_octets, m.spool.message_size_bytes);
  shared_->volume = volume_.get();
  shared_->store = store_.get();
  shared_->spool = spool_.get();
  return {};
}

void app::close_storage() {
  votes_.reset();
  digests_.reset();
  box_.detach();
  live_->use_status(nullptr);
  status_.reset();
  releases_.reset();
  logs_.stop();
  server_.reset();
  save_capabilities(running().data_directory);
  save_baseline_now(true);
  shared_->store = nullptr;
  shared_->spool = nullptr;
  shared_.reset();  // ends the storage thread
  trace_->seal_now();
  trace_->flush();
  spool_.reset();
  store_.reset();
  volume_.reset();
}

// What cannot be read is told and learned anew: a lost baseline makes nothing less safe.
void app::open_baseline(const config::model& m) {
  const std::string lock = concat(m.data_directory, "/baseline.lock");
  if (files_.lock(lock.c_str(), baseline_lock_) != 0) baseline_lock_ = -1;
  learned_ = std::make_unique<baseline_saver>(files_, m.data_directory, std::chrono::duration_cast<std::chrono::seconds>(m.baseline.save_interval).count());
  if (m.baseline.domains == 0 || safe_) return;  // in safe mode the file is neither read nor written
  const baseline_state state = load_baseline(files_, m.data_directory, shared_->learned);
  if (state == baseline_state::damaged || state == baseline_state::unreadable) log::line(log::level::warning, "baseline-lost").with("why", state == baseline_state::damaged ? "damaged" : "cannot be read");
  learned_->started(shared_->learned, std::time(nullptr));
}

void app::save_baseline_now(bool last) {
  if (!learned_ || safe_) return;
  const std::uint64_t before = learned_->written_octets();
  const int error = learned_->run(shared_->learned, std::time(nullptr), last);
  if (error != 0) log::line(log::level::warning, "baseline-not-saved").with("why", std::strerror(error));
  if (learned_->written_octets() != before) log::line(log::level::debug, "baseline-saved").with("octets", static_cast<std::int64_t>(learned_->written_octets() - before));
  if (last && baseline_lock_ >= 0) files_.close(baseline_lock_);
}

void app::load_capabilities(const config::model& m) {
  std::ifstream in(concat(m.data_directory, "/capabilities"));
  shared_->capabilities.load(std::string(std::istreambuf_iterator<char>(in), {}));
  saved_capabilities_ = shared_->capabilities.changes();
}

// Replaced as a whole, so that a power cut leaves the old or the new file.
void app::save_capabilities(const std::string& directory) {
  if (saved_capabilities_ == shared_->capabilities.changes()) return;
  saved_capabilities_ = shared_->capabilities.changes();
  const std::string path = concat(directory, "/capabilities"), next = concat(path, ".new");
  const std::string text = shared_->capabilities.save();
  int fd = -1;
  files_.remove(next.c_str());
  int error = files_.create(next.c_str(), fd);
  if (error == 0) {
    error = files_.write(fd, 0, text.data(), text.size());
    if (error == 0) error = files_.sync(fd);
    files_.close(fd);
    if (error == 0) error = files_.rename(next.c_str(), path.c_str());
  }
  if (error != 0) log::line(log::level::warning, "capabilities-not-saved").with("why", std::strerror(error));
}

net::awaitable<void> app::keep_house() {
  net::timer wait(server_->control_loop().get_executor());
  std::int64_t next_upkeep = 0;
  hal::device_health health;
  hal::volume_space space;
  // A copy: the directory never changes, but the model that names it does, on this loop and not on the storage thread.
  const std::string directory = running().data_directory;
  while (!shared_->stopping) {
    auto work = [&] {
      const std::int64_t now = std::time(nullptr);
      save_capabilities(directory);
      save_baseline_now(false);
      lists_->purge(now);
      privacy_->keep(now);
      if (now >= next_upkeep) {
        const auto done = store_->upkeep(now);
        next_upkeep = done && done->more ? now : now + upkeep_period_s;
      }
      health = machine_->look();
      files_.space_of(directory.c_str(), space);
      const auto held = store_->totals();
      if (held) shared_->held_messages = held->messages;
      held_.look(*store_, now);
    };
    const net::job_ref job(work);
    [[maybe_unused]] const bool ran = co_await shared_->storage.run(server_->control_loop(), job);
    device_ = health;
    machine_->take(health, *shared_, running().memory.sessions);
    data_space_ = space;
    const std::uint64_t written = shared_->counters.get(counter::spilled_octets) + trace_->written();
    if (writes_.passes(std::time(nullptr), written, running().spool.daily_write_alarm_bytes)) {
      shared_->counters.add(counter::daily_write_alarms);
      log::line(log::level::warning, "flash-daily-write").with("bytes", static_cast<std::int64_t>(writes_.today()));
    }
    tell_expiries();
    co_await mail_expiries();
    const auto next = net::clock::now() + house_period;
    while (!shared_->stopping && net::clock::now() < next) {
      wait.expires_after(stop_poll);
      [[maybe_unused]] auto [ec] = co_await wait.async_wait(net::use);
    }
  }
}

}  // namespace sluice::gateway
