// The running proxy: listeners, one worker per core, admission, health probes of the downstreams. Built from settings,
// given new ones at any time; sessions keep the settings they began with.
#pragma once
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/shared.hpp"
#include "net/worker.hpp"

namespace sluice::net {

class server {
 public:
  server(shared& all, unsigned workers);
  ~server();

  // Binds a socket for each listener. Empty on success, otherwise what failed: "0.0.0.0:25: address already in use".
  std::string listen(const std::vector<listener_settings>& listeners);

  // Puts settings into force for new sessions and for the probes. Listeners must be the same as at listen().
  void apply(std::shared_ptr<const settings> next);

  void start();                   // threads
  void stop(milliseconds grace);  // from any thread
  void join();                    // until all sessions have ended

  asio::io_context& control_loop() { return workers_.front()->loop(); }
  const std::vector<std::unique_ptr<worker>>& workers() const { return workers_; }
  std::vector<std::uint16_t> ports() const;  // as bound, in the order of the listeners

 private:
  awaitable<void> accept(std::size_t listener);
  void admit(tcp_socket socket, std::size_t listener);
  void refuse(tcp_socket& socket, smtp::cause why);
  void make_room();
  awaitable<void> probe_routes();
  awaitable<void> probe(std::shared_ptr<const settings> rules, std::size_t route, std::size_t host);

  shared& all_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::vector<tcp_acceptor> acceptors_;
  std::vector<std::thread> threads_;
  std::unique_ptr<timer> probe_timer_;
  std::size_t next_worker_ = 0, next_eviction_ = 0;
  bool stopping_ = false;
};

}  // namespace sluice::net
