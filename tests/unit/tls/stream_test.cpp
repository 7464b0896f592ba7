#include "tls/stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>

#include "fixture.hpp"
#include "flaky_layer.hpp"

using namespace sluice;
using namespace sluice::tests;

namespace {

using work = asio::awaitable<void, executor>;
constexpr asio::as_tuple_t<asio::use_awaitable_t<executor>> tuple{};

// Two ends of a loopback connection.
struct connection {
  asio::io_context context{1};
  tcp_socket server{context}, client{context};
  tls::loop_scratch scratch;

  connection() {
    asio::basic_socket_acceptor<asio::ip::tcp, executor> acceptor(context, {asio::ip::address_v4::loopback(), 0});
    client.connect(acceptor.local_endpoint());
    acceptor.accept(server);
    server.set_option(asio::ip::tcp::no_delay(true));
    client.set_option(asio::ip::tcp::no_delay(true));
  }
  tls::engine server_engine(tls::version v = tls::version::tls13) { return tls::engine(usual_server(v)); }
  tls::engine client_engine() { return tls::engine(usual_client(), "mx.example.org"); }

  // Runs until both are finished; a test that hangs fails after a while.
  void run(work a, work b) {
    asio::co_spawn(context, std::move(a), asio::detached);
    asio::co_spawn(context, std::move(b), asio::detached);
    context.run_for(std::chrono::seconds(30));
    CHECK(context.stopped());
  }
};

std::string pattern(std::size_t n) {
  std::string s(n, '\0');
  for (std::size_t i = 0; i < n; ++i) s[i] = static_cast<char>('!' + (i * 31 + i / 4096) % 90);
  return s;
}

struct outcome {
  error_code ec;
  std::string got;
};

// Handshake, then `send` in `piece`s, then reads until the peer ends; closes if it was told to.
template <class Stream>
work talk(Stream& stream, std::string send, std::size_t expect, bool close, outcome& result) {
  auto [failed] = co_await stream.async_handshake(tuple);
  result.ec = failed;
  if (failed) {
    stream.next_layer_close();
    co_return;
  }
  if (!send.empty()) {
    auto [ec, n] = co_await asio::async_write(stream, asio::buffer(send), tuple);
    result.ec = ec;
  }
  std::array<char, 5000> buffer;
  while (!result.ec && result.got.size() < expect) {
    auto [ec, n] = co_await stream.async_read_some(asio::buffer(buffer), tuple);
    result.got.append(buffer.data(), n);
    result.ec = ec;
  }
  if (!result.ec && close) {
    auto [ec] = co_await stream.async_shutdown(tuple);
    result.ec = ec;
  }
  if (result.ec || close) stream.next_layer_close();
}

// A stream over some layer that knows how to close the socket below.
template <class Layer>
struct closing_stream : tls::stream<Layer> {
  tcp_socket* socket;
  template <class Arg>
  closing_stream(Arg&& layer, tcp_socket& s, tls::loop_scratch& scratch, tls::engine e)
      : tls::stream<Layer>(std::forward<Arg>(layer), scratch, std::move(e)), socket(&s) {}
  void next_layer_close() {
    error_code ignored;
    socket->close(ignored);
  }
};
using plain_stream = closing_stream<tcp_socket&>;
using flaky_stream = closing_stream<flaky_layer>;

}  // namespace

TEST_CASE("data goes both ways over sockets, in both versions") {
  for (tls::version v : {tls::version::tls12, tls::version::tls13}) {
    connection c;
    plain_stream server(c.server, c.server, c.scratch, c.server_engine(v));
    plain_stream client(c.client, c.client, c.scratch, c.client_engine());
    const std::string up = pattern(100000), down = pattern(70000);
    outcome s, k;
    c.run(talk(server, down, up.size(), true, s), talk(client, up, down.size(), true, k));
    CHECK((s.got == up));
    CHECK((k.got == down));
    CHECK_FALSE(s.ec);
    CHECK_FALSE(k.ec);
    CHECK(std::string(server.session().version()) == (v == tls::version::tls13 ? "TLSv1.3" : "TLSv1.2"));
    CHECK(server.session().server_name() == "mx.example.org");
  }
}

TEST_CASE("a plain connection is upgraded in place, as STARTTLS does") {
  connection c;
  outcome s, k;
  const auto serve = [](connection& at, outcome& result) -> work {
    std::array<char, 64> line;
    co_await asio::async_write(at.server, asio::buffer("220 ready\r\n", 11), tuple);
    auto [ec, n] = co_await at.server.async_read_some(asio::buffer(line), tuple);
    CHECK(std::string(line.data(), n) == "STARTTLS\r\n");
    co_await asio::async_write(at.server, asio::buffer("220 go ahead\r\n", 14), tuple);
    std::optional<plain_stream> tls;
    tls.emplace(at.server, at.server, at.scratch, at.server_engine());
    co_await talk(*tls, "250 again\r\n", 6, true, result);
  };
  const auto ask = [](connection& at, outcome& result) -> work {
    std::array<char, 64> line;
    co_await at.client.async_read_some(asio::buffer(line), tuple);
    co_await asio::async_write(at.client, asio::buffer("STARTTLS\r\n", 10), tuple);
    auto [ec, n] = co_await at.client.async_read_some(asio::buffer(line), tuple);
    CHECK(std::string(line.data(), n) == "220 go ahead\r\n");
    std::optional<plain_stream> tls;
    tls.emplace(at.client, at.client, at.scratch, at.client_engine());
    co_await talk(*tls, "EHLO x", 11, true, result);
  };
  c.run(serve(c, s), ask(c, k));
  CHECK(s.got == "EHLO x");
  CHECK(k.got == "250 again\r\n");
}

