#include "firmware/gateway/system/appliance.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <algorithm>
#include <cstring>
#include <ctime>

#include "core/log.hpp"

namespace sluice::gateway {
namespace {

constexpr std::chrono::milliseconds facts_life{1'000}, note_period{5'000}, step{500};

}  // namespace

void appliance::attach(net::server& server, generation_runner& live) {
  server_ = &server;
  live_ = &live;
  box_.heed(server.workers().front()->all().stopping);
  net::worker& home = *server.workers().front();
  network_.attach(home, live);
  memory_ = std::make_unique<uplink_memory>(files_, live.running().model.data_directory);
  trial_ = std::make_unique<slot_trial>(home, box_, live, *memory_);
  update_parts parts{home, files_, box_, [this] { return live_->running().model.update; }, nullptr, nullptr};
  parts.audit = [this](status::web_request q, std::string what, unsigned status) -> net::awaitable<void> {
    if (audit_) co_await audit_(std::move(q), std::move(what), status);
  };
  parts.reboot = [this]() -> net::awaitable<void> {
    std::string reason = "update";
    const supervisor_answer a = co_await reboot(std::move(reason));
    if (!a.good) log::line(log::level::error, "reboot-refused").with("why", a.text);
  };
  updates_ = std::make_unique<update_desk>(std::move(parts));
  updates_->clear_leftovers();
}

bool appliance::reaches_downstream() const {
  const auto hosts = server_->workers().front()->all().capabilities.snapshot();
  return std::ranges::any_of(hosts, [](const relay::host_record& h) { return h.state == relay::host_state::up; });
}

net::awaitable<void> appliance::note(bool at_once) {
  if (!trial_->may_note() || live_->running().model.routes.empty()) co_return;
  const bool reached = reaches_downstream();
  int error = 0;
  auto work = [&] { error = memory_->look(reached, std::time(nullptr), at_once); };
  const net::job_ref job(work);
  net::worker& home = *server_->workers().front();
  [[maybe_unused]] const bool ran = co_await home.all().storage.run(home.loop(), job);
  if (error != 0) log::line(log::level::warning, "uplink-not-noted").with("why", std::strerror(error));
}

net::awaitable<void> appliance::run() {
  if (!is_one()) co_return;
  net::worker& home = *server_->workers().front();
  auto trial = trial_->run();
  net::asio::co_spawn(home.loop(), std::move(trial), net::asio::detached);
  net::timer wait(home.loop().get_executor());
  while (!home.all().stopping) {
    co_await note(false);
    for (const auto until = net::clock::now() + note_period; net::clock::now() < until && !home.all().stopping;) {
      wait.expires_after(step);
      [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
    }
  }
}

void appliance::detach() { audit_ = nullptr; }

net::awaitable<supervisor_answer> appliance::ask(std::string verb, named_values values) {
  supervisor_answer a = co_await box_.ask(server_->workers().front()->loop(), std::move(verb), std::move(values));
  facts_.reset();
  co_return a;
}

net::awaitable<supervisor_answer> appliance::facts() {
  if (facts_ && net::clock::now() - facts_at_ < facts_life) co_return *facts_;
  std::string verb = "status";
  named_values none;
  supervisor_answer a = co_await box_.ask(server_->workers().front()->loop(), std::move(verb), std::move(none));
  facts_ = a;
  facts_at_ = net::clock::now();
  co_return a;
}

net::awaitable<supervisor_answer> appliance::reboot(std::string reason) {
  co_await note(true);
  std::string verb = "reboot";
  named_values values{{"reason", std::move(reason)}};
  supervisor_answer a = co_await ask(std::move(verb), std::move(values));
  co_return a;
}

net::awaitable<supervisor_answer> appliance::mark(bool good, std::string reason) {
  std::string verb = good ? "mark-good" : "mark-bad";
  named_values values;
  if (!good) values.emplace_back("reason", std::move(reason));
  supervisor_answer a = co_await ask(std::move(verb), std::move(values));
  if (a.good) trial_->marked_by_hand(good);
  co_return a;
}

net::awaitable<supervisor_answer> appliance::leave_safe_mode() {
  std::string verb = "safe-mode leave";
  named_values none;
  supervisor_answer a = co_await ask(std::move(verb), std::move(none));
  co_return a;
}

net::awaitable<supervisor_answer> appliance::factory_reset() {
  std::string verb = "factory-reset";
  named_values none;
  supervisor_answer a = co_await ask(std::move(verb), std::move(none));
  co_return a;
}

}  // namespace sluice::gateway
