#include "status/http_server.hpp"

#include <sodium.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/http.hpp>
#include <vector>

#include "core/ascii.hpp"
#include "core/log.hpp"

namespace sluice::status {
namespace {

namespace asio = net::asio;
namespace http = boost::beast::http;

constexpr std::size_t request_bytes = 8 * 1024;  // request line and header fields
constexpr std::size_t requests_per_connection = 100;

using request = http::request<http::empty_body>;
using response = http::response<http::string_body>;

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

// "Bearer TOKEN", or "Basic base64(user:TOKEN)".
bool authorized(std::string_view field, const std::string& token) {
  if (ascii::istarts_with(field, "Bearer ")) return same(ascii::trim(field.substr(7)), token);
  if (!ascii::istarts_with(field, "Basic ") || field.size() > 512) return false;
  const std::string_view code = ascii::trim(field.substr(6));
  std::vector<unsigned char> plain(code.size());
  std::size_t n = 0;
  if (sodium_base642bin(plain.data(), plain.size(), code.data(), code.size(), nullptr, &n, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0)
    return false;
  const std::string_view pair(reinterpret_cast<const char*>(plain.data()), n);
  const std::size_t colon = pair.find(':');
  return colon != std::string_view::npos && same(pair.substr(colon + 1), token);
}

void secure(response& r) {
  r.set(http::field::server, "Sluice");
  r.set(http::field::cache_control, "no-store");
  r.set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'");
  r.set("X-Content-Type-Options", "nosniff");
  r.set("X-Frame-Options", "DENY");
  r.set("Referrer-Policy", "no-referrer");
  r.set("Cross-Origin-Resource-Policy", "same-origin");
  r.set("Cross-Origin-Opener-Policy", "same-origin");
  r.set("Strict-Transport-Security", "max-age=31536000");
}

void put(response& r, const char* type, std::string body) {
  r.set(http::field::content_type, type);
  r.body() = std::move(body);
}

response answer(const request& q, const http_options& options, const http_server::snapshot_source& source) {
  response r(http::status::ok, q.version());
  const std::string_view target(q.target().data(), q.target().size());
  const std::string_view path = target.substr(0, target.find('?'));
  const auto credentials = q[http::field::authorization];
  if (q.method() != http::verb::get && q.method() != http::verb::head) {
    r.result(http::status::method_not_allowed);
    r.set(http::field::allow, "GET, HEAD");
    put(r, "text/plain; charset=utf-8", "Only GET and HEAD are served here.\n");
  } else if (path == "/healthz") {
    put(r, "text/plain; charset=utf-8", "ok\n");
  } else if (path == "/style.css") {
    put(r, "text/css; charset=utf-8", std::string(style_sheet()));
  } else if (!authorized({credentials.data(), credentials.size()}, options.token)) {
    r.result(http::status::unauthorized);
    r.set(http::field::www_authenticate, "Basic realm=\"Sluice: any user, the status token as password\", charset=\"UTF-8\"");
    put(r, "text/plain; charset=utf-8", "The status token is needed: Authorization: Bearer TOKEN.\n");
  } else if (path == "/") {
    put(r, "text/html; charset=utf-8", page_of(source()));
  } else if (path == "/metrics") {
    put(r, "text/plain; version=0.0.4; charset=utf-8", metrics_of(source()));
  } else if (path == "/api/v1/status") {
    put(r, "application/json", report_of(source()));
  } else {
    r.result(http::status::not_found);
    put(r, "text/plain; charset=utf-8", "Not found. Served here: / /metrics /api/v1/status /healthz\n");
  }
  secure(r);
  r.prepare_payload();
  if (q.method() == http::verb::head) r.body().clear();
  return r;
}

}  // namespace

http_server::http_server(net::worker& home, http_options options, snapshot_source source)
    : home_(home),
      options_(std::move(options)),
      source_(std::move(source)),
      slots_(options_.sessions),
      acceptor_(home.loop().get_executor()) {}

http_server::~http_server() = default;

void http_server::use_certificates(std::shared_ptr<const tls::server_context> context) { context_ = std::move(context); }

std::string http_server::listen() {
  net::error_code ec;
  const asio::ip::tcp::endpoint at(asio::ip::make_address(options_.address, ec), options_.port);
  if (!ec) acceptor_.open(at.protocol(), ec);
  if (!ec) acceptor_.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec) acceptor_.bind(at, ec);
  if (!ec) acceptor_.listen(16, ec);
  return ec ? options_.address + ":" + std::to_string(options_.port) + ": " + ec.message() : std::string();
}

std::uint16_t http_server::port() const { return acceptor_.local_endpoint().port(); }

void http_server::start() {
  auto work = accept();
  asio::co_spawn(home_.loop(), std::move(work), asio::detached);
}

void http_server::stop() {
  net::error_code ignored;
  acceptor_.close(ignored);
}

net::awaitable<void> http_server::accept() {
  for (;;) {
    auto [ec, socket] = co_await acceptor_.async_accept(home_.loop().get_executor(), net::use);
    if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) co_return;
    if (ec) {
      net::timer wait(home_.loop().get_executor());
      wait.expires_after(std::chrono::milliseconds(100));
      [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
      continue;
    }
    if (!slots_.try_take(1)) continue;  // closing at once is the only answer that costs nothing
    auto work = serve(std::move(socket));
    asio::co_spawn(home_.loop(), std::move(work), [this](std::exception_ptr) { slots_.give_back(1); });
  }
}

net::awaitable<void> http_server::serve(net::tcp_socket socket) {
  net::error_code ec;
  socket.non_blocking(true, ec);
  net::deadline until;
  home_.watch(until);
  tls::engine engine(context_);
  tls::stream<net::tcp_socket&> stream(socket, home_.scratch(), std::move(engine));
  until.arm(socket, options_.request_timeout);
  auto [handshake] = co_await stream.async_handshake(net::use);
  if (handshake) co_return;
  boost::beast::flat_static_buffer<request_bytes> buffer;
  for (std::size_t served = 0; served < requests_per_connection; ++served) {
    http::request_parser<http::empty_body> parser;
    parser.header_limit(request_bytes - 512);
    parser.body_limit(0);
    until.arm(socket, options_.request_timeout);
    auto [read, n] = co_await http::async_read(stream, buffer, parser, net::use);
    if (read) break;
    response r = answer(parser.get(), options_, source_);
    const bool keep = parser.get().keep_alive() && !home_.all().stopping.load(std::memory_order_relaxed);
    r.keep_alive(keep);
    until.arm(socket, options_.request_timeout);
    http::response_serializer<http::string_body> serializer(r);
    serializer.split(parser.get().method() == http::verb::head);
    net::error_code sent;
    if (parser.get().method() == http::verb::head) {
      auto [e, m] = co_await http::async_write_header(stream, serializer, net::use);
      sent = e;
    } else {
      auto [e, m] = co_await http::async_write(stream, serializer, net::use);
      sent = e;
    }
    if (sent || !keep) break;
  }
  until.arm(socket, std::chrono::milliseconds(1'000));
  [[maybe_unused]] auto [ignored] = co_await stream.async_shutdown(net::use);
  until.disarm();
  socket.close(ec);
}

}  // namespace sluice::status
