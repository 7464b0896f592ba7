#include "firmware/gateway/generations/generation_runner.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "firmware/gateway/generations/live_fit.hpp"
#include "firmware/gateway/log_setup.hpp"
#include "firmware/gateway/manage/manage.hpp"

namespace sluice::gateway {
namespace {

constexpr net::milliseconds know_hosts_within{3'000};  // new mail servers are asked what they offer before they get mail
constexpr net::milliseconds look_period{500};          // at whether test mails are due, or another run of them is over

constexpr net::milliseconds prepared_life{60'000};     // of what was built for a configuration that is only checked

std::string sessions_text(std::uint32_t n) { return concat(std::to_string(n), (n == 1 ? " session" : " sessions")); }

}  // namespace

std::shared_ptr<tls::ticket_keys> make_tickets(const config::model& m) {
  const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(m.tls.ticket_lifetime).count();
  if (lifetime <= 0) return nullptr;
  auto keys = tls::make_ticket_keys(static_cast<std::uint32_t>(lifetime));
  return keys ? *keys : nullptr;
}

bool build_generation(hal::files& files, const config::model& m, std::shared_ptr<tls::ticket_keys> tickets,
                      live_generation& out, std::string& error, const rules_in_force* now) {
  error = check_log(m);
  if (!error.empty()) return false;
  out.model = m;
  out.tickets = std::move(tickets);
  generation_parts parts{out.number, nullptr, load_rules(files, m, error, now)};
  if (parts.rules) parts.tls = make_tls_context(files, m, out.tickets, error);
  if (parts.tls) out.settings = make_settings(m, parts, error);
  if (out.settings && m.status.listen.is_set()) {
    out.https = make_https_context(m, parts.tls, out.tickets, error);
    if (!out.https) return false;
  }
  return out.settings != nullptr;
}

generation_runner::generation_runner(runner_parts parts, live_generation first)
    : parts_(std::move(parts)), reserved_sessions_(first.model.memory.sessions), running_(std::move(first)), tests_(parts_.server), built_(running_.settings->generation) {}

generation_runner::~generation_runner() = default;

// Empty when there is room for a second generation.
std::string generation_runner::busy() {
  std::erase_if(former_, [](const former& f) { return f.settings.expired(); });
  if (kept_) return concat("generation ", std::to_string(running_.number), " is not confirmed yet");
  for (const former& f : former_) {
    const auto s = f.settings.lock();
    if (!s) continue;
    const std::uint32_t n = s->sessions.load(std::memory_order_relaxed);
    return concat("generation ", std::to_string(f.number), " still has ", sessions_text(n),
           " (at most two generations are alive); try again when they have ended, at the latest after deadline.session");
  }
  return {};
}

// On the storage thread: reads files, and computes for a while.
net::awaitable<std::string> generation_runner::build(const config::model& next, live_generation& out) {
  std::string error;
  out.number = ++built_;
  auto tickets = next.tls.ticket_lifetime == running_.model.tls.ticket_lifetime ? running_.tickets : make_tickets(next);
  const rules_in_force now{running_.settings->rules, running_.settings->policy, parts_.past};
  auto work = [&] {
    if (!build_generation(parts_.files, next, std::move(tickets), out, error, &now) && error.empty()) error = "it cannot be built";
  };
  const net::job_ref job(work);
  const bool ran = co_await parts_.shared.storage.run(parts_.server.control_loop(), job);
  co_return ran ? error : "the storage thread has too much to do";
}

std::string generation_runner::addresses_problem(const config::model& next) const {
  std::vector<net::listener_settings> wanted;
  if (prepared_) wanted = prepared_->settings->listeners;
  std::string error = parts_.server.listeners().try_addresses(wanted);
  if (error.empty() && status_ != nullptr) error = status_->try_address(next.status.listen);
  return error;
}

net::awaitable<fit> generation_runner::fits_beside(const config::model& next) {
  fit out;
  bool no_room = false;
  prepared_.reset();
  out.busy = busy();
  if (!out.busy.empty()) co_return out;
  out.at_start = restart_problems(running_.model, next, reserved_sessions_);
  for (config::problem& p : memory_problems(running_.model, next)) {
    out.at_start.push_back(std::move(p));
    no_room = true;
  }
  if (no_room) co_return out;  // its own sum was looked at before
  auto made = std::make_unique<live_generation>();
  std::string error = co_await build(next, *made);
  if (!error.empty()) {
    out.problems.push_back({{}, "", error, "", false});
    co_return out;
  }
  prepared_ = std::move(made);
  prepared_at_ = net::clock::now();
  error = addresses_problem(next);
  if (!error.empty()) {
    prepared_.reset();
    out.problems.push_back({{}, "listener", error, "free the address, or take another one", false});
  }
  co_return out;
}

net::awaitable<std::string> generation_runner::apply(const config::model& next, std::uint64_t generation) {
  if (parts_.shared.stopping) co_return std::string("the program is stopping");  // an address taken now would keep it alive
  if (kept_ && generation == kept_->number && next == kept_->model) co_return co_await go_back();
  if (std::string why = busy(); !why.empty()) co_return why;
  auto made = std::move(prepared_);
  if (!made || made->model != next) {
    made = nullptr;
    fit possible = co_await fits_beside(next);
    if (!possible.busy.empty()) co_return possible.busy;
    possible.problems.insert(possible.problems.end(), possible.at_start.begin(), possible.at_start.end());
    if (!possible.problems.empty()) co_return concat(possible.problems.front().key, (possible.problems.front().key.empty() ? "" : ": "), possible.problems.front().what);
    made = std::move(prepared_);
  }
  made->number = generation;
  co_await parts_.server.get_to_know(made->settings, know_hosts_within);
  std::string error = co_await enter(*made, running_, false);
  if (!error.empty()) {
    parts_.server.apply(running_.settings);
    co_return error;
  }
  kept_ = std::make_unique<live_generation>(std::move(running_));
  running_ = std::move(*made);
  const std::uint64_t before = kept_->number;
  log::line(log::level::info, "generation-applied").with("generation", static_cast<std::int64_t>(generation)).with("before", static_cast<std::int64_t>(before));
  co_return std::string();
}

net::awaitable<std::string> generation_runner::go_back() {
  const std::unique_ptr<live_generation> back = std::move(kept_);
  co_await enter(*back, running_, true);
  former_.push_back({running_.number, running_.settings});
  log::line(log::level::warning, "generation-rolled-back").with("generation", static_cast<std::int64_t>(running_.number)).with("to", static_cast<std::int64_t>(back->number));
  running_ = std::move(*back);
  settled();
  co_return std::string();
}

net::awaitable<std::optional<test_report>> generation_runner::send_test_mails() {
  const std::shared_ptr<const net::settings> before = kept_ ? kept_->settings : nullptr;
  const config::model m = running_.model;
  co_return co_await tests_.run(running_.settings, m, running_.number, before);
}

net::awaitable<proof> generation_runner::prove() {
  net::timer wait(parts_.server.control_loop().get_executor());
  proof out;
  for (;;) {
    const std::optional<test_report> r = co_await send_test_mails();
    if (r) {
      out.good = !r->to_blame;
      out.text = r->text;
      co_return out;
    }
    wait.expires_after(look_period);  // a run that was asked for before ends first
    [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
    if (parts_.shared.stopping) co_return out;
  }
}

net::awaitable<void> generation_runner::send_them_regularly() {
  net::timer wait(parts_.server.control_loop().get_executor());
  auto last = net::clock::now();
  while (!parts_.shared.stopping) {
    wait.expires_after(look_period);
    [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
    if (prepared_ && net::clock::now() - prepared_at_ > prepared_life) prepared_.reset();
    const net::milliseconds every = running_.model.probe.interval;
    if (every.count() == 0 || net::clock::now() - last < every) continue;
    last = net::clock::now();
    if (running_.settings->listeners.empty()) continue;  // a box without a configuration: there is no way to test
    [[maybe_unused]] const std::optional<test_report> r = co_await send_test_mails();
  }
}

void generation_runner::restart() { parts_.restart(); }

void generation_runner::settled() {
  prepared_.reset();
  if (kept_) former_.push_back({kept_->number, kept_->settings});
  kept_.reset();
  parts_.server.listeners().settle();
  parts_.server.apply(running_.settings);  // mail servers that only the other generation knew are forgotten
  if (status_ != nullptr) status_->settle(running_.model);
  for (const auto& w : parts_.server.workers()) {
    net::worker* const one = w.get();
    net::asio::post(one->loop(), [one] { one->release_authentication(); });
  }
}

}  // namespace sluice::gateway
