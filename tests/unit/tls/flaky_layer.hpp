// A next layer that misbehaves on demand: fails its Nth operation, takes or gives few octets at a time, or blocks every
// other call.
#pragma once
#include <algorithm>
#include <boost/asio/append.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <utility>

namespace sluice::tests {

namespace asio = boost::asio;
using executor = asio::io_context::executor_type;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
using error_code = boost::system::error_code;

struct faults {
  int fail_at = -1;  // number of the operation that fails; -1: none
  std::size_t chunk = 1U << 20;
  bool block_every_other = false;
  int operations = 0;  // counted
};

class flaky_layer {
 public:
  using executor_type = executor;

  flaky_layer(tcp_socket& socket, faults& plan) : socket_(&socket), plan_(&plan) {}

  executor_type get_executor() noexcept { return socket_->get_executor(); }
  void non_blocking(bool on, error_code& ec) { socket_->non_blocking(on, ec); }

  std::size_t read_some(const asio::mutable_buffer& to, error_code& ec) {
    if (refuses(ec)) return 0;
    return socket_->read_some(asio::buffer(to, plan_->chunk), ec);
  }
  std::size_t write_some(const asio::const_buffer& from, error_code& ec) {
    if (refuses(ec)) return 0;
    return socket_->write_some(asio::buffer(from, plan_->chunk), ec);
  }
  template <class Token>
  auto async_wait(asio::socket_base::wait_type type, Token&& token) {
    const bool fails = plan_->operations++ == plan_->fail_at;
    return asio::async_initiate<Token, void(error_code)>(
        [this, type, fails](auto handler) {
          if (!fails) return socket_->async_wait(type, std::move(handler));
          asio::post(get_executor(), asio::append(std::move(handler), error_code(asio::error::connection_reset)));
        },
        token);
  }

 private:
  bool refuses(error_code& ec) {
    ec = {};
    if (plan_->operations++ == plan_->fail_at)
      ec = asio::error::connection_reset;
    else if (plan_->block_every_other && (blocked_ = !blocked_))
      ec = asio::error::would_block;
    return static_cast<bool>(ec);
  }
  tcp_socket* socket_;
  faults* plan_;
  bool blocked_ = false;
};

}  // namespace sluice::tests
