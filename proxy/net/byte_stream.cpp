#include "net/byte_stream.hpp"

#include <poll.h>

#include <boost/container/static_vector.hpp>

namespace sluice::net {
namespace {

constexpr std::chrono::milliseconds memory_pause{20};

// Octets of a gather list that were written are taken off its front.
void drop_front(std::span<asio::const_buffer>& buffers, std::size_t n) {
  while (!buffers.empty() && n >= buffers.front().size()) {
    n -= buffers.front().size();
    buffers = buffers.subspan(1);
  }
  if (!buffers.empty()) buffers.front() += n;
}

}  // namespace

// The TLS memory is used up by records that others have half received: waits for some of it, as long as the deadline of
// the operation lets it. False: it has passed.
awaitable<bool> byte_stream::wait_for_memory(const deadline& until, error_code& ec) {
  timer wait(socket_.get_executor());
  wait.expires_after(memory_pause);
  [[maybe_unused]] auto [ignored] = co_await wait.async_wait(use);
  if (!until.fired() && socket_.is_open()) co_return true;
  ec = asio::error::operation_aborted;
  co_return false;
}

awaitable<std::size_t> byte_stream::read(byte_span to, deadline& until, std::chrono::milliseconds limit,
                                         error_code& ec) {
  const asio::mutable_buffer buffer(to.data(), to.size());
  until.arm(socket_, limit);
  std::size_t n = 0;
  if (tls_) {
    for (bool again = true; again;) {
      auto [e, got] = co_await tls_->async_read_some(buffer, use);
      ec = e;
      n = got;
      again = tls::is_no_room_now(ec);
      if (again) again = co_await wait_for_memory(until, ec);
    }
  } else {
    auto [e, got] = co_await socket_.async_read_some(buffer, use);
    ec = e;
    n = got;
  }
  until.disarm();
  co_return n;
}

awaitable<void> byte_stream::write(std::span<const byte_view> data, deadline& until, std::chrono::milliseconds limit,
                                   error_code& ec) {
  boost::container::static_vector<asio::const_buffer, max_buffers> list;
  for (const byte_view piece : data)
    if (!piece.empty()) list.emplace_back(piece.data(), piece.size());
  std::span<asio::const_buffer> rest(list.data(), list.size());
  ec = {};
  until.arm(socket_, limit);
  while (!rest.empty() && !ec) {
    std::size_t n = 0;
    if (tls_) {
      auto [e, sent] = co_await tls_->async_write_some(rest, use);
      ec = e;
      n = sent;
      if (tls::is_no_room_now(ec)) {
        const bool again = co_await wait_for_memory(until, ec);
        if (again) ec = {};
      }
    } else {
      auto [e, sent] = co_await socket_.async_write_some(rest, use);
      ec = e;
      n = sent;
    }
    drop_front(rest, n);
  }
  until.disarm();
}

awaitable<void> byte_stream::wait_readable(deadline& until, std::chrono::milliseconds limit, error_code& ec) {
  ec = {};
  if (tls_ && tls_->session().has_plaintext()) co_return;
  error_code ignored;
  if (socket_.available(ignored) > 0) co_return;
  until.arm(socket_, limit);
  auto [e] = co_await socket_.async_wait(tcp_socket::wait_read, use);
  ec = e;
  until.disarm();
}

awaitable<void> byte_stream::handshake(tls::engine session, deadline& until, std::chrono::milliseconds limit,
                                       error_code& ec) {
  tls_.emplace(socket_, *scratch_, std::move(session));
  until.arm(socket_, limit);
  auto [e] = co_await tls_->async_handshake(use);
  ec = e;
  until.disarm();
}

awaitable<void> byte_stream::shutdown(deadline& until, std::chrono::milliseconds limit) {
  if (tls_ && tls_->session().established() && socket_.is_open()) {
    until.arm(socket_, limit);
    [[maybe_unused]] auto [ignored] = co_await tls_->async_shutdown(use);
    until.disarm();
  }
  close();
}

bool byte_stream::peer_gone() const {
  pollfd p{const_cast<tcp_socket&>(socket_).native_handle(), POLLRDHUP, 0};
  return ::poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

}  // namespace sluice::net
