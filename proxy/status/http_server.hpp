// HTTPS for people and machines: the status page, /metrics, /api/v1/status and /healthz, served from the binary. Has
// slots of its own, so that mail load never locks the operator out; a request has a fixed size and a deadline. Read
// only: GET and HEAD, no body. Everything but /healthz needs the token, as a bearer token or as the password of HTTP
// Basic (any user name), compared in constant time.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "core/gauge.hpp"
#include "net/worker.hpp"
#include "status/snapshot.hpp"

namespace sluice::status {

struct http_options {
  std::string address;  // IP literal
  std::uint16_t port = 8443;
  std::size_t sessions = 4;
  std::chrono::milliseconds request_timeout{10'000};
  std::string token;  // not empty
};

class http_server {
 public:
  using snapshot_source = std::function<snapshot()>;

  http_server(net::worker& home, http_options options, snapshot_source source);
  ~http_server();

  void use_certificates(std::shared_ptr<const tls::server_context> context);  // on the loop, or before start
  std::string listen();  // empty, or why not
  void start();
  void stop();  // on the loop: no further requests, those in progress end by their deadline
  std::uint16_t port() const;
  const gauge& slots() const { return slots_; }

 private:
  net::awaitable<void> accept();
  net::awaitable<void> serve(net::tcp_socket socket);

  net::worker& home_;
  http_options options_;
  snapshot_source source_;
  std::shared_ptr<const tls::server_context> context_;
  gauge slots_;
  net::tcp_acceptor acceptor_;
};

}  // namespace sluice::status
