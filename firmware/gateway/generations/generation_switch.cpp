// The steps from one generation to another, in an order in which each can be taken back: first what may fail (addresses,
// DNS, the index), then in one turn of the control loop listeners and settings, then what cannot fail.
#include <algorithm>
#include <ctime>

#include "core/log.hpp"
#include "firmware/gateway/budget.hpp"
#include "firmware/gateway/generations/generation_runner.hpp"
#include "firmware/gateway/log_target.hpp"
#include "firmware/gateway/manage/manage.hpp"
#include "firmware/gateway/wiring_auth.hpp"
#include "net/run_on.hpp"
#include "tls/heap.hpp"

namespace sluice::gateway {

namespace {

constexpr net::milliseconds ring_pause{50};  // the storage thread has too much to do: once more after this
constexpr int ring_tries = 100;

// Going back goes on whatever happens: what it needs was kept, and half of the way is no place to stay.
bool may_go_on(const std::string& error, bool back) {
  if (error.empty()) return true;
  if (back) log::line(log::level::error, "generation-rollback").with("why", error);
  return back;
}

}  // namespace

net::awaitable<std::string> generation_runner::enter(const live_generation& to, const live_generation& from, bool back) {
  std::string error = open_log(to.model);
  bool good = may_go_on(error, back);
  if (good && status_ != nullptr) good = may_go_on(error = status_->add_address(to.model.status.listen), back);
  if (good) {
    error = co_await change_authentication(to.model, from.model);
    good = may_go_on(error, back);
  }
  if (good) {
    error = co_await change_storage(to.model);
    good = may_go_on(error, back);
  }
  if (good) good = may_go_on(error = parts_.server.change_listeners(to.settings->listeners), back);
  if (!good) {
    std::string ignored = co_await change_authentication(from.model, to.model);
    ignored = co_await change_storage(from.model);
    ignored = open_log(from.model);
    if (status_ != nullptr) status_->settle(from.model);
    co_return error;
  }
  parts_.server.apply(to.settings, from.settings.get());
  set_gauges(to.model);
  if (parts_.also) parts_.also(to.model);
  parts_.learned.set_interval(std::chrono::duration_cast<std::chrono::seconds>(to.model.baseline.save_interval).count());
  if (status_ != nullptr) {
    status_->reconfigure(to.model, from.model);
    if (to.https) status_->use_certificates(to.https);
  }
  co_return std::string();
}

// Loop by loop, so that c-ares' memory is needed for one at a time only.
net::awaitable<std::string> generation_runner::change_authentication(const config::model& to, const config::model& from) {
  const bool same_machine = to.network_of_machine == from.network_of_machine;  // its resolvers may be others
  if (to.dns == from.dns && to.auth.enabled == from.auth.enabled && (same_machine || !to.dns.servers.empty())) co_return std::string();
  const net::auth_service_options options = auth_service_of(to);
  const std::uint64_t needed = compute_budget(to).dns_heap_bytes;
  parts_.dns_heap.set_limit(std::max(parts_.dns_heap.limit(), needed));
  std::string error;
  for (const auto& w : parts_.server.workers()) {
    auto work = [&] { error = w->change_authentication(options); };
    const net::job_ref job(work);
    co_await net::run_on(w->loop(), parts_.server.control_loop(), job);
    if (!error.empty()) break;
  }
  co_return error;
}

net::awaitable<std::string> generation_runner::change_storage(const config::model& to) {
  std::string error;
  auto work = [&] {
    if (parts_.shared.store != nullptr && !parts_.shared.store->set_limits(store_limits_of(to))) error = "quarantine: " + parts_.shared.volume->last_error();
    if (parts_.shared.spool != nullptr) parts_.shared.spool->set_message_bytes_max(to.spool.message_size_bytes);
  };
  const net::job_ref job(work);
  bool ran = co_await parts_.shared.storage.run(parts_.server.control_loop(), job);
  net::timer wait(parts_.server.control_loop().get_executor());
  for (int i = 0; !ran && i < ring_tries; ++i) {
    wait.expires_after(ring_pause);
    [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
    ran = co_await parts_.shared.storage.run(parts_.server.control_loop(), job);
  }
  co_return ran ? error : "the storage thread has too much to do";
}

void generation_runner::set_gauges(const config::model& to) {
  const budget sums = compute_budget(to);
  net::shared& all = parts_.shared;
  all.slots.set_limit(std::min(to.memory.sessions, reserved_sessions_));
  all.relay_tls.set_limit(to.memory.relay_tls_sessions);
  all.spool_octets.set_limit(to.spool.size_bytes);
  all.clients.set_limits(client_limits_of(to));
  tls::heap::set_limit(sums.tls_heap_bytes);
  parts_.dns_heap.set_limit(sums.dns_heap_bytes);
}

}  // namespace sluice::gateway
