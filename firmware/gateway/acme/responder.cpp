#include "firmware/gateway/acme/responder.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/write.hpp>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "firmware/gateway/acme/limits.hpp"
#include "net/deadline.hpp"

namespace sluice::gateway::acme {
namespace {

constexpr std::string_view challenge_path = "/.well-known/acme-challenge/";
constexpr std::size_t piece_octets = 512;

std::string reply_of(const char* status, std::string_view body, bool head_only) {
  std::string out = concat("HTTP/1.1 ", status, "\r\nContent-Type: application/octet-stream\r\nContent-Length: ", std::to_string(body.size()),
                    "\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n");
  if (!head_only) out += body;
  return out;
}

}  // namespace

std::string challenge_reply(std::string_view head, const std::vector<challenge>& open) {
  const std::string_view line = head.substr(0, std::min(head.find("\r\n"), head.size()));
  const bool is_head = line.starts_with("HEAD ");
  if (!is_head && !line.starts_with("GET ")) return reply_of("404 Not Found", {}, false);
  std::string_view target = line.substr(is_head ? 5 : 4);
  const std::size_t space = target.find(' ');
  const std::string_view version = space == std::string_view::npos ? std::string_view() : target.substr(space + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return reply_of("400 Bad Request", {}, is_head);
  target = target.substr(0, space);
  if (target.starts_with(challenge_path))
    for (const challenge& c : open)
      if (target.substr(challenge_path.size()) == c.token) return reply_of("200 OK", c.answer, is_head);
  return reply_of("404 Not Found", {}, is_head);
}

struct responder::visit {
  explicit visit(net::tcp_socket s) : socket(std::move(s)) {}
  net::tcp_socket socket;
  net::deadline until;
};

struct responder::face {
  explicit face(const net::executor& e) : acceptor(e) {}
  net::tcp_acceptor acceptor;
  std::size_t most = 1;
  std::vector<challenge> challenges;
  std::list<std::shared_ptr<visit>> visits;  // oldest first
};

std::string responder::open(const config::endpoint& at, std::size_t connections, std::vector<challenge> challenges) {
  close();
  auto f = std::make_shared<face>(home_.loop().get_executor());
  f->most = connections;
  f->challenges = std::move(challenges);
  net::error_code ec;
  const auto address = net::asio::ip::make_address(at.host, ec);
  const net::asio::ip::tcp::endpoint where(address, at.port);
  if (!ec) f->acceptor.open(where.protocol(), ec);
  if (!ec) f->acceptor.set_option(net::asio::socket_base::reuse_address(true), ec);
  if (!ec && address.is_v6()) f->acceptor.set_option(net::asio::ip::v6_only(!address.is_unspecified()), ec);
  if (!ec) f->acceptor.bind(where, ec);
  if (!ec) f->acceptor.listen(static_cast<int>(connections), ec);
  if (!ec) f->acceptor.non_blocking(true, ec);
  if (ec) return ec.message();
  face_ = f;
  auto work = accept(std::move(f));
  net::asio::co_spawn(home_.loop(), std::move(work), net::asio::detached);
  return {};
}

void responder::close() {
  if (!face_) return;
  net::error_code ignored;
  face_->acceptor.close(ignored);
  for (const auto& v : face_->visits) v->until.fire_now();
  face_.reset();
}

net::awaitable<void> responder::accept(std::shared_ptr<face> at) {
  net::timer pause(home_.loop().get_executor());
  while (at->acceptor.is_open()) {
    auto [ec, socket] = co_await at->acceptor.async_accept(net::use);
    if (!at->acceptor.is_open()) co_return;
    if (ec) {  // no descriptor left, or the client has gone again
      pause.expires_after(std::chrono::milliseconds(100));
      [[maybe_unused]] auto [waited] = co_await pause.async_wait(net::use);
      continue;
    }
    if (at->visits.size() >= 2 * at->most) continue;  // those told to leave have not left yet
    if (at->visits.size() >= at->most) at->visits.front()->until.fire_now();
    auto who = std::make_shared<visit>(std::move(socket));
    at->visits.push_back(who);
    auto work = serve(at, std::move(who));
    net::asio::co_spawn(home_.loop(), std::move(work), net::asio::detached);
  }
}

net::awaitable<void> responder::serve(std::shared_ptr<face> at, std::shared_ptr<visit> who) {
  home_.watch(who->until);
  net::error_code ec;
  who->socket.non_blocking(true, ec);
  who->until.set_not_after(net::clock::now() + std::chrono::milliseconds(most_challenge_ms));
  who->until.arm(who->socket, std::chrono::milliseconds(most_challenge_ms));
  std::string head;
  std::array<char, piece_octets> piece;
  bool whole = false;
  while (!whole && head.size() < most_head_octets) {
    auto [error, n] = co_await who->socket.async_read_some(net::asio::buffer(piece), net::use);
    if (error) break;
    head.append(piece.data(), std::min(n, most_head_octets - head.size()));
    whole = head.find("\r\n\r\n") != std::string::npos;
  }
  if (whole) {
    const std::string reply = challenge_reply(head, at->challenges);
    const bool good = reply.starts_with("HTTP/1.1 200");
    answered_ += good ? 1 : 0;
    const auto peer = who->socket.remote_endpoint(ec);
    log::line(log::level::debug, "acme-challenge").with("client", ec ? std::string() : peer.address().to_string()).with("found", good ? "yes" : "no");
    [[maybe_unused]] auto [error, n] = co_await net::asio::async_write(who->socket, net::asio::buffer(reply), net::use);
    who->socket.shutdown(net::tcp_socket::shutdown_send, ec);
  }
  who->until.disarm();
  at->visits.remove(who);
  who->socket.close(ec);
}

}  // namespace sluice::gateway::acme
