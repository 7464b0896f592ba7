#include "net/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <csignal>

#include "core/log.hpp"

namespace sluice::net {
namespace {

constexpr int backlog = 4096;  // the kernel lowers it to net.core.somaxconn
constexpr milliseconds accept_pause{100};  // after EMFILE and the like
constexpr milliseconds first_probe_retry{1'000};

std::string name_of(const listener_settings& l) {
  const std::string host = l.address.is_v6() ? "[" + l.address.to_string() + "]" : l.address.to_string();
  return host + ":" + std::to_string(l.port);
}

}  // namespace

server::server(shared& all, unsigned workers) : all_(all) {
  for (unsigned i = 0; i < std::max(workers, 1u); ++i) workers_.push_back(std::make_unique<worker>(all_));
}

server::~server() = default;

std::string server::listen(const std::vector<listener_settings>& listeners) {
  for (const listener_settings& l : listeners) {
    tcp_acceptor a(control_loop().get_executor());
    const asio::ip::tcp::endpoint at(l.address, l.port);
    error_code ec;
    a.open(at.protocol(), ec);
    if (!ec) a.set_option(asio::socket_base::reuse_address(true), ec);
    if (!ec && l.address.is_v6()) a.set_option(asio::ip::v6_only(!l.address.is_unspecified()), ec);
    if (!ec) a.bind(at, ec);
    if (!ec) a.listen(backlog, ec);
    if (ec) return name_of(l) + ": " + ec.message();
    acceptors_.push_back(std::move(a));
  }
  return {};
}

std::vector<std::uint16_t> server::ports() const {
  std::vector<std::uint16_t> out;
  for (const tcp_acceptor& a : acceptors_) out.push_back(a.local_endpoint().port());
  return out;
}

void server::apply(std::shared_ptr<const settings> next) {
  std::vector<std::string> hosts;
  for (const route_settings& r : next->routes)
    for (const host_settings& h : r.hosts) hosts.push_back(key_of(h));
  all_.capabilities.set_hosts(hosts);
  all_.pressure_percent = next->deadline.pressure_percent;
  all_.apply(std::move(next));
  asio::post(control_loop(), [this] {
    if (probe_timer_) probe_timer_->cancel();
  });
}

void server::start() {
  for (std::size_t i = 0; i < acceptors_.size(); ++i) asio::co_spawn(control_loop(), accept(i), asio::detached);
  asio::co_spawn(control_loop(), probe_routes(), asio::detached);
  for (auto& w : workers_) threads_.emplace_back([&w] { w->run(); });
}

void server::stop(milliseconds grace) {
  all_.stopping = true;
  asio::post(control_loop(), [this, grace] {
    stopping_ = true;
    for (tcp_acceptor& a : acceptors_) {
      error_code ignored;
      a.close(ignored);
    }
    if (probe_timer_) probe_timer_->cancel();
    for (auto& w : workers_) w->stop(grace);
  });
}

void server::join() {
  for (std::thread& t : threads_) t.join();
  threads_.clear();
}

awaitable<void> server::accept(std::size_t listener) {
  for (;;) {
    auto [ec, socket] = co_await acceptors_[listener].async_accept(control_loop().get_executor(), use);
    if (stopping_ || ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) co_return;
    if (ec) {
      // Out of descriptors or memory in the kernel: accepting again at once would only spin.
      log::line(log::level::warning, "accept-failed").with("why", ec.message());
      timer wait(control_loop().get_executor());
      wait.expires_after(accept_pause);
      [[maybe_unused]] auto [ignored] = co_await wait.async_wait(use);
      continue;
    }
    admit(std::move(socket), listener);
  }
}

void server::admit(tcp_socket socket, std::size_t listener) {
  error_code ec;
  const auto peer = socket.remote_endpoint(ec);
  if (ec) return;
  const auto rules = all_.current();
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
    refuse(socket, smtp::cause::no_slot);
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
                                                                            : smtp::cause::rate_limited);
    return;
  }
  if (all_.under_pressure()) make_room();
  const int bytes = static_cast<int>(rules->limit.socket_buffer_bytes);
  socket.set_option(asio::socket_base::receive_buffer_size(bytes), ec);
  socket.set_option(asio::socket_base::send_buffer_size(bytes), ec);
  worker* least = workers_[next_worker_++ % workers_.size()].get();
  for (auto& w : workers_)
    if (w->sessions() < least->sessions()) least = w.get();
  const int family = peer.address().is_v6() ? AF_INET6 : AF_INET;
  const int handle = socket.release(ec);
  if (ec) {
    all_.slots.give_back(1);
    if (!exempt) all_.clients.leave(client);
    return;
  }
  least->adopt(handle, family, rules, listener, exempt ? client_table::key{} : client, peer);
}

// The only reply that is sent without a session: short, and never waited for.
void server::refuse(tcp_socket& socket, smtp::cause why) {
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
