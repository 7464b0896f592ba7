// TLS over a socket, as an Asio AsyncReadStream and AsyncWriteStream (Beast's HTTP works on it). NextLayer is a socket
// type or, after STARTTLS, a reference to one: stream<tcp_socket&>. It must offer, non-blocking, read_some and
// write_some with an error_code, and async_wait; the stream tries them at once and waits only when they would block.
//
// One operation at a time (the session is request and response). Cancelling an operation is terminal for the stream.
// The stream must outlive its operations; the context is shared, the scratch belongs to the event loop and is used only
// between two waits. No handler runs inside the initiating call.
#pragma once
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/system/error_code.hpp>
#include <cassert>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include "tls/engine.hpp"
#include "tls/errc.hpp"
#include "tls/handshake_turns.hpp"
#include "tls/limits.hpp"

namespace sluice::tls {

// What all streams of one event loop share: buffers, which hold nothing across a wait, and the turns of handshakes.
struct loop_scratch {
  std::array<char, limits::record_in_bytes + 512> in;
  std::array<char, limits::gather_out_bytes> out;
  std::array<char, limits::record_out_bytes> join;  // small buffers of one write, joined to one record
  handshake_turns turns;
};

namespace detail {

// What an operation does with the engine, once it has input or room for output. The four actions of a stream.
struct handshake_action {
  step operator()(engine& e, output_area& out, loop_scratch&) const { return e.handshake(out); }
};
struct close_action {
  step operator()(engine& e, output_area& out, loop_scratch&) const { return e.close(out); }
};
struct read_action {
  byte_span to;
  step operator()(engine& e, output_area& out, loop_scratch&) const { return e.read(to, out); }
};
struct write_action {
  static constexpr std::size_t max_buffers = 8;  // what lies beyond is left to the next write_some
  std::array<byte_view, max_buffers> from{};
  std::size_t count = 0;
  // Fills records to the brim across buffers, as many as there is room for.
  step operator()(engine& e, output_area& out, loop_scratch& scratch) const;
};

inline bool would_block(const boost::system::error_code& ec) {
  return ec == boost::asio::error::would_block || ec == boost::asio::error::try_again;
}

template <class Stream, class Action>
class stream_op;

}  // namespace detail

template <class NextLayer>
class stream {
 public:
  using next_layer_type = std::remove_reference_t<NextLayer>;
  using executor_type = typename next_layer_type::executor_type;

  template <class Arg>
  stream(Arg&& next, loop_scratch& scratch, engine session)
      : next_(std::forward<Arg>(next)), scratch_(&scratch), engine_(std::move(session)) {
    boost::system::error_code ignored;  // a socket that cannot be made non-blocking fails at its first use
    next_.non_blocking(true, ignored);
  }

  executor_type get_executor() noexcept { return next_.get_executor(); }
  next_layer_type& next_layer() noexcept { return next_; }
  const engine& session() const noexcept { return engine_; }  // version, suite, SNI, ...

  // void(error_code). Fails with the transport's error, or one of errc (see is_tls_error).
  template <class Token>
  auto async_handshake(Token&& token) {
    return start<void(boost::system::error_code)>(detail::handshake_action{}, std::forward<Token>(token));
  }

  // void(error_code, size_t). asio::error::eof after the peer's close_notify, errc::truncated without one.
  template <class MutableBuffers, class Token>
  auto async_read_some(const MutableBuffers& to, Token&& token) {
    detail::read_action action;
    for (auto it = boost::asio::buffer_sequence_begin(to); it != boost::asio::buffer_sequence_end(to); ++it) {
      const boost::asio::mutable_buffer b(*it);
      if (b.size() == 0) continue;
      action.to = {static_cast<char*>(b.data()), b.size()};
      break;
    }
    return start<void(boost::system::error_code, std::size_t)>(action, std::forward<Token>(token));
  }

  // void(error_code, size_t). Small buffers are joined, so that a reply or a header field is one record.
  template <class ConstBuffers, class Token>
  auto async_write_some(const ConstBuffers& data, Token&& token) {
    detail::write_action action;
    for (auto it = boost::asio::buffer_sequence_begin(data); it != boost::asio::buffer_sequence_end(data); ++it) {
      const boost::asio::const_buffer b(*it);
      if (b.size() == 0) continue;
      if (action.count == action.max_buffers) break;
      action.from[action.count++] = {static_cast<const char*>(b.data()), b.size()};
    }
    return start<void(boost::system::error_code, std::size_t)>(action, std::forward<Token>(token));
  }

  // void(error_code). Sends close_notify without waiting for the peer's; closes nothing.
  template <class Token>
  auto async_shutdown(Token&& token) {
    return start<void(boost::system::error_code)>(detail::close_action{}, std::forward<Token>(token));
  }

 private:
  template <class Stream, class Action>
  friend class detail::stream_op;

  template <class Signature, class Action, class Token>
  auto start(const Action& action, Token&& token) {
    return boost::asio::async_compose<Token, Signature>(detail::stream_op<stream, Action>(*this, action), token, next_);
  }