TEST_CASE("each operation of the layer below may fail: the session ends with that error, nothing hangs") {
  const std::string up = pattern(9000), down = pattern(9000);
  for (bool server_side : {true, false}) {
    int n = 0;
    for (bool worked = false; !worked; ++n) {
      REQUIRE(n < 500);
      connection c;
      faults of_server, of_client;
      (server_side ? of_server : of_client).fail_at = n;
      of_server.chunk = of_client.chunk = 700;
      flaky_stream server(flaky_layer(c.server, of_server), c.server, c.scratch, c.server_engine());
      flaky_stream client(flaky_layer(c.client, of_client), c.client, c.scratch, c.client_engine());
      outcome s, k;
      c.run(talk(server, down, up.size(), true, s), talk(client, up, down.size(), true, k));
      const outcome& hit = server_side ? s : k;
      const int made = (server_side ? of_server : of_client).operations;
      worked = made <= n;  // there is no Nth operation any more
      if (worked) {
        CHECK((s.got == up));
        CHECK((k.got == down));
      } else {
        INFO("operation " << n);
        const bool last_words = !hit.ec && hit.got == (server_side ? up : down);  // the close_notify was lost
        CHECK((hit.ec == asio::error::connection_reset || last_words));
        CHECK((hit.got.empty() || (server_side ? up : down).starts_with(hit.got)));
      }
    }
    CHECK(n > 40);
  }
}

TEST_CASE("a layer that takes one octet at a time, and blocks in between, changes nothing") {
  for (tls::version v : {tls::version::tls12, tls::version::tls13}) {
    for (std::size_t chunk : {1U, 3U, 4096U}) {
      connection c;
      faults plan;
      plan.chunk = chunk;
      plan.block_every_other = true;
      flaky_stream server(flaky_layer(c.server, plan), c.server, c.scratch, c.server_engine(v));
      flaky_stream client(flaky_layer(c.client, plan), c.client, c.scratch, c.client_engine());
      const std::string up = pattern(5000), down = pattern(6000);
      outcome s, k;
      c.run(talk(server, down, up.size(), true, s), talk(client, up, down.size(), true, k));
      CHECK((s.got == up));
      CHECK((k.got == down));
    }
  }
}

TEST_CASE("a socket that is full holds the writer back; the octets held are few, counted, and given back") {
  connection c;
  c.server.set_option(asio::socket_base::send_buffer_size(20000));
  c.client.set_option(asio::socket_base::receive_buffer_size(20000));
  plain_stream server(c.server, c.server, c.scratch, c.server_engine());
  plain_stream client(c.client, c.client, c.scratch, c.client_engine());
  const std::string down = pattern(250000);
  outcome s;
  std::string got;
  std::uint64_t before = 0, blocked = 0;
  const auto slow = [&]() -> work {
    auto [failed] = co_await client.async_handshake(tuple);
    CHECK_FALSE(failed);
    before = tls::heap::usage().used();
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor> pause(
        c.context, std::chrono::milliseconds(50));
    co_await pause.async_wait(tuple);
    blocked = heap_in_use();
    std::vector<char> buffer(20000);
    while (got.size() < down.size()) {
      auto [ec, n] = co_await client.async_read_some(asio::buffer(buffer), tuple);
      if (ec) break;
      got.append(buffer.data(), n);
    }
    client.next_layer_close();
  };
  c.run(talk(server, down, 1, true, s), slow());
  CHECK((got == down));
  CHECK(blocked <= before + tls::limits::gather_out_bytes + 64);
}

TEST_CASE("small buffers of one write become one record") {
  connection c;
  plain_stream server(c.server, c.server, c.scratch, c.server_engine());
  plain_stream client(c.client, c.client, c.scratch, c.client_engine());
  outcome s;
  std::vector<std::size_t> reads;
  const auto write = [&]() -> work {
    auto [failed] = co_await client.async_handshake(tuple);
    CHECK_FALSE(failed);
    const std::string name = "Subject: ", value(100, 'v'), end = "\r\n", body(10000, 'b');
    const std::array<asio::const_buffer, 5> header{asio::buffer(name), asio::const_buffer(), asio::buffer(value),
                                                   asio::buffer(end), asio::const_buffer()};
    auto [ec, n] = co_await client.async_write_some(header, tuple);
    CHECK(n == 111);
    const std::array<asio::const_buffer, 2> both{asio::buffer(end), asio::buffer(body)};
    auto [ec2, n2] = co_await client.async_write_some(both, tuple);
    CHECK(n2 == 2 * tls::limits::record_out_bytes);
    auto [ec3, n3] = co_await client.async_write_some(asio::const_buffer(), tuple);
    CHECK((!ec3 && n3 == 0));
    co_await client.async_shutdown(tuple);
  };
  const auto read = [&]() -> work {
    auto [failed] = co_await server.async_handshake(tuple);
    CHECK_FALSE(failed);
    std::vector<char> buffer(20000);
    for (;;) {
      auto [ec, n] = co_await server.async_read_some(asio::buffer(buffer), tuple);
      if (ec) {
        s.ec = ec;
        break;
      }
      reads.push_back(n);
    }
  };
  c.run(write(), read());
  CHECK(reads == std::vector<std::size_t>{111, 4096, 4096});
  CHECK(s.ec == asio::error::eof);
}

