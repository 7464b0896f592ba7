// Answers the CA's question (http-01, RFC 8555 section 8.3): a listener of its own, plain HTTP, open only while an order
// waits for it. GET and HEAD of /.well-known/acme-challenge/TOKEN for the tokens of that order, 404 for everything else; one
// request per connection. When all connections are taken, the oldest makes room.
//
// On the control loop.
#pragma once
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"
#include "firmware/gateway/acme/order.hpp"
#include "net/worker.hpp"

namespace sluice::gateway::acme {

// The whole answer to a request's head (up to and with the empty line).
std::string challenge_reply(std::string_view head, const std::vector<challenge>& open);

class responder {
 public:
  explicit responder(net::worker& home) : home_(home) {}

  // Empty, or why the address cannot be had. Replaces what was open.
  std::string open(const config::endpoint& at, std::size_t connections, std::vector<challenge> challenges);
  void close();  // at once, with its connections
  bool is_open() const { return face_ != nullptr; }
  std::uint64_t answered() const { return answered_; }  // requests for a token that was there

 private:
  struct face;
  struct visit;
  net::awaitable<void> accept(std::shared_ptr<face> at);
  net::awaitable<void> serve(std::shared_ptr<face> at, std::shared_ptr<visit> who);

  net::worker& home_;
  std::shared_ptr<face> face_;
  std::uint64_t answered_ = 0;
};

}  // namespace sluice::gateway::acme
