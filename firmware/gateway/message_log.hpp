// What is told about each message after its end: one log event with the verdict and the words that caused it (P5), and
// an entry in the history. The observer of proxy/net.
#pragma once
#include "net/observer.hpp"
#include "status/history.hpp"

namespace sluice::gateway {

class message_log final : public net::observer {
 public:
  explicit message_log(status::history& past) : past_(past) {}
  void on_message(const net::message_event& e) override;

 private:
  void remember(const net::message_event& e);
  status::history& past_;
};

}  // namespace sluice::gateway
