// The Asio vocabulary of the I/O shell. One single-threaded io_context per core, so the executor is concrete
// everywhere: sockets and timers are smaller than with any_io_executor and no strand is needed.
#pragma once
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>

namespace sluice::net {

namespace asio = boost::asio;
using error_code = boost::system::error_code;
using executor = asio::io_context::executor_type;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
using tcp_acceptor = asio::basic_socket_acceptor<asio::ip::tcp, executor>;
using clock = std::chrono::steady_clock;
using timer = asio::basic_waitable_timer<clock, asio::wait_traits<clock>, executor>;

template <class T>
using awaitable = asio::awaitable<T, executor>;

// Errors come back as values: `auto [ec, n] = co_await socket.async_read_some(buffer, use);`
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<executor>> use{};

}  // namespace sluice::net
