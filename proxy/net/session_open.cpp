// How a mail_session begins: PROXY header, TLS, greeting.
#include "core/log.hpp"
#include "net/mail_session.hpp"
#include "smtp/proxy_protocol.hpp"
#include "tls/heap.hpp"
#include "tls/limits.hpp"

namespace sluice::net {

awaitable<bool> mail_session::open() {
  const listener_settings& at = rules_->listeners[listener_];
  if (at.proxy_protocol) {
    const bool named = co_await read_proxy_header();
    if (!named) co_return false;
  }
  error_code ec;
  const auto client = asio::ip::make_address(std::string(view(client_ip_)), ec);
  may_xclient_ = !ec && at.xclient_from.contains(client);
  if (at.tls == listener_tls::implicit) {
    if (!room_for_handshake()) {  // there is no way to say 454 before TLS
      tell_refusal(refusal::tls, smtp::name_of(smtp::cause::tls_unavailable), {});
      co_return false;
    }
    const bool secured = co_await start_tls();
    if (!secured) co_return false;
  }
  smtp_.set_offered(offer());
  if (!probe_ && !all_.capabilities.mirror({})) {
    smtp_.close_with(smtp::cause::not_ready);
  } else if (all_.stopping.load(std::memory_order_relaxed)) {
    smtp_.close_with(smtp::cause::shutting_down);
  } else {
    smtp_.greet(at.tls != listener_tls::implicit && stream_.socket().available(ec) > 0);
  }
  co_return true;
}

// Octet by octet where it must be: nothing behind the header may be read, it may belong to the TLS handshake.
awaitable<bool> mail_session::read_proxy_header() {
  constexpr std::size_t least = 15;  // "PROXY UNKNOWN\r\n"; version 2 needs 16 to know its length
  const clock::time_point last = clock::now() + rules_->deadline.proxy_header;  // for all of it, however it drips in
  for (;;) {
    const byte_view seen(rx_.data(), rx_end_);
    const smtp::proxy_header header = smtp::parse_proxy_header(seen);
    if (header.what == smtp::proxy_header::status::malformed) break;
    if (header.what == smtp::proxy_header::status::done) {
      rx_end_ = 0;
      if (!header.has_addresses) co_return true;
      std::array<char, smtp::ip_text_bytes> text;
      const std::string named_ip(text.data(), smtp::format_ip(header.source.ip, text));
      error_code ec;
      const auto address = asio::ip::make_address(named_ip, ec);
      name_client(address);
      client_port_ = header.source.port;
      const client_table::key named = client_table::key_of(address);
      if (named != client_ && !probe_ && !rules_->exempt_clients.contains(address)) {
        // From here on the limits are those of the client that the proxy names.
        all_.clients.leave(client_);
        client_ = {};
        if (all_.clients.enter(named, clock::now()) != client_table::admission::granted) {
          smtp_.close_with(smtp::cause::too_many_connections);  // told in leave()
          co_await flush();
          co_return false;
        }
        client_ = named;
      }
      co_return true;
    }
    std::size_t want = 1;
    if (rx_end_ < least) {
      want = least - rx_end_;
    } else if (rx_[0] == '\r' && rx_end_ >= 16) {
      const auto octet = [this](std::size_t i) { return std::size_t{static_cast<unsigned char>(rx_[i])}; };
      const std::size_t total = 16 + (octet(14) << 8) + octet(15);
      want = total > rx_end_ ? total - rx_end_ : 1;
    }
    if (rx_end_ + want > smtp::limits::proxy_v2_bytes) break;
    const auto left = std::chrono::duration_cast<milliseconds>(last - clock::now());
    if (left.count() <= 0) co_return false;
    error_code ec;
    const std::size_t n = co_await stream_.read({rx_.data() + rx_end_, want}, until_, left, ec);
    if (ec || n == 0) co_return false;
    rx_end_ += n;
  }
  log::line(log::level::warning, "proxy-header-malformed").with("peer", view(client_ip_));
  co_return false;
}

// An eighth of the TLS memory is left to the sessions that exist: new ones never starve them of record buffers.
bool mail_session::room_for_handshake() {
  const gauge& heap = tls::heap::usage();
  if (probe_ || heap.used() + tls::limits::session_handshake_bytes + heap.limit() / 8 <= heap.limit()) return true;
  counters_.add(counter::tls_no_room);
  return false;
}

awaitable<bool> mail_session::start_tls() {
  error_code ec;
  waiting_ = waiting::handshake;
  wait_began_ = clock::now();
  tls::engine engine(rules_->tls);
  const milliseconds limit = limit_of(waiting::handshake, all_.under_pressure());
  co_await stream_.handshake(std::move(engine), until_, limit, ec);
  waiting_ = waiting::nothing;
  if (ec) {
    counters_.add(counter::tls_failures);
    log::line(log::level::info, "tls-failed").with("client", view(client_ip_)).with("why", ec.message());
    tell_refusal(refusal::tls, ec.message(), {});
    co_return false;
  }
  counters_.add(counter::tls_handshakes);
  if (stream_.tls_session()->resumed()) counters_.add(counter::tls_resumed);
  co_return true;
}

}  // namespace sluice::net
