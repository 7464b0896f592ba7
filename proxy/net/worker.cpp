#include "net/worker.hpp"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "core/log.hpp"
#include "net/mail_session.hpp"

namespace sluice::net {
namespace {

constexpr milliseconds last_words{2'000};  // after the grace: for the 421 of those that are still in a transaction
constexpr std::size_t spare_inspectors = 8;  // per loop: no heap call per message as long as so many are enough

}  // namespace

worker::worker(shared& all) : all_(all), scratch_(std::make_unique<tls::loop_scratch>()) {
  scratch_->turns.bind(all.handshakes_per_turn, all.counters);
  asio::co_spawn(loop_, tick(), asio::detached);
}

worker::~worker() = default;

std::string worker::start_authentication(const auth_service_options& options) {
  std::string error;
  auth_ = std::make_unique<auth_service>(loop_, options, auth_figures_);
  if (!auth_->open(error)) auth_.reset();
  auth_on_ = auth_ != nullptr;
  return error;
}

std::string worker::change_authentication(const auth_service_options& options) {
  std::string error;
  if (!options.enabled) {
    auth_kept_ = auth_ != nullptr;
    auth_on_ = false;
    return error;
  }
  if (!auth_) return start_authentication(options);
  if (!auth_->change_dns(options.dns, error)) return error;
  auth_on_ = true;
  return error;
}

void worker::run() { loop_.run(); }

void worker::adopt(int socket, int family, std::shared_ptr<const settings> rules, std::size_t listener,
                   client_table::key client, asio::ip::tcp::endpoint peer, bool probe) {
  session_count_.fetch_add(1, std::memory_order_relaxed);
  asio::post(loop_, [this, socket, family, rules = std::move(rules), listener, client, peer, probe]() mutable {
    tcp_socket s(loop_.get_executor());
    error_code ec;
    s.assign(family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), socket, ec);
    if (ec) ::close(socket);
    start(std::make_unique<mail_session>(*this, std::move(s), std::move(rules), listener, client, peer, probe));
  });
}

void worker::start(std::unique_ptr<mail_session> session) {
  mail_session* raw = session.get();
  sessions_.push_back(std::move(session));
  auto work = raw->run();
  asio::co_spawn(loop_, std::move(work), [this, raw](std::exception_ptr error) {
    if (error) {
      // A bug of ours ends one connection; the client still owns what it had no 250 for.
      all_.counters.add(counter::internal_errors);
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& e) {
        log::line(log::level::error, "session-exception").with("what", e.what());
      } catch (...) {
        log::line(log::level::error, "session-exception");
      }
    }
    finished(raw);
  });
  if (stopping_) raw->ask_to_end(smtp::cause::shutting_down);
}

void worker::finished(mail_session* session) {
  all_.clients.leave(session->client());
  (session->is_probe() ? all_.probe_slots : all_.slots).give_back(1);
  session_count_.fetch_sub(1, std::memory_order_relaxed);
  sessions_.remove_if([session](const auto& s) { return s.get() == session; });
  finish_if_idle();
}

void worker::evict_one() {
  asio::post(loop_, [this] {
    const clock::time_point now = clock::now();
    mail_session* victim = nullptr;
    auto best = mail_session::claim::firm;
    for (const auto& s : sessions_) {
      const auto claim = s->claim_on_slot(now);
      if (claim == mail_session::claim::firm || claim < best) continue;
      if (claim == best && s->waits_since() >= victim->waits_since()) continue;
      victim = s.get();
      best = claim;
    }
    if (victim == nullptr) return;
    all_.counters.add(counter::sessions_evicted);
    victim->ask_to_end(smtp::cause::slot_reclaimed);
  });
}

void worker::stop(milliseconds grace) {
  asio::post(loop_, [this, grace] {
    stopping_ = true;
    stop_at_ = std::min(stop_at_, clock::now() + grace);
    for (const auto& s : sessions_) s->ask_to_end(smtp::cause::shutting_down);
    pool_.clear();
    finish_if_idle();
  });
}

void worker::die() { loop_.stop(); }

void worker::finish_if_idle() {
  if (!stopping_ || !sessions_.empty() || quitting_ != 0) return;
  keep_.reset();
  if (auth_) auth_->close();
}

awaitable<void> worker::tick() {
  timer wait(loop_.get_executor());
  while (!stopping_ || !sessions_.empty() || quitting_ > 0) {
    const auto due = clock::now() + deadline_tick;
    wait.expires_at(due);
    [[maybe_unused]] auto [ec] = co_await wait.async_wait(use);
    const auto now = clock::now();
    lag_.store(std::chrono::duration_cast<milliseconds>(now - due).count(), std::memory_order_relaxed);
    beats_.fetch_add(1, std::memory_order_relaxed);
    for (deadline& d : deadlines_) d.check(now);
    if (auth_) auth_->publish();
    const bool pressure = all_.under_pressure();
    for (const auto& s : sessions_) s->look_at_clock(now, pressure);
    const auto current = all_.current();
    if (current) drop_leftovers(*current);
    if (current)
      while (auto old = pool_.take_expired(now, *current, all_.host_connections)) retire(std::move(old));
    if (stopping_ && all_.in_a_hurry.load(std::memory_order_relaxed)) stop_at_ = std::min(stop_at_, now);
    if (stopping_ && now >= stop_at_)
      for (const auto& s : sessions_) now < stop_at_ + last_words ? s->end_grace() : s->kill();
    finish_if_idle();
  }
}

// What a former generation would be kept alive by although nobody uses it.
void worker::drop_leftovers(const settings& current) {
  std::erase_if(inspectors_, [&current](const inspector_lease& l) { return l.rules.get() != &current; });
  if (auth_ && !auth_on_ && !auth_kept_ && !auth_->in_use()) {
    auth_->close();
    asio::post(loop_, [gone = std::move(auth_)] {});  // handlers of its timers may be on their way
  }
}

void worker::retire(std::unique_ptr<downstream> connection) {
  ++quitting_;
  asio::co_spawn(loop_, end_politely(std::move(connection)), [this](std::exception_ptr) {
    --quitting_;
    finish_if_idle();
  });
}

awaitable<void> worker::end_politely(std::unique_ptr<downstream> connection) {
  deadline until;
  watch(until);
  connection->use_deadline(until);
  co_await connection->quit();
  connection.reset();
}

inspector_lease worker::take_inspector(const std::shared_ptr<const settings>& rules) {
  while (!inspectors_.empty()) {
    inspector_lease out = std::move(inspectors_.back());
    inspectors_.pop_back();
    if (out.rules == rules) return out;  // one of a former generation is dropped
  }
  const inspect::own_names own{.authserv_id = rules->authserv_id, .hostname = rules->hostname};
  return {rules, std::make_unique<inspect::message_inspector>(*rules->rules, own, charsets_)};
}

void worker::give_inspector(inspector_lease lease) {
  if (inspectors_.size() < spare_inspectors) inspectors_.push_back(std::move(lease));
}

}  // namespace sluice::net
