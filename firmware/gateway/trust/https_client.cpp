#include "firmware/gateway/trust/https_client.hpp"

#include <array>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "core/concat.hpp"
#include "net/byte_stream.hpp"
#include "tls/context.hpp"

namespace sluice::gateway {
namespace {

namespace http = boost::beast::http;
constexpr std::uint32_t most_header_octets = 8 * 1024;
constexpr const char* system_bundle = "/etc/ssl/certs/ca-certificates.crt";

// An engine of the budget that relays use, given back at the end.
struct engine_lease {
  gauge& engines;
  bool taken;
  explicit engine_lease(gauge& g) : engines(g), taken(g.try_take(1)) {}
  ~engine_lease() {
    if (taken) engines.give_back(1);
  }
};

struct session {
  net::byte_stream stream;
  net::deadline until;
  std::chrono::milliseconds time;
  session(net::worker& home, std::chrono::milliseconds limit) : stream(net::tcp_socket(home.loop().get_executor()), home.scratch()), time(limit) {
    until.set_not_after(net::clock::now() + limit);
    home.watch(until);
  }
};

std::string request_text(const https_request& q) {
  const bool v6 = q.at.host.find(':') != std::string::npos;
  std::string out = concat(std::string(q.method), " ", q.target, " HTTP/1.1\r\nHost: ", (v6 ? concat("[", q.at.host, "]") : q.at.host));
  if (q.at.port != 443) append_to(out, ":", std::to_string(q.at.port));
  out += "\r\nUser-Agent: sluice\r\nConnection: close\r\nAccept-Encoding: identity\r\n";
  for (const auto& [name, value] : q.fields) append_to(out, name, ": ", value, "\r\n");
  if (!q.body.empty()) append_to(out, "Content-Length: ", std::to_string(q.body.size()), "\r\n");
  return concat(out, "\r\n", q.body);
}

net::awaitable<std::string> connect(session& s, net::worker& home, const config::endpoint& at) {
  net::error_code ec;
  std::vector<net::asio::ip::tcp::endpoint> targets;
  const auto literal = net::asio::ip::make_address(at.host, ec);
  if (!ec) {
    targets.emplace_back(literal, at.port);
  } else {
    net::asio::ip::basic_resolver<net::asio::ip::tcp, net::executor> resolver(home.loop().get_executor());
    auto [error, found] = co_await resolver.async_resolve(at.host, std::to_string(at.port), net::use);
    if (error) co_return concat("the name does not resolve: ", error.message());
    for (const auto& entry : found) targets.push_back(entry.endpoint());
  }
  std::string why = "no address";
  for (const auto& target : targets) {
    s.stream.close();
    net::tcp_socket& socket = s.stream.socket();
    socket.open(target.protocol(), ec);
    s.until.arm(socket, s.time);
    auto [error] = co_await socket.async_connect(target, net::use);
    s.until.disarm();
    if (!error) {
      socket.non_blocking(true, ec);
      co_return std::string();
    }
    why = s.until.fired() ? "connecting took too long" : error.message();
  }
  co_return why;
}

net::awaitable<https_answer> talk(session& s, const https_request& q) {
  https_answer out;
  net::error_code ec;
  const std::string text = request_text(q);
  const byte_view view(text.data(), text.size());
  co_await s.stream.write({&view, 1}, s.until, s.time, ec);
  if (ec) {
    out.error = concat("sending: ", ec.message());
    co_return out;
  }
  http::response_parser<http::string_body> parser;
  parser.body_limit(q.most_octets);
  parser.header_limit(most_header_octets);
  parser.eager(true);
  if (std::string_view(q.method) == "HEAD") parser.skip(true);  // it tells a length and sends nothing
  std::string waiting;
  std::array<char, 2048> piece;
  while (!parser.is_done()) {
    const std::size_t n = co_await s.stream.read({piece.data(), piece.size()}, s.until, s.time, ec);
    if (ec == net::asio::error::eof) {
      parser.put_eof(ec);
      if (!ec && parser.is_done()) break;
      out.error = "the answer is cut off";
      co_return out;
    }
    if (ec) {
      out.error = s.until.fired() || s.until.past_not_after() ? "the answer took too long" : concat("reading: ", ec.message());
      co_return out;
    }
    waiting.append(piece.data(), n);
    const std::size_t used = parser.put(net::asio::buffer(waiting), ec);
    waiting.erase(0, used);
    if (ec && ec != http::error::need_more) {
      out.error = ec == http::error::body_limit ? concat("the answer is larger than ", std::to_string(q.most_octets), " octets") : concat("the answer is no HTTP: ", ec.message());
      co_return out;
    }
  }
  const auto& got = parser.get();
  out.status = got.result_int();
  out.body = got.body();
  out.etag = std::string(got[http::field::etag]);
  out.signature = std::string(got["Sluice-Signature"]);
  out.nonce = std::string(got["Replay-Nonce"]);
  out.location = std::string(got[http::field::location]);
  out.retry_after = std::string(got[http::field::retry_after]);
  co_return out;
}

}  // namespace

std::shared_ptr<const tls::client_context> https_trust(const std::string& ca_file, std::string& error) {
  tls::client_options options;
  options.verify = tls::verify_mode::required;
  options.ca_file = ca_file.empty() ? system_bundle : ca_file;
  auto built = tls::client_context::build(options);
  if (built) return *built;
  error = built.error().text;
  return nullptr;
}

net::awaitable<https_answer> https_ask(net::worker& home, https_request q) {
  https_answer out;
  const engine_lease lease(home.all().relay_tls);
  if (!lease.taken) {
    out.error = "all TLS engines of memory.relay_tls_sessions are in use";
    co_return out;
  }
  std::shared_ptr<const tls::client_context> context = q.trust;
  if (!context) {
    auto work = [&] { context = https_trust(q.ca_file, out.error); };
    const net::job_ref job(work);
    [[maybe_unused]] const bool ran = co_await home.all().storage.run(home.loop(), job);
  }
  if (!context) {
    if (out.error.empty()) out.error = "the storage thread has too much to do";
    co_return out;
  }
  session s(home, q.time);
  out.error = co_await connect(s, home, q.at);
  if (!out.error.empty()) co_return out;
  net::error_code ec;
  tls::engine engine(context, q.at.host);
  co_await s.stream.handshake(std::move(engine), s.until, s.time, ec);
  if (ec) {
    out.error = concat("TLS: ", ec.message());
    co_return out;
  }
  out = co_await talk(s, q);
  co_await s.stream.shutdown(s.until, s.time);
  co_return out;
}

}  // namespace sluice::gateway
