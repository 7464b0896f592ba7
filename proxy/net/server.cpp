#include "net/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <ctime>

#include "core/log.hpp"

namespace sluice::net {
namespace {

constexpr milliseconds accept_pause{100};  // after EMFILE and the like
constexpr milliseconds first_probe_retry{1'000}, know_poll{20};

std::vector<std::unique_ptr<worker>> make_workers(shared& all, unsigned n) {
  std::vector<std::unique_ptr<worker>> out;
  for (unsigned i = 0; i < std::max(n, 1u); ++i) out.push_back(std::make_unique<worker>(all));
  return out;
}

}  // namespace

server::server(shared& all, unsigned workers) : all_(all), workers_(make_workers(all, workers)), doors_(control_loop().get_executor()) {}

server::~server() = default;

std::string server::listen(const std::vector<listener_settings>& listeners) {
  listener_set::door_list opened;
  return doors_.change(listeners, opened);
}

std::string server::change_listeners(const std::vector<listener_settings>& wanted) {
  listener_set::door_list opened;
  std::string error = doors_.change(wanted, opened);
  for (const auto& d : opened) {
    auto work = accept(d);
    asio::co_spawn(control_loop(), std::move(work), asio::detached);
  }
  return error;
}

std::vector<std::uint16_t> server::ports() const {
  std::vector<std::uint16_t> out;
  for (const auto& d : doors_.doors()) out.push_back(d->acceptor.local_endpoint().port());
  return out;
}

void server::know_hosts(const settings& one, const settings* other) {
  std::vector<std::string> hosts;
  for (const settings* s : {&one, other}) {
    if (s == nullptr) continue;
    for (const route_settings& r : s->routes)
      for (const host_settings& h : r.hosts) hosts.push_back(key_of(h));
  }
  all_.capabilities.set_hosts(hosts);
}

void server::apply(std::shared_ptr<const settings> next, const settings* also) {
  know_hosts(*next, also);
  all_.pressure_percent = next->deadline.pressure_percent;
  all_.handshakes_per_turn = next->limit.handshakes_per_turn;
  all_.apply(std::move(next));
  asio::post(control_loop(), [this] {
    if (probe_timer_) probe_timer_->cancel();
  });
}

void server::start() {
  for (const auto& d : doors_.doors()) asio::co_spawn(control_loop(), accept(d), asio::detached);
  asio::co_spawn(control_loop(), probe_routes(), asio::detached);
  for (auto& w : workers_) threads_.emplace_back([&w] { w->run(); });
}

void server::stop(milliseconds grace) {
  all_.stopping = true;
  asio::post(control_loop(), [this, grace] {
    stopping_ = true;
    doors_.close();
    if (probe_timer_) probe_timer_->cancel();
    for (auto& w : workers_) w->stop(grace);
  });
}

void server::join() {
  for (std::thread& t : threads_) t.join();
  threads_.clear();
}

awaitable<void> server::accept(std::shared_ptr<door> at) {
  const std::uint32_t time = at->times_opened;
  while (at->open && at->times_opened == time) {
    auto [ec, socket] = co_await at->acceptor.async_accept(control_loop().get_executor(), use);
    if (stopping_ || ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) co_return;
    if (!ec) {
      admit(std::move(socket), *at);
      continue;
    }
    if (!at->open || at->times_opened != time) co_return;  // it was parked meanwhile
    // Out of descriptors or memory in the kernel: accepting again at once would only spin.
    log::line(log::level::warning, "accept-failed").with("why", ec.message());
    timer wait(control_loop().get_executor());
    wait.expires_after(accept_pause);
    [[maybe_unused]] auto [ignored] = co_await wait.async_wait(use);
  }
}

void server::admit(tcp_socket socket, const door& from) {
  error_code ec;
  const auto peer = socket.remote_endpoint(ec);
  if (ec) return;
  const auto rules = all_.current();
  std::size_t listener = 0;
  while (listener < rules->listeners.size() && asio::ip::tcp::endpoint(rules->listeners[listener].address, rules->listeners[listener].port) != from.at) ++listener;
  if (listener == rules->listeners.size()) return;  // it came in while this listener was removed
  if (all_.probes.take(peer)) {
    if (all_.probe_slots.try_take(1)) adopt(std::move(socket), rules, listener, {}, true);
    return;
  }
  const listener_settings& at = rules->listeners[listener];
  all_.counters.add(counter::connections);
  const client_table::key client = client_table::key_of(peer.address());
  const bool proxied = at.proxy_protocol;
  if (proxied && !at.proxy_from.contains(peer.address())) {
    all_.counters.add(counter::connections_refused);
    return;  // PROXY headers count from configured addresses only; nobody else may speak here
  }
  if (!all_.slots.try_take(1)) {
    all_.counters.add(counter::connections_refused);
    make_room();
    refuse(socket, smtp::cause::no_slot, peer.address());
    return;
  }
  const bool exempt = proxied || rules->exempt_clients.contains(peer.address());
  const auto granted = exempt ? client_table::admission::granted : all_.clients.enter(client, clock::now());
  if (granted != client_table::admission::granted) {
    all_.slots.give_back(1);
    all_.counters.add(counter::connections_refused);
    refuse(socket, granted == client_table::admission::too_many_connections ? smtp::cause::too_many_connections
                   : granted == client_table::admission::too_many_invalid   ? smtp::cause::too_many_bad_recipients
                   : granted == client_table::admission::table_full         ? smtp::cause::no_slot
                                                                            : smtp::cause::rate_limited,
           peer.address());
    return;
  }
  if (all_.under_pressure()) make_room();
  adopt(std::move(socket), rules, listener, exempt ? client_table::key{} : client, false);
}

// To the loop with the fewest sessions; slot and client's place are taken.
void server::adopt(tcp_socket socket, std::shared_ptr<const settings> rules, std::size_t listener, client_table::key client,
                   bool probe) {
  error_code ec;
  const int bytes = static_cast<int>(rules->limit.socket_buffer_bytes);
  socket.set_option(asio::socket_base::receive_buffer_size(bytes), ec);
  socket.set_option(asio::socket_base::send_buffer_size(bytes), ec);
  worker* least = workers_[next_worker_++ % workers_.size()].get();
  for (auto& w : workers_)
    if (w->sessions() < least->sessions()) least = w.get();
  const auto peer = socket.remote_endpoint(ec);
  const int family = peer.address().is_v6() ? AF_INET6 : AF_INET;
  const int handle = ec ? -1 : socket.release(ec);
  if (ec) {
    (probe ? all_.probe_slots : all_.slots).give_back(1);
    if (client != client_table::key{}) all_.clients.leave(client);
    return;
  }
  least->adopt(handle, family, std::move(rules), listener, client, peer, probe);
}

// The only reply that is sent without a session: short, and never waited for.
void server::refuse(tcp_socket& socket, smtp::cause why, const asio::ip::address& client) {
  if (all_.events != nullptr) {
    const std::string ip = client.to_string();
    refusal_event e;
    e.what = refusal::connection;
    e.cause = smtp::name_of(why);
    e.client_ip = ip;
    e.reply_code = smtp::reply_of(why).code;
    e.reply_text = smtp::reply_of(why).text;
    e.unix_seconds = std::time(nullptr);
    all_.events->on_refusal(e);
  }
  std::array<char, smtp::limits::reply_wire_bytes> text;
  const std::size_t n = smtp::format(smtp::reply_of(why), text);
  error_code ec;
  socket.non_blocking(true, ec);
  socket.write_some(asio::buffer(text.data(), n), ec);
  socket.shutdown(tcp_socket::shutdown_send, ec);
}

// Loops have about the same number of sessions, but one of them may have nobody to put out: they take turns.
void server::make_room() { workers_[next_eviction_++ % workers_.size()]->evict_one(); }

awaitable<void> server::probe_routes() {
  probe_timer_ = std::make_unique<timer>(control_loop().get_executor());
  while (!stopping_) {
    const auto rules = all_.current();
    milliseconds pause{30'000};
    bool nothing_known = true;
    for (std::size_t r = 0; rules && r < rules->routes.size(); ++r) {
      pause = std::min(pause, rules->routes[r].health_check_interval);
      for (std::size_t h = 0; h < rules->routes[r].hosts.size() && !stopping_; ++h) {
        co_await probe(rules, r, h);
        nothing_known = nothing_known && !all_.capabilities.offers_of(key_of(rules->routes[r].hosts[h]));
      }
    }
    if (nothing_known) pause = std::min(pause, first_probe_retry);
    if (stopping_) break;
    probe_timer_->expires_after(pause);
    [[maybe_unused]] auto [ec] = co_await probe_timer_->async_wait(use);
  }
}

awaitable<void> server::get_to_know(std::shared_ptr<const settings> next, milliseconds limit) {
  know_hosts(*next, all_.current().get());
  // Each check ends by itself, within its deadlines; what takes longer than `limit` ends behind our back.
  auto open = std::make_shared<std::size_t>(0);
  for (std::size_t r = 0; r < next->routes.size(); ++r) {
    for (std::size_t h = 0; h < next->routes[r].hosts.size(); ++h) {
      if (all_.capabilities.offers_of(key_of(next->routes[r].hosts[h]))) continue;
      ++*open;
      auto work = probe(next, r, h);
      asio::co_spawn(control_loop(), std::move(work), [open](std::exception_ptr) { --*open; });
    }
  }
  const clock::time_point last = clock::now() + limit;
  timer wait(control_loop().get_executor());
  while (*open != 0 && clock::now() < last && !stopping_) {
    wait.expires_after(know_poll);
    [[maybe_unused]] auto [ec] = co_await wait.async_wait(use);
  }
}

awaitable<void> server::probe(std::shared_ptr<const settings> rules, std::size_t route, std::size_t host) {
  const std::string key = key_of(rules->routes[route].hosts[host]);
  const auto before = all_.capabilities.state_of(key);
  deadline until;
  workers_.front()->watch(until);
  downstream connection(control_loop(), workers_.front()->scratch(), all_, until);
  deadline_settings limits = rules->deadline;
  limits.downstream_command = std::min(limits.downstream_command, milliseconds{20'000});
  const smtp::cause failure =
      co_await connection.open(rules->routes[route], rules->routes[route].hosts[host], rules->hostname, limits);
  if (failure == smtp::cause::none) co_await connection.quit();
  const auto after = all_.capabilities.state_of(key);
  if (before == after) co_return;
  const bool up = after == relay::host_state::up;
  log::line(up ? log::level::info : log::level::warning, up ? "downstream-up" : "downstream-down")
      .with("host", key)
      .with("why", up ? "" : smtp::name_of(failure));
}

}  // namespace sluice::net
