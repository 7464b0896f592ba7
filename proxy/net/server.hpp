// The running proxy: listeners, one worker per core, admission, health probes of the downstreams. Built from settings,
// given new ones at any time, with other listeners too; sessions keep the settings they began with.
#pragma once
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/listener_set.hpp"
#include "net/shared.hpp"
#include "net/worker.hpp"

namespace sluice::net {

class server {
 public:
  server(shared& all, unsigned workers);
  ~server();

  // Binds a socket for each listener. Empty on success, otherwise what failed: "0.0.0.0:25: address already in use".
  std::string listen(const std::vector<listener_settings>& listeners);

  // Puts settings into force for new sessions and for the health checks. Before start(), or on the control loop with
  // change_listeners() in the same turn. The hosts of `also` stay known: of a generation that one may go back to.
  void apply(std::shared_ptr<const settings> next, const settings* also = nullptr);
  // On the control loop: like listen(), for a running server; see listener_set.
  std::string change_listeners(const std::vector<listener_settings>& wanted);
  listener_set& listeners() { return doors_; }
  // On the control loop: asks the hosts of these settings that nothing is known of what they offer, all at once and for
  // at most `limit`, so that settings with other hosts do not begin with 421.
  awaitable<void> get_to_know(std::shared_ptr<const settings> next, milliseconds limit);

  void start();                   // threads
  void stop(milliseconds grace);  // from any thread
  void join();                    // until all sessions have ended

  asio::io_context& control_loop() { return workers_.front()->loop(); }
  const std::vector<std::unique_ptr<worker>>& workers() const { return workers_; }
  std::vector<std::uint16_t> ports() const;  // as bound, in the order of the listeners

 private:
  awaitable<void> accept(std::shared_ptr<door> at);
  void admit(tcp_socket socket, const door& at);
  void know_hosts(const settings& one, const settings* other);
  void adopt(tcp_socket socket, std::shared_ptr<const settings> rules, std::size_t listener, client_table::key client, bool probe);
  void refuse(tcp_socket& socket, smtp::cause why, const asio::ip::address& client);
  void make_room();
  awaitable<void> probe_routes();
  awaitable<void> probe(std::shared_ptr<const settings> rules, std::size_t route, std::size_t host);

  shared& all_;
  std::vector<std::unique_ptr<worker>> workers_;
  listener_set doors_;
  std::vector<std::thread> threads_;
  std::unique_ptr<timer> probe_timer_;
  std::size_t next_worker_ = 0, next_eviction_ = 0;
  bool stopping_ = false;
};

}  // namespace sluice::net
