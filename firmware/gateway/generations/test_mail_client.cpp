#include "firmware/gateway/generations/test_mail_client.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>

#include "net/byte_stream.hpp"
#include "smtp/limits.hpp"
#include "smtp/reply_parser.hpp"

namespace sluice::gateway {
namespace {

constexpr net::milliseconds step_limit{10'000};  // for any single reply; the whole is bounded by its caller

std::string text_of(const smtp::reply& r) {
  std::string out = std::to_string(r.code) + " ";
  if (r.status.klass != 0)
    out += std::to_string(r.status.klass) + "." + std::to_string(r.status.subject) + "." + std::to_string(r.status.detail) + " ";
  return out + std::string(r.text);
}

// One conversation. Every step returns false with result.failed and .why set.
struct conversation {
  conversation(net::worker& h, std::shared_ptr<const net::settings> r, std::size_t at)
      : home(h), rules(std::move(r)), listener(rules->listeners[at]), stream(net::tcp_socket(h.loop().get_executor()), h.scratch()) {
    home.watch(until);
  }

  bool fail(const char* step, std::string why) {
    result.failed = step;
    result.why = until.fired() ? "no answer in time" : std::move(why);
    return false;
  }
  net::awaitable<bool> connect();
  net::awaitable<bool> secure();
  net::awaitable<bool> write(const char* step, std::string text);
  net::awaitable<bool> read(const char* step, std::uint16_t code);
  net::awaitable<bool> command(const char* step, std::string line, std::uint16_t code);
  net::awaitable<bool> hello();
  net::awaitable<bool> talk(const test_mail& mail, std::string recipient);

  net::worker& home;
  std::shared_ptr<const net::settings> rules;
  const net::listener_settings& listener;
  net::deadline until;
  net::byte_stream stream;
  test_mail_result result;
  bool expected = false;       // written down in the probe_book
  bool offers_tls = false;
  net::milliseconds ask_within{0};
  std::size_t begin = 0, end = 0;
  std::array<char, smtp::limits::reply_line_read_bytes> in{};
};

net::awaitable<bool> conversation::connect() {
  namespace ip = net::asio::ip;
  ip::address to = listener.address;
  if (to.is_unspecified()) to = to.is_v6() ? ip::address(ip::address_v6::loopback()) : ip::address(ip::address_v4::loopback());
  net::tcp_socket& socket = stream.socket();
  net::error_code ec;
  socket.open(to.is_v6() ? ip::tcp::v6() : ip::tcp::v4(), ec);
  // The port is ours before the connection is made, so that it can be written down first.
  if (!ec) socket.bind(ip::tcp::endpoint(to, 0), ec);
  const ip::tcp::endpoint from = ec ? ip::tcp::endpoint() : socket.local_endpoint(ec);
  if (ec) co_return fail("connect", ec.message());
  expected = home.all().probes.expect(from, ask_within);
  if (!expected) co_return fail("connect", "another test mail is under way");
  until.arm(socket, step_limit);
  auto [error] = co_await socket.async_connect(ip::tcp::endpoint(to, listener.port), net::use);
  until.disarm();
  if (error) co_return fail("connect", error.message());
  socket.non_blocking(true, ec);
  socket.set_option(ip::tcp::no_delay(true), ec);
  if (!listener.proxy_protocol) co_return true;
  const std::string family = to.is_v6() ? "TCP6 " : "TCP4 ";
  std::string header = "PROXY " + family + to.to_string() + " " + to.to_string() + " " + std::to_string(from.port()) + " " + std::to_string(listener.port) + "\r\n";
  co_return co_await write("connect", std::move(header));
}

net::awaitable<bool> conversation::secure() {
  tls::client_options options;
  auto context = tls::client_context::build(options);
  if (!context) co_return fail("TLS", context.error().text);
  net::error_code ec;
  tls::engine engine(*context, "");
  co_await stream.handshake(std::move(engine), until, step_limit, ec);
  if (ec) co_return fail("TLS", ec.message());
  result.tls = stream.tls_session()->version();
  begin = end = 0;
  co_return true;
}

net::awaitable<bool> conversation::write(const char* step, std::string text) {
  const byte_view all = text;
  net::error_code ec;
  co_await stream.write({&all, 1}, until, step_limit, ec);
  if (ec) co_return fail(step, ec.message());
  co_return true;
}

// One reply; EHLO's lines are looked at for STARTTLS on their way.
net::awaitable<bool> conversation::read(const char* step, std::uint16_t code) {
  smtp::reply_parser parser;
  for (;;) {
    byte_view rest(in.data() + begin, end - begin);
    const std::size_t before = rest.size();
    const auto status = parser.next(rest);
    begin += before - rest.size();
    using is = smtp::reply_parser::status;
    if (status == is::line || status == is::done) {
      if (parser.line_text() == "STARTTLS") offers_tls = true;
      if (status == is::line) continue;
      if (parser.value().code == code) co_return true;
      co_return fail(step, text_of(parser.value()));
    }
    if (status == is::failed) co_return fail(step, "not an SMTP reply");
    if (begin > 0) {
      std::memmove(in.data(), in.data() + begin, end - begin);
      end -= begin;
      begin = 0;
    }
    net::error_code ec;
    const std::size_t n = co_await stream.read({in.data() + end, in.size() - end}, until, step_limit, ec);
    if (ec || n == 0) co_return fail(step, "the connection ended");
    end += n;
  }
}

net::awaitable<bool> conversation::command(const char* step, std::string line, std::uint16_t code) {
  const bool sent = co_await write(step, line + "\r\n");
  if (!sent) co_return false;
  co_return co_await read(step, code);
}

net::awaitable<bool> conversation::hello() {
  offers_tls = false;
  co_return co_await command("EHLO", "EHLO " + rules->hostname, 250);
}

net::awaitable<bool> conversation::talk(const test_mail& mail, std::string recipient) {
  bool good = co_await connect();
  if (good && listener.tls == net::listener_tls::implicit) good = co_await secure();
  if (good) good = co_await read("greeting", 220);
  if (good) good = co_await hello();
  if (good && listener.tls == net::listener_tls::starttls) {
    if (!offers_tls) co_return fail("STARTTLS", "it is not offered");
    good = co_await command("STARTTLS", "STARTTLS", 220);
    if (good) good = co_await secure();
    if (good) good = co_await hello();
  }
  if (good) good = co_await command("MAIL", "MAIL FROM:<>", 250);
  if (good) good = co_await command("RCPT", "RCPT TO:<" + recipient + ">", 250);
  if (good) good = co_await command("DATA", "DATA", 354);
  if (good) good = co_await command("content", mail.content + ".", 250);
  if (!good) co_return false;
  co_await write("QUIT", "QUIT\r\n");
  result.failed.clear();
  result.why.clear();
  co_return true;
}

}  // namespace

std::string text_of(const net::listener_settings& l) {
  const std::string host = l.address.is_v6() ? "[" + l.address.to_string() + "]" : l.address.to_string();
  return host + ":" + std::to_string(l.port);
}

net::awaitable<test_mail_result> send_test_mail(net::worker& home, std::shared_ptr<const net::settings> rules, std::size_t listener,
                                                test_sample sample, std::string recipient, net::milliseconds ask_within,
                                                net::clock::time_point last) {
  const auto began = net::clock::now();
  const test_mail mail = make_test_mail(sample, *rules->rules, rules->hostname, recipient, std::time(nullptr));
  auto c = std::make_unique<conversation>(home, rules, listener);
  c->result.listener = text_of(c->listener);
  c->result.sample = sample;
  c->result.profile = mail.profile;
  c->until.set_not_after(last);
  c->ask_within = ask_within;
  [[maybe_unused]] const bool done = co_await c->talk(mail, std::move(recipient));
  if (c->expected) c->result.found = home.all().probes.end();
  c->stream.close();
  c->result.milliseconds = static_cast<std::uint32_t>(std::chrono::duration_cast<net::milliseconds>(net::clock::now() - began).count());
  co_return std::move(c->result);
}

}  // namespace sluice::gateway
