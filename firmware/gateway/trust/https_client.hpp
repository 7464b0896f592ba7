// One HTTPS request of our own to a web server, with its certificate checked: for fetching configurations. One connection
// per request, no redirects, an answer of bounded size, a time for all of it. For ACME as well. On the control loop; its TLS
// engine is one of memory.relay_tls_sessions.
//
// RFC 9110, RFC 9112.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/model.hpp"
#include "net/worker.hpp"
#include "tls/context.hpp"

namespace sluice::gateway {

struct https_request {
  const char* method = "GET";
  config::endpoint at;
  std::string target;
  std::string ca_file;  // empty: the system's bundle
  std::shared_ptr<const tls::client_context> trust;  // instead of ca_file, for several requests in a row
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;
  std::size_t most_octets = 64 * 1024;          // of the answer's body
  std::chrono::milliseconds time{30'000};       // for everything but the name's resolution
};

struct https_answer {
  unsigned status = 0;  // 0: there is none, and why is in `error`
  std::string body, etag, signature;
  std::string nonce, location, retry_after;  // Replay-Nonce, Location, Retry-After
  std::string error;
  bool is_final = false;  // of an error: asking the same again will not help (the server's certificate is not to be trusted)
};

// What https_ask() makes of a ca_file; blocks. Null with the reason in `error`.
std::shared_ptr<const tls::client_context> https_trust(const std::string& ca_file, std::string& error);

net::awaitable<https_answer> https_ask(net::worker& home, https_request q);

}  // namespace sluice::gateway
