// A TCP connection that may turn into TLS: reads and writes go through the same two calls before and after STARTTLS.
#pragma once
#include <optional>
#include <span>

#include "core/bytes.hpp"
#include "net/deadline.hpp"
#include "net/io.hpp"
#include "tls/stream.hpp"

namespace sluice::net {

class byte_stream {
 public:
  byte_stream(tcp_socket socket, tls::loop_scratch& scratch) : socket_(std::move(socket)), scratch_(&scratch) {}
  byte_stream(const byte_stream&) = delete;
  byte_stream& operator=(const byte_stream&) = delete;

  // Up to to.size() octets; 0 and an error at the end. Ends by `limit` through the deadline.
  awaitable<std::size_t> read(byte_span to, deadline& until, std::chrono::milliseconds limit, error_code& ec);
  // All of the buffers. At most max_buffers at once.
  static constexpr std::size_t max_buffers = 64;
  awaitable<void> write(std::span<const byte_view> data, deadline& until, std::chrono::milliseconds limit,
                        error_code& ec);
  // Waits until a read would give something, without holding a buffer meanwhile.
  awaitable<void> wait_readable(deadline& until, std::chrono::milliseconds limit, error_code& ec);

  awaitable<void> handshake(tls::engine session, deadline& until, std::chrono::milliseconds limit, error_code& ec);
  awaitable<void> shutdown(deadline& until, std::chrono::milliseconds limit);  // close_notify, then close

  const tls::engine* tls_session() const { return tls_ ? &tls_->session() : nullptr; }
  tcp_socket& socket() { return socket_; }
  void close() {
    error_code ignored;
    socket_.close(ignored);
  }
  // As new, for another connection.
  void reset() {
    close();
    tls_.reset();
  }
  // The peer has closed its side or the connection is broken (a poll, not a read: nothing is consumed).
  bool peer_gone() const;

 private:
  awaitable<bool> wait_for_memory(const deadline& until, error_code& ec);

  tcp_socket socket_;
  tls::loop_scratch* scratch_;
  std::optional<tls::stream<tcp_socket&>> tls_;
};

}  // namespace sluice::net
