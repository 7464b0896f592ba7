// HTTPS for people and machines, and the same on a local socket: accepts, reads a request within its limits, asks the
// gate, runs the route's handler, writes the reply. Has slots of its own, so that mail load never locks the operator
// out; one address cannot take all of them, and who waits takes the place of one that has sent nothing useful.
//
// The only user of Beast (connection.cpp). Callers: firmware/gateway/manage/manage.cpp. All on the loop of one worker.
#pragma once
#include <list>
#include <memory>
#include <string>

#include "core/gauge.hpp"
#include "net/worker.hpp"
#include "status/http/gate.hpp"
#include "status/http/route.hpp"

namespace sluice::status {

inline constexpr std::size_t requests_per_connection = 1000;
inline constexpr std::size_t local_slots = 2;                         // connections to the control socket at a time; more wait
inline constexpr std::size_t max_waiting = 32;                        // accepted clients that wait for a slot
inline constexpr std::ptrdiff_t max_waiting_per_address = 16;
inline constexpr std::uint64_t body_pool_octets = max_body_octets;    // of all bodies beyond small_body: else 503
inline constexpr std::chrono::milliseconds unfinished_grace{2'000};   // then a waiting client takes the place

struct server_options {
  std::string address;  // IP literal; empty: no HTTPS, the local socket only
  std::uint16_t port = 8443;
  std::size_t sessions = 4;
  std::chrono::milliseconds request_timeout{10'000};  // for a request, for a reply, and between two of them
  std::string control_socket;                         // path; empty: none
};

class connection;

class web_server {
 public:
  // `routes` and `at` outlive the server.
  web_server(net::worker& home, server_options options, const web_routes& routes, gate& at);
  ~web_server();

  void use_certificates(std::shared_ptr<const tls::server_context> context);  // on the loop, or before start
  std::string listen();  // empty, or why not
  void start();
  // On the loop, at any time: a further address (nothing to do when it is one already; empty, or why not), and one less.
  // Connections that were made there go on.
  std::string listen_on(const std::string& address, std::uint16_t port);
  void keep_only(const std::string& address, std::uint16_t port);  // leaves all others
  bool listens_on(const std::string& address, std::uint16_t port) const;
  void set_limits(std::size_t sessions, std::chrono::milliseconds request_timeout);  // on the loop
  void stop();  // on the loop: no further requests, those in progress end by their deadline
  std::uint16_t port() const;  // of its first address; 0 without HTTPS
  const gauge& slots() const { return slots_; }
  const gauge& bodies() const { return bodies_; }

 private:
  friend class connection;
  // One address that it listens on.
  struct face {
    face(const net::executor& e, std::string a, std::uint16_t p) : address(std::move(a)), port(p), acceptor(e) {}
    std::string address;
    std::uint16_t port;  // as configured
    net::tcp_acceptor acceptor;
  };
  std::string listen_local();
  net::awaitable<void> accept(std::shared_ptr<face> at);
  net::awaitable<void> accept_local();
  void wait_for_slot(net::tcp_socket socket, std::string ip, gauge& slots);
  net::awaitable<void> admit(net::tcp_socket socket, std::string ip, gauge& slots);
  bool take_place(const std::string& ip);
  void start(std::unique_ptr<connection> c, gauge& from);

  net::worker& home_;
  server_options options_;
  const web_routes& routes_;
  gate& gate_;
  std::shared_ptr<const tls::server_context> context_;
  gauge slots_, local_slots_, bodies_;
  net::tcp_acceptor local_;
  std::list<std::shared_ptr<face>> faces_;
  bool started_ = false, stopped_ = false;
  std::list<std::unique_ptr<connection>> open_;  // oldest first
  std::list<std::string> waiting_;               // addresses of accepted clients without a slot
};

}  // namespace sluice::status