  NextLayer next_;
  loop_scratch* scratch_;
  engine engine_;
  bool busy_ = false;  // one operation at a time; a second one is a programming error
};

namespace detail {

// The one composed operation: flush what is left over, run the action, send what it produced, feed what it wants.
template <class Stream, class Action>
class stream_op {
 public:
  stream_op(Stream& s, const Action& action) : stream_(&s), action_(action) {}

  template <class Self>
  void operator()(Self& self, boost::system::error_code ec = {}) {
    switch (phase_) {
      case phase::begin:
        assert(!stream_->busy_);
        stream_->busy_ = true;
        break;
      case phase::waiting:
        if (ec) return complete(self, {status::failed, 0, ec});
        break;
      case phase::posted:
        return complete(self, result_);
      case phase::queued:
        break;
    }
    if constexpr (std::is_same_v<Action, handshake_action>) {
      if (!stream_->scratch_->turns.take(stream_->get_executor())) {
        if (phase_ != phase::queued) stream_->scratch_->turns.count_wait();
        phase_ = phase::queued;
        boost::asio::post(stream_->get_executor(), std::move(self));
        return;
      }
    }
    const pause what = run();
    if (what != pause::none) {
      phase_ = phase::waiting;
      using wait = boost::asio::socket_base::wait_type;
      stream_->next_.async_wait(what == pause::for_input ? wait::wait_read : wait::wait_write, std::move(self));
    } else if (phase_ == phase::begin) {
      phase_ = phase::posted;  // finished without a wait: never call the handler from the initiating function
      boost::asio::post(stream_->get_executor(), std::move(self));
    } else {
      complete(self, result_);
    }
  }

 private:
  enum class phase : unsigned char { begin, queued, waiting, posted };
  enum class pause : unsigned char { none, for_input, for_output };

  // Goes on until the result is there (pause::none) or the socket must be waited for.
  pause run() {
    engine& e = stream_->engine_;
    for (;;) {
      if (const byte_view rest = e.stashed(); !rest.empty()) {
        boost::system::error_code ec;
        const std::size_t n = send(rest, ec);
        e.consume_stash(n);
        if (ec && !would_block(ec)) return finish({status::failed, 0, ec});
        if (n != rest.size()) return pause::for_output;
      }
      if (finished_) return pause::none;
      if (hungry_ && !fetch()) return finished_ ? pause::none : pause::for_input;
      if (!act()) return pause::none;
    }
  }

  // Runs the action and sends its output. False: finished, with nothing left over.
  bool act() {
    engine& e = stream_->engine_;
    output_area out{stream_->scratch_->out};
    const step s = action_(e, out, *stream_->scratch_);
    hungry_ = s.what == status::want_input;
    if (s.what != status::want_input && s.what != status::want_output) finish(s);
    boost::system::error_code ec;
    const byte_view filled = out.filled();
    const std::size_t sent = filled.empty() ? 0 : send(filled, ec);
    if (sent == filled.size()) return !finished_;
    if (s.what == status::failed) return false;  // the alert could not go out: the first error counts
    if (ec && !would_block(ec)) return finish({status::failed, 0, ec}), false;
    if (!e.stash(filled.substr(sent))) return finish({status::failed, 0, errc::out_of_memory}), false;
    return true;
  }

  std::size_t send(byte_view data, boost::system::error_code& ec) {
    std::size_t sent = 0;
    while (sent != data.size() && !ec) {
      sent += stream_->next_.write_some(boost::asio::buffer(data.data() + sent, data.size() - sent), ec);
    }
    return sent;
  }

  // Feeds what the engine wants. False: there is nothing yet, or the transport failed (finished_).
  bool fetch() {
    engine& e = stream_->engine_;
    auto& in = stream_->scratch_->in;
    boost::system::error_code ec;
    const std::size_t wanted = e.input_wanted() < in.size() ? e.input_wanted() : in.size();
    const std::size_t n = stream_->next_.read_some(boost::asio::buffer(in.data(), wanted), ec);
    if (would_block(ec)) return false;
    if (ec && ec != boost::asio::error::eof) return finish({status::failed, 0, ec}), false;
    if (ec)
      e.feed_end();
    else
      e.feed({in.data(), n});
    return true;
  }

  pause finish(const step& s) {
    result_ = s;
    finished_ = true;
    return pause::none;
  }

  template <class Self>
  void complete(Self& self, const step& s) {
    stream_->busy_ = false;
    boost::system::error_code ec = s.ec;
    if (s.what == status::eof) ec = boost::asio::error::eof;
    if constexpr (std::is_same_v<Action, read_action> || std::is_same_v<Action, write_action>) {
      self.complete(ec, s.n);
    } else {
      self.complete(ec);
    }
  }

  Stream* stream_;
  Action action_;
  step result_;
  phase phase_ = phase::begin;
  bool finished_ = false;
  bool hungry_ = false;
};

}  // namespace detail
}  // namespace sluice::tls
