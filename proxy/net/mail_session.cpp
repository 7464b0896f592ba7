#include "net/mail_session.hpp"

#include <cstring>

#include "core/log.hpp"
#include "net/plain_address.hpp"

namespace sluice::net {
namespace {

constexpr milliseconds farewell{1'000};  // for the last reply and close_notify
constexpr milliseconds stalled_after{3'000};  // silence after RCPT that loses the slot when others need it

smtp::server_options options_of(const settings& rules, const listener_settings& at) {
  smtp::server_options o;
  o.hostname = rules.hostname;
  o.require_tls = at.require_tls && at.tls == listener_tls::starttls;
  o.tls_active = at.tls == listener_tls::implicit;
  o.max_recipients = static_cast<std::uint16_t>(rules.limit.recipients);
  o.max_bad_commands = static_cast<std::uint16_t>(rules.limit.bad_commands);
  o.tell_refusals = true;
  return o;
}

}  // namespace

mail_session::mail_session(worker& home, tcp_socket socket, std::shared_ptr<const settings> rules, std::size_t listener,
                           client_table::key client, asio::ip::tcp::endpoint peer, bool probe)
    : home_(home),
      all_(home.all()),
      probe_(probe),
      counters_(probe ? all_.uncounted : all_.counters),
      rules_(std::move(rules)),
      listener_(listener),
      client_(client),
      stream_(std::move(socket), home.scratch()),
      smtp_(options_of(*rules_, rules_->listeners[listener])),
      envelope_(all_.envelopes),
      window_(all_.windows, rules_->limit.window_max_bytes) {
  rules_->sessions.fetch_add(1, std::memory_order_relaxed);
  home_.watch(until_);
  name_client(peer.address());
  client_port_ = peer.port();
  error_code ec;
  stream_.socket().non_blocking(true, ec);
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ec);
  const auto local = stream_.socket().local_endpoint(ec);
  if (!ec) {
    assign_cut(local_ip_, local.address().to_string());
    local_port_ = local.port();
  }
}

void mail_session::name_client(const asio::ip::address& address) {
  assign_cut(client_ip_, plain_address(address).to_string());
}

mail_session::~mail_session() { rules_->sessions.fetch_sub(1, std::memory_order_relaxed); }

awaitable<void> mail_session::run() {
  bool ready = false;
  std::exception_ptr fault;
  try {
    ready = co_await open();
    if (ready) co_await serve();
  } catch (...) {
    fault = std::current_exception();
  }
  co_await leave();
  if (fault) std::rethrow_exception(fault);
}

awaitable<void> mail_session::serve() {
  for (;;) {
    byte_span in = input();
    const std::size_t before = in.size();
    const smtp::step s = smtp_.next(in);
    consume(before - in.size());
    if (s.what == smtp::event::closed) {
      co_await flush();
      co_return;
    }
    const bool go_on = co_await handle(s);
    if (!go_on) co_return;
  }
}

awaitable<bool> mail_session::handle(const smtp::step& s) {
  if (s.what != smtp::event::need_input && s.what != smtp::event::need_flush) command_open_ = false;
  switch (s.what) {
    case smtp::event::need_input:
      co_return co_await more_input();
    case smtp::event::need_flush:
      co_return co_await flush();
    case smtp::event::helo:
    case smtp::event::ehlo:
      assign_cut(helo_, s.text);  // before the window goes, in which it may lie
      co_await abort_transaction();
      on_hello();
      break;
    case smtp::event::mail:
      co_await abort_transaction();  // a refused last chunk ends one without an event
      on_mail();
      break;
    case smtp::event::rcpt:
      co_await on_rcpt();
      break;
    case smtp::event::data:
      begin_message();
      smtp_.accept();
      break;
    case smtp::event::bdat:
      begin_message();
      break;
    case smtp::event::content:
      co_await on_content(s.text);
      break;
    case smtp::event::violation:
      counters_.add(counter::content_violations);
      co_await give_up(smtp::cause::none);  // the session answers by itself
      break;
    case smtp::event::chunk_end:
      in_content_ = false;
      if (s.fault != smtp::cause::none)
        co_await refuse_message(s.fault);  // the chunks that follow are swallowed
      else
        smtp_.accept();
      break;
    case smtp::event::content_end:
      in_content_ = false;
      co_await on_content_end(s);
      break;
    case smtp::event::starttls: {
      if (!room_for_handshake()) {
        tell_refusal(refusal::tls, smtp::name_of(smtp::cause::tls_unavailable), smtp::reply_of(smtp::cause::tls_unavailable));
        smtp_.reply(smtp::cause::tls_unavailable);
        break;
      }
      co_await abort_transaction();
      smtp_.accept();
      const bool sent = co_await flush();
      if (!sent) co_return false;
      const bool secured = co_await start_tls();
      if (!secured) co_return false;
      byte_span in = input();
      const std::size_t before = in.size();
      smtp_.on_tls_started(in);
      consume(before - in.size());
      smtp_.set_offered(offer());
      break;
    }
    case smtp::event::mail_refused:
      tell_refused_command(refusal::sender, s);
      break;
    case smtp::event::rcpt_refused:
      counters_.add(counter::recipients_refused);
      tell_refused_command(refusal::recipient, s);
      break;
    case smtp::event::rset:
      co_await abort_transaction();
      smtp_.accept();
      break;
    case smtp::event::quit:
      smtp_.accept();
      co_await flush();
      co_return false;
    case smtp::event::xclient:
      co_await abort_transaction();
      on_xclient();
      break;
    case smtp::event::need_reply:
    case smtp::event::closed:
      counters_.add(counter::internal_errors);
      smtp_.close_with(smtp::cause::internal_error);
      co_await flush();
      co_return false;
  }
  co_return true;
}

byte_span mail_session::input() {
  if (window_.holds_block() && !window_.input().empty()) return window_.input();
  return {rx_.data() + rx_begin_, rx_end_ - rx_begin_};
}

void mail_session::consume(std::size_t n) {
  if (window_.holds_block() && !window_.input().empty())
    window_.consume_input(n);
  else
    rx_begin_ += n;
}

awaitable<bool> mail_session::more_input() {
  const bool flushed = co_await flush();
  if (!flushed) co_return false;
  if (in_content_) co_return co_await more_content();
  // An unfinished command moves to the small buffer; the window's block goes back unless a message needs it.
  if (rx_begin_ > 0 && rx_begin_ < rx_end_) std::memmove(rx_.data(), rx_.data() + rx_begin_, rx_end_ - rx_begin_);
  rx_end_ -= rx_begin_;
  rx_begin_ = 0;
  if (window_.holds_block()) {
    const byte_span rest = window_.input();
    const std::size_t n = std::min(rest.size(), rx_.size() - rx_end_);
    std::memcpy(rx_.data() + rx_end_, rest.data(), n);
    rx_end_ += n;
    window_.consume_input(n);
    if (!message_) window_.release();
  }
  if (rx_end_ == rx_.size()) co_return true;
  if (ending_ != smtp::cause::none && !smtp_.in_transaction()) co_return co_await read_failed({}, ending_);
  waiting_ = helo_seen_ ? waiting::command : waiting::greeting;
  // One deadline for a whole command (RFC 5321 4.5.3.2.7), however its octets drip in.
  const clock::time_point now = clock::now();
  if (!command_open_) wait_began_ = now;
  command_open_ = true;
  const milliseconds whole = limit_of(waiting_, all_.under_pressure());
  const milliseconds limit = whole - std::min(whole, std::chrono::duration_cast<milliseconds>(now - wait_began_));
  error_code ec;
  const std::size_t n = co_await stream_.read({rx_.data() + rx_end_, rx_.size() - rx_end_}, until_, limit, ec);
  const smtp::cause timeout = timeout_of(waiting_);
  waiting_ = waiting::nothing;
  if (ec || n == 0) co_return co_await read_failed(ec, timeout);
  rx_end_ += n;
  co_return true;
}

awaitable<bool> mail_session::more_content() {
  rx_begin_ = rx_end_ = 0;  // content swallows everything that was read
  error_code ec;
  waiting_ = waiting::data;
  wait_began_ = clock::now();
  const milliseconds limit = limit_of(waiting::data, all_.under_pressure());
  if (message_->now == session_message::mode::stream || message_->now == session_message::mode::discard) {
    if (message_->now == session_message::mode::discard) window_.drop_content();
    window_.release_if_idle();
    co_await stream_.wait_readable(until_, limit, ec);
    if (ec) {
      waiting_ = waiting::nothing;
      co_return co_await read_failed(ec, timeout_of(waiting::data));
    }
  }
  bool pool_refused = false;
  byte_span to = window_.space(&pool_refused);
  if (to.empty()) {
    waiting_ = waiting::nothing;
    co_await outgrow(pool_refused);
    if (message_->now == session_message::mode::discard) window_.drop_content();
    waiting_ = waiting::data;
    to = window_.space();
  }
  const std::size_t n = co_await stream_.read(to, until_, limit, ec);
  const smtp::cause timeout = timeout_of(waiting::data);
  waiting_ = waiting::nothing;
  if (ec || n == 0) co_return co_await read_failed(ec, timeout);
  window_.add_input(n);
  co_return true;
}

awaitable<bool> mail_session::read_failed(error_code ec, smtp::cause timeout) {
  const bool by_us = until_.fired() || ending_ != smtp::cause::none;
  if (!by_us) {
    client_left_ = true;
    log::line(log::level::debug, "client-left").with("client", view(client_ip_)).with("why", ec.message());
    co_return false;
  }
  smtp::cause why = ending_ != smtp::cause::none ? ending_ : timeout;
  if (ending_ == smtp::cause::none) counters_.add(counter::deadline_hits);
  ending_ = why;
  smtp_.close_with(why);
  co_await flush();
  co_return false;
}

awaitable<bool> mail_session::flush() {
  while (!smtp_.output().empty()) {
    const byte_view out = smtp_.output();
    error_code ec;
    const milliseconds limit = ending_ == smtp::cause::none ? rules_->deadline.reply_write : farewell;
    co_await stream_.write({&out, 1}, until_, limit, ec);
    if (ec) {
      client_left_ = true;
      co_return false;
    }
    smtp_.consume_output(out.size());
  }
  co_return true;
}

awaitable<void> mail_session::leave() {
  if (const smtp::cause why = smtp_.closed_with(); why != smtp::cause::none)
    tell_refusal(refusal::session, smtp::name_of(why), smtp::reply_of(why));
  if (message_) {
    tell(outcome::abandoned, {});
    if (message_->now == session_message::mode::stream) drop_downstream();
    co_await discard_spool();
    end_message();
  }
  if (downstream_) {
    co_await reset_downstream();
    return_downstream();
  }
  window_.release();
  if (!client_left_) co_await stream_.shutdown(until_, farewell);
  stream_.close();
}

void mail_session::ask_to_end(smtp::cause why) {
  if (ending_ != smtp::cause::none) return;
  if (why == smtp::cause::shutting_down && (message_ || smtp_.in_transaction())) {
    ending_ = why;  // seen when the session waits for its next command
    return;
  }
  ending_ = why;
  if (waiting_ != waiting::nothing) until_.fire_now();
}

void mail_session::end_grace() {
  ending_ = smtp::cause::shutting_down;
  if (waiting_ != waiting::nothing) until_.fire_now();
}

void mail_session::kill() {
  ending_ = smtp::cause::shutting_down;
  stream_.close();
  if (downstream_) downstream_->drop();
}

// Weak: no recipient yet. Stalled: recipients, but the client has said nothing for longer than a client that means to
// send needs; without that, a flood of clients that stop after RCPT would keep every slot until their deadlines.
mail_session::claim mail_session::claim_on_slot(clock::time_point now) const {
  if (probe_ || ending_ != smtp::cause::none || message_ || waiting_ == waiting::nothing) return claim::firm;
  if (smtp_.recipients() == 0) return claim::weak;
  return now - wait_began_ >= stalled_after ? claim::stalled : claim::firm;
}

milliseconds mail_session::limit_of(waiting w, bool pressure) const {
  const deadline_settings& d = rules_->deadline;
  switch (w) {
    case waiting::handshake: return pressure ? std::min(d.pressure_handshake, d.handshake) : d.handshake;
    case waiting::greeting: return pressure ? std::min(d.pressure_greeting, d.greeting) : d.greeting;
    case waiting::command: return pressure ? std::min(d.pressure_command, d.command) : d.command;
    case waiting::data: return pressure ? std::min(d.pressure_data, d.data) : d.data;
    case waiting::nothing: break;
  }
  return d.command;
}

smtp::cause mail_session::timeout_of(waiting w) const {
  return w == waiting::data ? smtp::cause::data_timeout : smtp::cause::command_timeout;
}

void mail_session::look_at_clock(clock::time_point now, bool pressure) {
  if (waiting_ == waiting::nothing || ending_ != smtp::cause::none) return;
  const deadline_settings& d = rules_->deadline;
  if (pressure && now - wait_began_ >= limit_of(waiting_, true)) {
    until_.fire_now();  // counted and answered as the timeout that it is, only earlier
    return;
  }
  // An open transaction may end as it should, but not for ever.
  const bool old = now - began_ >= d.session && !message_;
  if (old && (!smtp_.in_transaction() || now - began_ >= d.session + d.message)) {
    ending_ = smtp::cause::session_timeout;
    until_.fire_now();
    return;
  }
  if (!message_ || waiting_ != waiting::data) return;
  const auto age = now - message_->began;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  const bool slow = age >= d.data_rate_grace && d.data_rate_bytes_per_second > 0 &&
                    message_->octets < static_cast<std::uint64_t>(seconds) * d.data_rate_bytes_per_second;
  if (slow || age >= d.message) {
    ending_ = slow ? smtp::cause::data_too_slow : smtp::cause::data_timeout;
    counters_.add(counter::deadline_hits);
    until_.fire_now();
  }
}

}  // namespace sluice::net
