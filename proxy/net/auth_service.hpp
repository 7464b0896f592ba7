// What sender authentication has once per event loop: the resolver, the workspace, and spare checkers for the messages
// under way. Made at start when authentication is on; sessions lease a message_auth from it.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "auth/workspace.hpp"
#include "dns/ares_resolver.hpp"
#include "net/message_auth.hpp"

namespace sluice::net {

struct auth_service_options {
  bool enabled = false;
  dns::resolver_options dns;
  auth::workspace_limits workspace;
};

// Figures for the status page, copied by the loop's tick; read from any thread. They outlive a service.
struct auth_figures {
  std::atomic<std::uint64_t> questions{0}, timeouts{0}, failures{0}, cache_hits{0}, cache_misses{0}, outages{0};
  std::atomic<std::uint64_t> in_flight{0}, in_flight_peak{0}, keys_peak{0}, keys_refused{0}, evaluators_peak{0},
      evaluators_refused{0}, cache_bytes{0};
  std::atomic<bool> outage{false};
};

class auth_service {
 public:
  static constexpr std::size_t spare_checkers = 8;  // no heap call per message as long as so many are enough

  auth_service(boost::asio::io_context& loop, const auth_service_options& options, auth_figures& figures);
  ~auth_service();

  // False with a reason when the servers cannot be used. Before the loop runs.
  bool open(std::string& error) { return resolver_.open(error); }
  void close() { resolver_.close(); }  // so that the loop can run out
  // Other servers and limits of DNS; false with a reason, and as it was.
  bool change_dns(const dns::resolver_options& next, std::string& error) { return resolver_.change(next, error); }
  bool in_use() const { return leased_ != 0; }

  std::unique_ptr<message_auth> take();
  void give(std::unique_ptr<message_auth> used);

  boost::asio::io_context& loop() { return loop_; }
  auth::workspace& workspace() { return workspace_; }
  dns::ares_resolver& resolver() { return resolver_; }

  // One header that is longer than its window (see message_auth.hpp).
  bool take_long_header();
  void give_long_header() { long_header_used_ = false; }
  void append_long_header(byte_view piece);
  byte_view long_header() const { return {long_header_.get(), long_header_size_}; }

  void publish();

  // Octets of one, for the budget.
  static std::size_t fixed_bytes(const auth_service_options& options);

 private:
  boost::asio::io_context& loop_;
  auth::workspace workspace_;
  dns::ares_resolver resolver_;
  std::unique_ptr<char[]> long_header_;
  std::size_t long_header_size_ = 0;
  bool long_header_used_ = false, was_outage_ = false;
  std::vector<std::unique_ptr<message_auth>> spare_;
  std::size_t leased_ = 0;
  auth_figures& figures_;
};

}  // namespace sluice::net
