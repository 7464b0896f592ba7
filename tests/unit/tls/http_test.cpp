// HTTPS: Beast reads and writes over the stream as over any other.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/http.hpp>

#include "fixture.hpp"
#include "flaky_layer.hpp"
#include "tls/stream.hpp"

using namespace sluice;
using namespace sluice::tests;
namespace http = boost::beast::http;

namespace {

using work = asio::awaitable<void, executor>;
constexpr asio::as_tuple_t<asio::use_awaitable_t<executor>> tuple{};
using tls_stream = tls::stream<tcp_socket&>;

work serve(tls_stream& stream, const std::string& body) {
  auto [failed] = co_await stream.async_handshake(tuple);
  REQUIRE_FALSE(failed);
  boost::beast::flat_static_buffer<4096> buffer;
  http::request<http::string_body> request;
  auto [ec, n] = co_await http::async_read(stream, buffer, request, tuple);
  REQUIRE_FALSE(ec);
  http::response<http::string_body> response(http::status::ok, 11);
  response.set(http::field::server, request.target());
  response.body() = body + request.body();
  response.prepare_payload();
  auto [ec2, n2] = co_await http::async_write(stream, response, tuple);
  REQUIRE_FALSE(ec2);
  co_await stream.async_shutdown(tuple);
}

work ask(tls_stream& stream, http::response<http::string_body>& response) {
  auto [failed] = co_await stream.async_handshake(tuple);
  REQUIRE_FALSE(failed);
  http::request<http::string_body> request(http::verb::post, "/metrics", 11);
  request.body() = std::string(30000, 'q');
  request.prepare_payload();
  auto [ec, n] = co_await http::async_write(stream, request, tuple);
  REQUIRE_FALSE(ec);
  boost::beast::flat_static_buffer<4096> buffer;
  auto [ec2, n2] = co_await http::async_read(stream, buffer, response, tuple);
  REQUIRE_FALSE(ec2);
}

}  // namespace

TEST_CASE("HTTP requests and responses pass through the stream") {
  asio::io_context context{1};
  tcp_socket server(context), client(context);
  asio::basic_socket_acceptor<asio::ip::tcp, executor> acceptor(context, {asio::ip::address_v4::loopback(), 0});
  client.connect(acceptor.local_endpoint());
  acceptor.accept(server);
  tls::loop_scratch scratch;
  tls_stream near(server, scratch, tls::engine(usual_server()));
  tls_stream far(client, scratch, tls::engine(usual_client(), "mx.example.org"));
  http::response<http::string_body> response;
  const std::string body(100000, 'b');
  asio::co_spawn(context, serve(near, body), asio::detached);
  asio::co_spawn(context, ask(far, response), asio::detached);
  context.run_for(std::chrono::seconds(30));
  CHECK(response.result() == http::status::ok);
  CHECK(response[http::field::server] == "/metrics");
  CHECK(response.body() == body + std::string(30000, 'q'));
}
