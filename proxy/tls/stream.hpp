// TLS over a socket, as an Asio AsyncReadStream and AsyncWriteStream (Beast's HTTP works on it). NextLayer is a socket
// type or, after STARTTLS, a reference to one: stream<tcp_socket&>. It must offer, non-blocking, read_some and
// write_some with an error_code, and async_wait; the stream tries them at once and waits only when they would block.
//
// One operation at a time (the session is request and response). Cancelling an operation is terminal for the stream.
// The stream must outlive its operations; the context is shared, the scratch belongs to the event loop and is used only
// between two waits. No handler runs inside the initiating call.
#pragma once
#include <array>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "tls/engine.hpp"
#include "tls/errc.hpp"
#include "tls/limits.hpp"

namespace sluice::tls {

// Buffers that all streams of one event loop share; they hold nothing across a wait.
struct loop_scratch {
  std::array<char, limits::record_in_bytes + 512> in;
  std::array<char, limits::gather_out_bytes> out;
  std::array<char, limits::record_out_bytes> gather;  // small buffers of one write, joined to one record
};

template <class NextLayer>
class stream {
 public:
  using next_layer_type = std::remove_reference_t<NextLayer>;
  using executor_type = typename next_layer_type::executor_type;

  template <class Arg>
  stream(Arg&& next, loop_scratch& scratch, engine session)
      : next_(std::forward<Arg>(next)), scratch_(&scratch), engine_(std::move(session)) {}

  executor_type get_executor() noexcept { return next_.get_executor(); }
  next_layer_type& next_layer() noexcept { return next_; }
  const engine& session() const noexcept { return engine_; }  // version, suite, SNI, ...

  // void(error_code). Fails with the transport's error, or one of errc (see is_tls_error).
  template <class Token>
  auto async_handshake(Token&& token);

  // void(error_code, size_t). asio::error::eof after the peer's close_notify, errc::truncated without one.
  template <class MutableBuffers, class Token>
  auto async_read_some(const MutableBuffers& to, Token&& token);

  // void(error_code, size_t). Small buffers are joined, so that a reply or a header field is one record.
  template <class ConstBuffers, class Token>
  auto async_write_some(const ConstBuffers& data, Token&& token);

  // void(error_code). Sends close_notify without waiting for the peer's; closes nothing.
  template <class Token>
  auto async_shutdown(Token&& token);

 private:
  NextLayer next_;
  loop_scratch* scratch_;
  engine engine_;
};

}  // namespace sluice::tls
