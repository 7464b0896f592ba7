#include "firmware/gateway/trust/https_client.hpp"

#include <array>
#include <boost/asio/ip/basic_resolver.hpp>

#include "core/concat.hpp"
#include "firmware/gateway/http_answer.hpp"
#include "net/byte_stream.hpp"
#include "tls/context.hpp"
#include "tls/errc.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t most_header_octets = 8 * 1024;
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
  http_answer answer({q.most_octets, most_header_octets, std::string_view(q.method) == "HEAD"});
  std::array<char, 2048> piece;
  for (auto now = http_answer::state::more; now == http_answer::state::more;) {
    const std::size_t n = co_await s.stream.read({piece.data(), piece.size()}, s.until, s.time, ec);
    if (ec && ec != net::asio::error::eof) {
      out.error = s.until.fired() || s.until.past_not_after() ? "the answer took too long" : concat("reading: ", ec.message());
      co_return out;
    }
    now = ec ? answer.ended() : answer.feed({piece.data(), n});
    if (now == http_answer::state::bad) {
      out.error = answer.why();
      co_return out;
    }
  }
  out.status = answer.status();
  out.body = answer.take_body();
  out.etag = answer.field("ETag");
  out.signature = answer.field("Sluice-Signature");
  out.nonce = answer.field("Replay-Nonce");
  out.location = answer.field("Location");
  out.retry_after = answer.field("Retry-After");
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
    // The server itself says who it is, or what it can: the same a minute later.
    out.is_final = ec == make_error_code(tls::errc::certificate_rejected) || ec == make_error_code(tls::errc::no_common_parameters);
    co_return out;
  }
  out = co_await talk(s, q);
  co_await s.stream.shutdown(s.until, s.time);
  co_return out;
}

}  // namespace sluice::gateway