TEST_CASE("a reader learns whether the peer said goodbye") {
  for (bool polite : {true, false}) {
    connection c;
    plain_stream server(c.server, c.server, c.scratch, c.server_engine());
    plain_stream client(c.client, c.client, c.scratch, c.client_engine());
    outcome s;
    const auto leave = [&]() -> work {
      co_await client.async_handshake(tuple);
      co_await asio::async_write(client, asio::buffer("QUIT\r\n", 6), tuple);
      if (polite) co_await client.async_shutdown(tuple);
      client.next_layer_close();  // data, goodbye and the end arrive together
    };
    c.run(talk(server, "", 1000, false, s), leave());
    CHECK(s.got == "QUIT\r\n");
    CHECK(s.ec == (polite ? error_code(asio::error::eof) : make_error_code(tls::errc::truncated)));
  }
}

TEST_CASE("a client that speaks no TLS is told apart, and gets no plain text back") {
  connection c;
  plain_stream server(c.server, c.server, c.scratch, c.server_engine());
  outcome s;
  const auto shout = [&]() -> work {
    co_await asio::async_write(c.client, asio::buffer("EHLO x\r\n", 8), tuple);
    std::array<char, 100> buffer;
    auto [ec, n] = co_await c.client.async_read_some(asio::buffer(buffer), tuple);
    CHECK((n == 0 || buffer[0] == 21));  // nothing, or an alert
  };
  c.run(talk(server, "", 1, false, s), shout());
  CHECK(s.ec == tls::errc::not_tls);
}

TEST_CASE("no handler runs inside the function that started it") {
  connection c;
  plain_stream server(c.server, c.server, c.scratch, c.server_engine());
  int handlers = 0;
  bool inside = true;
  std::array<char, 1> one;
  const auto note = [&](error_code ec, auto...) {
    CHECK_FALSE(inside);
    CHECK(ec == tls::errc::not_started);
    ++handlers;
  };
  server.async_read_some(asio::buffer(one), note);  // fails at once
  inside = false;
  c.context.run();
  c.context.restart();
  inside = true;
  server.async_write_some(asio::buffer(one), note);
  inside = false;
  c.context.run();
  CHECK(handlers == 2);
}

TEST_CASE("an operation can be cancelled while it waits, in the handshake and in a read") {
  for (bool in_handshake : {true, false}) {
    connection c;
    plain_stream server(c.server, c.server, c.scratch, c.server_engine());
    plain_stream client(c.client, c.client, c.scratch, c.client_engine());
    asio::cancellation_signal stop;
    error_code got;
    std::array<char, 10> buffer;
    if (in_handshake) {
      server.async_handshake(asio::bind_cancellation_slot(stop.slot(), [&](error_code ec) { got = ec; }));
      c.context.run_for(std::chrono::milliseconds(10));
    } else {
      int done = 0;
      server.async_handshake([&](error_code ec) { done += !ec; });
      client.async_handshake([&](error_code ec) { done += !ec; });
      c.context.run();
      REQUIRE(done == 2);
      c.context.restart();
      server.async_read_some(asio::buffer(buffer),
                             asio::bind_cancellation_slot(stop.slot(), [&](error_code ec, std::size_t) { got = ec; }));
      c.context.run_for(std::chrono::milliseconds(10));
    }
    stop.emit(asio::cancellation_type::terminal);
    c.context.restart();
    c.context.run();
    CHECK(got == asio::error::operation_aborted);
  }
}

TEST_CASE("streams, sockets and loop may be destroyed while operations wait") {
  const std::uint64_t before = heap_in_use();
  for (int kind = 0; kind < 3; ++kind) {
    bool called = false;
    {
      std::optional<connection> c(std::in_place);
      std::optional<plain_stream> server(std::in_place, c->server, c->server, c->scratch, c->server_engine());
      server->async_handshake([&](error_code) { called = true; });
      c->context.run_for(std::chrono::milliseconds(5));
      if (kind == 0) {
        c->server.close();  // the handler runs with operation_aborted
        c->context.restart();
        c->context.run();
        CHECK(called);
      } else if (kind == 1) {
        c->context.stop();  // never runs again: the handler is destroyed with the loop
      }
    }
    CHECK(called == (kind == 0));
  }
  CHECK(heap_in_use() == before);
}
