#include "net/syslog_sender.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/post.hpp>

#include "core/concat.hpp"

namespace sluice::net {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_pause{1'000}, longest_pause{60'000}, idle_look{500};
constexpr milliseconds connect_limit{15'000}, write_limit{10'000}, goodbye_limit{1'000};
constexpr milliseconds beyond{60'000};  // the guard is first
constexpr std::size_t batch_octets = 16 * 1024;
constexpr int send_buffer_octets = 32 * 1024;
constexpr std::uint32_t last_sequence = 2'147'483'647;  // RFC 5424 7.3.1: then 1 again

// What a server says (session tickets) is never needed; but a socket that is closed over octets it has not read resets the
// connection, and the server loses what it had not read yet.
void drain(int socket) {
  std::array<char, 1024> nothing;
  while (::recv(socket, nothing.data(), nothing.size(), MSG_DONTWAIT) > 0) {
  }
}

}  // namespace

syslog_sender::syslog_sender(worker& home)
    : home_(home), wait_(home.loop().get_executor()), guard_(home.loop().get_executor()), stream_(tcp_socket(home.loop().get_executor()), home.scratch()),
      datagrams_(home.loop().get_executor()) {
  home_.watch(until_);
  log::add_sink(*this);
}

syslog_sender::~syslog_sender() { log::remove_sink(*this); }

void syslog_sender::configure(syslog_options options) {
  {
    const std::lock_guard lock(origin_mutex_);
    assign_cut(origin_.host, options.own_name);
    origin_.enterprise = options.enterprise;
    origin_.process = static_cast<std::uint32_t>(::getpid());
  }
  wanted_ = !options.host.empty();
  queue_.resize(wanted_ ? options.queue_octets : 0);
  batch_.reserve(wanted_ ? batch_octets + log::syslog_bytes : 0);
  options_ = std::move(options);
  ++version_;
  wait_.cancel();
}

void syslog_sender::take(const log::record& r) noexcept {
  if (!wanted_.load(std::memory_order_relaxed)) return;
  log::syslog_message text;
  {
    const std::lock_guard lock(origin_mutex_);
    origin_.sequence = origin_.sequence == last_sequence ? 1 : origin_.sequence + 1;
    append_syslog(text, r, origin_);
  }
  if (!queue_.put(view(text))) return;
  const std::uint64_t used = queue_.used();
  if (used > peak_.load(std::memory_order_relaxed)) peak_.store(used, std::memory_order_relaxed);
  if (idle_.exchange(false)) asio::post(home_.loop(), [this] { wait_.cancel(); });
}

syslog_sender::figures syslog_sender::seen() const {
  return {wanted_.load(), connected_.load(), sent_.load(), queue_.lost(), queue_.used(), queue_.size(), peak_.load()};
}

// The last sessions still have something to tell.
bool syslog_sender::ending() const {
  return home_.all().stopping.load(std::memory_order_relaxed) && home_.all().slots.used() == 0;
}

awaitable<void> syslog_sender::pause(milliseconds longest) {
  const std::uint64_t version = version_;
  const auto until = clock::now() + longest;
  while (version == version_ && !home_.all().stopping.load(std::memory_order_relaxed) && clock::now() < until) {
    wait_.expires_after(std::min(idle_look, longest));
    [[maybe_unused]] auto [ec] = co_await wait_.async_wait(use);
  }
}

void syslog_sender::tell(bool up) {
  connected_ = up;
  const std::string server = concat(options_.host, ":", std::to_string(options_.port));
  if (up) {
    told_down_ = false;
    log::line(log::level::info, "syslog-up").with("host", server);
  } else if (!told_down_) {
    told_down_ = true;
    log::line(log::level::warning, "syslog-down").with("host", server).with("why", why_);
  }
}

void syslog_sender::tell_losses() {
  const std::uint64_t lost = queue_.lost();
  if (lost == told_lost_ || queue_.used() > queue_.size() / 2) return;
  log::line(log::level::warning, "syslog-lost").with("events", static_cast<std::int64_t>(lost - told_lost_));
  told_lost_ = lost;
}

awaitable<void> syslog_sender::run() {
  milliseconds back_off = first_pause;
  while (!ending()) {
    if (!wanted_) {
      co_await pause(longest_pause);
      if (!wanted_ && home_.all().stopping) co_return;
      continue;
    }
    const std::uint64_t version = version_;
    const bool ready = co_await connect();
    tell(ready);
    if (ready) {
      back_off = first_pause;
      co_await serve(version);
      if (version == version_ && !ending()) tell(false);
    }
    co_await close();
    if (home_.all().stopping) co_return;
    if (version != version_) back_off = first_pause;
    else co_await pause(back_off);
    back_off = std::min(2 * back_off, longest_pause);
  }
}

void syslog_sender::begin(milliseconds limit) {
  late_ = false;
  guard_.expires_after(limit);
  guard_.async_wait([this](const error_code& ec) {
    if (ec) return;
    late_ = true;
    stream_.close();
  });
}

std::string syslog_sender::end(const error_code& ec) {
  guard_.cancel();
  if (!ec) return {};
  return late_ ? "no answer in time" : ec.message();
}

awaitable<bool> syslog_sender::connect() {
  if (options_.transport != syslog_transport::udp) co_return co_await connect_stream();
  asio::ip::basic_resolver<asio::ip::udp, executor> resolver(home_.loop().get_executor());
  auto [error, found] = co_await resolver.async_resolve(options_.host, std::to_string(options_.port), use);
  error_code ec = error;
  if (!ec && found.empty()) ec = asio::error::host_not_found;
  if (!ec) datagrams_.open(found.begin()->endpoint().protocol(), ec);
  if (!ec) datagrams_.connect(found.begin()->endpoint(), ec);
  if (!ec) datagrams_.non_blocking(true, ec);
  why_ = ec ? ec.message() : std::string();
  co_return !ec;
}

awaitable<bool> syslog_sender::connect_stream() {
  asio::ip::basic_resolver<asio::ip::tcp, executor> resolver(home_.loop().get_executor());
  auto [error, found] = co_await resolver.async_resolve(options_.host, std::to_string(options_.port), use);
  error_code ec = error;
  why_.clear();
  const auto targets = found;
  if (!ec && targets.empty()) ec = asio::error::host_not_found;
  for (const auto& entry : targets) {
    stream_.reset();
    tcp_socket& socket = stream_.socket();
    socket.open(entry.endpoint().protocol(), ec);
    if (!ec) socket.set_option(asio::socket_base::send_buffer_size(send_buffer_octets), ec);
    if (ec) continue;
    begin(connect_limit);
    auto [failed] = co_await socket.async_connect(entry.endpoint(), use);
    ec = failed;
    why_ = end(ec);
    if (!ec) break;
  }
  if (!ec) stream_.socket().non_blocking(true, ec);
  if (!ec && options_.transport == syslog_transport::tls) {
    tls::engine engine(options_.tls, options_.tls_name);
    begin(connect_limit);
    co_await stream_.handshake(std::move(engine), until_, beyond, ec);
    why_ = end(ec);
  }
  if (ec && why_.empty()) why_ = ec.message();
  co_return !ec;
}

// One write; the messages stay in the queue until it has ended well.
awaitable<bool> syslog_sender::send_batch(std::size_t& messages) {
  batch_.clear();
  const bool counted = options_.transport != syslog_transport::udp;
  messages = queue_.peek(batch_, batch_octets, counted);
  if (messages == 0) co_return true;
  error_code ec;
  if (counted) {
    const byte_view one = batch_;
    begin(write_limit);
    co_await stream_.write({&one, 1}, until_, beyond, ec);
    why_ = end(ec);
  } else {
    const asio::const_buffer one(batch_.data(), batch_.size());
    auto [failed, n] = co_await datagrams_.async_send(one, use);
    ec = failed;
    why_ = ec ? ec.message() : std::string();
  }
  if (ec) co_return false;
  queue_.remove(messages);
  sent_.fetch_add(messages, std::memory_order_relaxed);
  co_return true;
}

awaitable<void> syslog_sender::serve(std::uint64_t version) {
  for (std::size_t messages = 0; version == version_;) {
    if (options_.transport != syslog_transport::udp && stream_.peer_gone()) {
      why_ = "the server closed the connection";
      co_return;
    }
    tell_losses();
    const bool good = co_await send_batch(messages);
    if (!good) co_return;
    if (messages > 0) continue;
    if (ending()) co_return;
    idle_ = true;
    wait_.expires_after(idle_look);
    if (queue_.used() > 0) continue;  // came between the look and the flag
    [[maybe_unused]] auto [ec] = co_await wait_.async_wait(use);
  }
}

awaitable<void> syslog_sender::close() {
  connected_ = false;
  error_code ignored;
  datagrams_.close(ignored);
  if (stream_.socket().is_open()) {
    drain(stream_.socket().native_handle());
    begin(goodbye_limit);
    co_await stream_.shutdown(until_, beyond);
    guard_.cancel();
  }
  stream_.reset();
}

}  // namespace sluice::net
