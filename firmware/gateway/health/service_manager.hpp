// What starts and watches this program, spoken to by the sd_notify protocol: one datagram per notice to the socket named
// in NOTIFY_SOCKET (a path, or "@name" in the abstract space). systemd and sluice-supervisor understand it; without the
// variable everything is a no-op. From any thread.
#pragma once
#include <chrono>
#include <string>
#include <string_view>

namespace sluice::gateway {

class service_manager {
 public:
  service_manager();  // of this process's environment
  explicit service_manager(std::string socket) : socket_(std::move(socket)) {}

  bool is_there() const { return !socket_.empty(); }
  // How often it wants a vote at least; 0: it wants none.
  std::chrono::milliseconds vote_period() const { return vote_period_; }
  bool say(std::string_view lines) const;  // "READY=1\nSTATUS=..."; false: nobody took it

 private:
  std::string socket_;
  std::chrono::milliseconds vote_period_{0};
};

}  // namespace sluice::gateway
