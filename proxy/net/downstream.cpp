#include "net/downstream.hpp"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <cstring>
#include <ctime>

#include "core/concat.hpp"
#include "core/log.hpp"

namespace sluice::net {
namespace {

// How long a session waits for one of the connections that its route allows, and how often it looks.
constexpr milliseconds place_wait{5'000}, place_poll{50};

void tell_no_tls(std::string_view host, std::string_view why, bool required) {
  log::line(log::level::warning, "downstream-tls-failed").with("host", host).with("why", why).with("then", required ? "no mail" : "in the clear");
}

// A host without extensions says 5xx to EHLO; 421 and other temporary replies are failures, not a lack of ESMTP.
bool means_no_esmtp(const smtp::reply& r) { return r.permanent(); }

}  // namespace

std::string key_of(const host_settings& host) {
  const bool v6 = host.name.find(':') != std::string::npos;
  return concat((v6 ? concat("[", host.name, "]") : host.name), ":", std::to_string(host.port));
}

downstream::downstream(asio::io_context& loop, tls::loop_scratch& scratch, shared& all, deadline& until)
    : loop_(&loop), all_(&all), until_(&until), stream_(tcp_socket(loop.get_executor()), scratch) {}

downstream::~downstream() {
  if (leased_tls_) all_->relay_tls.give_back(1);
  if (has_place_) all_->host_connections.leave(key_);
}

void downstream::lost(std::string_view why) {
  if (!broken_ && !discreet) {
    all_->counters.add(counter::downstream_failures);
    all_->capabilities.failed(key_, why, std::time(nullptr));
  }
  drop();
}

// A host that has as many connections as its route allows may lose one soon: wait a little.
awaitable<bool> downstream::take_place(std::uint32_t most) {
  has_place_ = all_->host_connections.enter(key_, most);
  if (has_place_) co_return true;
  const clock::time_point last = clock::now() + place_wait;
  timer wait(loop_->get_executor());
  all_->host_connections.begin_wait(key_);
  while (!has_place_ && clock::now() < last && !all_->stopping.load(std::memory_order_relaxed)) {
    wait.expires_after(place_poll);
    [[maybe_unused]] auto [ec] = co_await wait.async_wait(use);
    has_place_ = all_->host_connections.enter(key_, most);
  }
  all_->host_connections.end_wait(key_);
  co_return has_place_;
}

awaitable<bool> downstream::connect(const host_settings& host, milliseconds limit, std::uint32_t buffer_bytes) {
  using resolver_type = asio::ip::basic_resolver<asio::ip::tcp, executor>;
  boost::container::small_vector<asio::ip::tcp::endpoint, 4> targets;
  error_code ec;
  const auto literal = asio::ip::make_address(host.name, ec);
  if (!ec) {
    targets.emplace_back(literal, host.port);
  } else {
    resolver_type resolver(loop_->get_executor());
    auto [error, found] = co_await resolver.async_resolve(host.name, std::to_string(host.port), use);
    if (error) {
      lost(concat("name does not resolve: ", error.message()));
      co_return false;
    }
    for (const auto& entry : found) targets.push_back(entry.endpoint());
  }
  std::string why = "no address";
  for (const auto& target : targets) {
    stream_.close();
    tcp_socket& socket = stream_.socket();
    socket.open(target.protocol(), ec);
    if (!ec) socket.set_option(asio::socket_base::receive_buffer_size(static_cast<int>(buffer_bytes)), ec);
    if (!ec) socket.set_option(asio::socket_base::send_buffer_size(static_cast<int>(buffer_bytes)), ec);
    until_->arm(socket, limit);
    auto [error] = co_await socket.async_connect(target, use);
    until_->disarm();
    if (!error) {
      socket.set_option(asio::ip::tcp::no_delay(true), ec);
      socket.non_blocking(true, ec);
      all_->counters.add(counter::downstream_connects);
      co_return true;
    }
    why = until_->fired() ? "connect timed out" : error.message();
  }
  lost(why);
  co_return false;
}

awaitable<smtp::cause> downstream::open(const route_settings& route, const host_settings& host, std::string helo,
                                        const deadline_settings& limits) {
  key_ = key_of(host);
  helo_ = std::move(helo);
  limits_ = limits;
  const bool allowed = co_await take_place(route.connections + (discreet ? 1 : 0));  // a test mail takes nobody's place
  if (!allowed) co_return smtp::cause::downstream_busy;
  smtp::cause failure = co_await greet(route, host, route.tls != relay_tls::off);
  if (failure == smtp::cause::downstream_tls && route.tls == relay_tls::opportunistic) {
    // Better in the clear than not at all is what opportunistic means; a connection of its own, the old one is unusable.
    tell_no_tls(key_, "handshake", false);
    stream_.reset();
    if (leased_tls_) all_->relay_tls.give_back(1);
    leased_tls_ = broken_ = false;
    begin_ = end_ = 0;
    replies_ = {};
    failure = co_await greet(route, host, false);
  }
  if (failure == smtp::cause::none) all_->capabilities.learned(key_, offers_, std::time(nullptr));
  co_return failure;
}

awaitable<smtp::cause> downstream::greet(const route_settings& route, const host_settings& host, bool with_tls) {
  const bool connected = co_await connect(host, route.connect_timeout, 32 * 1024);
  if (!connected) co_return smtp::cause::downstream_unreachable;
  const answer greeting = co_await read_reply(limits_.downstream_greeting);
  if (greeting.failure != smtp::cause::none) co_return greeting.failure;
  if (!greeting.reply.positive()) {
    lost(concat("greeted with ", std::to_string(greeting.reply.code)));
    co_return smtp::cause::downstream_unreachable;
  }
  smtp::cause failure = co_await hello();
  if (failure == smtp::cause::none && with_tls) failure = co_await start_tls(route, host);
  co_return failure;
}

awaitable<smtp::cause> downstream::hello() {
  std::array<char, 512> line;
  smtp::command_writer out(line);
  if (!out.ehlo(helo_)) co_return smtp::cause::internal_error;
  const byte_view text = out.text();
  const smtp::cause sent = co_await write({&text, 1});
  if (sent != smtp::cause::none) co_return sent;
  smtp::ehlo_parser parser;
  for (;;) {
    byte_view in(in_.data() + begin_, end_ - begin_);
    const std::size_t before = in.size();
    const auto status = parser.next(in);
    begin_ += before - in.size();
    if (status == smtp::reply_parser::status::done) break;
    if (status == smtp::reply_parser::status::failed) {
      lost(smtp::name_of(parser.error()));
      co_return smtp::cause::downstream_malformed;
    }
    if (status == smtp::reply_parser::status::need_input) {
      const bool more = co_await fill(limits_.downstream_command);
      if (!more) co_return smtp::cause::downstream_lost;
    }
  }
  if (parser.value().positive()) {
    offers_ = parser.offered();
    co_return smtp::cause::none;
  }
  if (!means_no_esmtp(parser.value())) {
    lost(concat("refused EHLO with ", std::to_string(parser.value().code)));
    co_return smtp::cause::downstream_unreachable;
  }
  offers_ = {};
  out.clear();
  if (!out.helo(helo_)) co_return smtp::cause::internal_error;
  const answer plain = co_await command(out.text());
  if (plain.failure != smtp::cause::none) co_return plain.failure;
  if (plain.ok()) co_return smtp::cause::none;
  lost(concat("refused HELO with ", std::to_string(plain.reply.code)));
  co_return smtp::cause::downstream_unreachable;
}

awaitable<smtp::cause> downstream::start_tls(const route_settings& route, const host_settings& host) {
  const bool required = route.tls == relay_tls::required;
  if (!offers_.has(smtp::extension::starttls)) {
    if (!required) co_return smtp::cause::none;
    lost("does not offer STARTTLS, which the route requires");
    co_return smtp::cause::downstream_tls;
  }
  leased_tls_ = all_->relay_tls.try_take(1);
  if (!leased_tls_) {
    // Without an engine an opportunistic route goes on in the clear; a required one waits for better times.
    tell_no_tls(key_, "memory.relay_tls_sessions in use", required);
    if (!required) co_return smtp::cause::none;
    drop();
    co_return smtp::cause::downstream_tls;
  }
  const answer ready = co_await command("STARTTLS\r\n");
  if (ready.failure != smtp::cause::none) co_return ready.failure;
  if (!ready.ok()) {
    if (!required) {
      tell_no_tls(key_, "STARTTLS refused", false);
      co_return smtp::cause::none;
    }
    lost("refused STARTTLS");
    co_return smtp::cause::downstream_tls;
  }
  begin_ = end_ = 0;  // RFC 3207 4.2: what came in the clear behind the reply does not count
  error_code ec;
  tls::engine engine(route.tls_context, route.tls_name.empty() ? host.name : route.tls_name);
  co_await stream_.handshake(std::move(engine), *until_, limits_.handshake, ec);
  if (ec) {
    if (required) lost(concat("TLS handshake: ", ec.message()));
    else drop();
    co_return smtp::cause::downstream_tls;
  }
  co_return co_await hello();
}

awaitable<smtp::cause> downstream::introduce(const smtp::client_info& client, const route_settings& route) {
  const bool known = introduced;
  introduced = true;
  std::array<char, 2048> text;
  smtp::command_writer out(text);
  if (route.send_xclient && offers_.has(smtp::extension::xclient)) {
    if (known) co_return smtp::cause::none;
    if (!out.xclient(client, offers_) || out.text().empty()) co_return smtp::cause::none;
    const answer a = co_await command(out.text());
    if (a.failure != smtp::cause::none) co_return a.failure;
    if (!a.ok() && transactions > 0) {  // it may have taken the client before, and would take this one for that one
      drop();
      co_return smtp::cause::downstream_lost;
    }
    if (!a.ok()) co_return smtp::cause::none;  // not trusted after all: it sees our own address
    co_return co_await hello();
  }
  if (route.send_xforward && offers_.has(smtp::extension::xforward)) {
    if (!out.xforward(client, offers_) || out.text().empty()) co_return smtp::cause::none;
    const byte_view lines = out.text();
    const smtp::cause sent = co_await write({&lines, 1});
    if (sent != smtp::cause::none) co_return sent;
    const auto commands = std::count(lines.begin(), lines.end(), '\n');
    for (std::ptrdiff_t i = 0; i < commands; ++i) {
      const answer a = co_await read_reply(limits_.downstream_command);
      if (a.failure != smtp::cause::none) co_return a.failure;
    }
  }
  co_return smtp::cause::none;
}

awaitable<smtp::cause> downstream::write(std::span<const byte_view> data) {
  error_code ec;
  co_await stream_.write(data, *until_, limits_.downstream_write, ec);
  if (!ec) co_return smtp::cause::none;
  closed_unasked_ = !until_->fired();
  lost(until_->fired() ? "took no data in time" : ec.message());
  co_return smtp::cause::downstream_lost;
}

awaitable<bool> downstream::fill(milliseconds limit) {
  if (begin_ > 0) {
    std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  error_code ec;
  const std::size_t n = co_await stream_.read({in_.data() + end_, in_.size() - end_}, *until_, limit, ec);
  if (ec || n == 0) {
    lost(until_->fired() ? "no reply in time" : ec.message());
    co_return false;
  }
  end_ += n;
  co_return true;
}

awaitable<answer> downstream::read_reply(milliseconds limit) {
  answer a;
  for (bool heard = false;;) {
    byte_view in(in_.data() + begin_, end_ - begin_);
    const std::size_t before = in.size();
    heard = heard || before > 0;
    const auto status = replies_.next(in);
    begin_ += before - in.size();
    if (status == smtp::reply_parser::status::done) {
      a.reply = replies_.value();
      if (a.reply.permanent() || a.reply.transient()) ++refused_commands;
      if (a.reply.code == 421) broken_ = true;  // it is closing (RFC 5321 3.8); nothing more can be asked
      co_return a;
    }
    if (status == smtp::reply_parser::status::failed) {
      lost(smtp::name_of(replies_.error()));
      a.failure = smtp::cause::downstream_malformed;
      co_return a;
    }
    if (status == smtp::reply_parser::status::line) continue;
    const bool more = co_await fill(limit);
    if (!more) {
      closed_unasked_ = !heard && !until_->fired();
      a.failure = smtp::cause::downstream_lost;
      co_return a;
    }
  }
}

awaitable<answer> downstream::command(byte_view lines) {
  answer a;
  a.failure = co_await write({&lines, 1});
  if (a.failure != smtp::cause::none) co_return a;
  a = co_await read_reply(limits_.downstream_command);
  co_return a;
}

awaitable<void> downstream::quit() {
  if (!broken_) {
    const byte_view line = "QUIT\r\n";
    error_code ec;
    co_await stream_.write({&line, 1}, *until_, milliseconds{2'000}, ec);
  }
  co_await stream_.shutdown(*until_, milliseconds{1'000});
  broken_ = true;
}

}  // namespace sluice::net
