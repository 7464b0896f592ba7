// Answers, the output buffer and what an answer does to the state. Commands are in server_commands.cpp, content in
// server_content.cpp.
#include "smtp/server_session.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::smtp {

const char* name_of(event e) {
  constexpr const char* names[] = {"need_input", "need_flush", "need_reply", "helo",      "ehlo",        "mail",
                                   "rcpt",       "data",       "starttls",   "rset",      "quit",        "xclient",
                                   "mail_refused", "rcpt_refused",
                                   "bdat",       "content",    "violation",  "chunk_end", "content_end", "closed"};
  return names[static_cast<std::size_t>(e)];
}

server_session::server_session(const server_options& options) : options_(options) {}

void server_session::greet(bool early_input) {
  if (phase_ != phase::before_greeting) return;
  early_talker_ = early_input;
  phase_ = phase::command;
  put_own_name(220, " ESMTP");
}

step server_session::next(byte_span& in) {
  const auto is_content = [](phase p) { return p == phase::data || p == phase::bdat; };
  if (pending_ != event::need_input) return {.what = event::need_reply};
  for (;;) {
    if (phase_ == phase::closed) {
      in = {};
      return {.what = event::closed};
    }
    if (phase_ == phase::before_greeting) return {};
    if (phase_ == phase::before_tls) {
      in = {};
      return {};
    }
    if (!has_room()) return {.what = event::need_flush};
    const phase before = phase_;
    const std::size_t left = in.size();
    const step s = is_content(before) ? next_content(in) : next_command(in);
    if (s.what != event::need_input) return s;
    // Without an event, a command was answered here; unless nothing at all happened.
    if (in.size() == left && phase_ == before) return {};
  }
}

step server_session::ask(event e, byte_view text) {
  pending_ = e;
  return {.what = e, .text = text};
}

step server_session::refused(event e, byte_view args, cause why) const {
  if (!options_.tell_refusals) return {};
  return {.what = e, .text = args, .fault = why};
}

void server_session::accept() {
  switch (pending_) {
    case event::helo:
    case event::ehlo:
    case event::rset:
      return reply(cause::ok);
    case event::mail:
      return reply(cause::sender_ok);
    case event::rcpt:
      return reply(cause::recipient_ok);
    case event::data:
      return reply(cause::start_data);
    case event::starttls:
      return reply(cause::tls_ready);
    case event::quit:
      return reply(cause::bye);
    case event::xclient:
      return reply(cause::greeting);
    case event::chunk_end:
      return reply(cause::chunk_ok);
    case event::content_end:
      return reply(cause::message_ok);
    default:
      return;
  }
}

void server_session::reply(const smtp::reply& r) {
  const event e = pending_;
  if (e == event::need_input) return;
  pending_ = event::need_input;
  const bool content = e == event::chunk_end || e == event::content_end;
  const smtp::reply said = content && fault_ != cause::none && r.positive() ? reply_of(fault_) : r;

  if (e == event::ehlo && said.positive()) {
    put_ehlo();
  } else if (e == event::helo && said.positive()) {
    put_own_name(250, "");
  } else if (e == event::xclient && said.positive()) {
    put_own_name(220, " ESMTP");
  } else {
    put(said);
  }
  apply(e, said);
  if (said.code == 421) phase_ = phase::closed;  // RFC 5321 3.8: the code that says the channel closes
}

// What the answer to `e` makes of the state.
void server_session::apply(event e, const smtp::reply& r) {
  switch (e) {
    case event::helo:
    case event::ehlo:
      if (!r.positive()) break;
      greeted_as_ = e == event::ehlo ? greeting_kind::ehlo : greeting_kind::helo;
      end_transaction();  // RFC 5321 4.1.4
      break;
    case event::mail:
      end_transaction();
      transaction_ = r.positive();
      mail_refused_ = !r.positive();
      smtputf8_ = transaction_ && mail().smtputf8;
      break;
    case event::rcpt:
      if (r.positive()) {
        ++recipients_;
        --idle_commands_;
      } else {
        rcpt_refused_ = true;
      }
      break;
    case event::data:
      if (r.intermediate()) begin_data();
      break;
    case event::starttls:
      if (r.positive()) phase_ = phase::before_tls;
      break;
    case event::rset:
      end_transaction();
      break;
    case event::quit:
      phase_ = phase::closed;
      break;
    case event::xclient:
      if (r.positive()) forget_client();
      break;
    case event::chunk_end:
      phase_ = phase::command;
      bdat_failed_ = !r.positive();
      break;
    case event::content_end:
      phase_ = phase::command;
      idle_commands_ = 0;
      end_transaction();
      break;
    default:
      break;
  }
  command_ = std::monostate{};
}

void server_session::close_with(const smtp::reply& r) {
  if (phase_ == phase::closed) return;
  if (has_room()) put(r);
  pending_ = event::need_input;
  phase_ = phase::closed;
}

// Answers a command that was wrong in itself, up to the number that is put up with.
void server_session::bad(cause c) {
  if (++bad_commands_ > options_.max_bad_commands) return close_with(cause::too_many_errors);
  answer(c);
}

std::size_t server_session::on_tls_started(byte_span& in) {
  const std::size_t dropped = in.size();
  in = {};
  options_.tls_active = true;
  phase_ = phase::command;
  pending_ = event::need_input;
  forget_client();
  return dropped;
}

void server_session::end_transaction() {
  transaction_ = smtputf8_ = false;
  bdat_begun_ = bdat_failed_ = false;
  mail_refused_ = rcpt_refused_ = false;
  recipients_ = 0;
  fault_ = cause::none;
  fault_told_ = end_seen_ = false;
}

void server_session::forget_client() {
  end_transaction();
  greeted_as_ = greeting_kind::none;
}

const char* server_session::protocol_name() const {
  const bool tls = options_.tls_active;
  if (smtputf8_) return tls ? "UTF8SMTPS" : "UTF8SMTP";
  if (esmtp()) return tls ? "ESMTPS" : "ESMTP";
  return "SMTP";  // RFC 3848 has no name for HELO within TLS
}

void server_session::consume_output(std::size_t n) {
  output_begin_ = static_cast<std::uint16_t>(output_begin_ + std::min(n, output().size()));
  if (output_begin_ == output_end_) output_begin_ = output_end_ = 0;
}

bool server_session::has_room() const { return output().size() + limits::reply_wire_bytes <= output_.size(); }

void server_session::put(const smtp::reply& r, bool enhanced) {
  if (!has_room()) return;  // cannot be: next() asks for a flush before each event
  if (output_begin_ != 0) {
    std::memmove(output_.data(), output_.data() + output_begin_, output().size());
    output_end_ = static_cast<std::uint16_t>(output_end_ - output_begin_);
    output_begin_ = 0;
  }
  const byte_span free = byte_span(output_).subspan(output_end_);
  output_end_ = static_cast<std::uint16_t>(output_end_ + format(r, free, {.enhanced = enhanced, .utf8 = smtputf8_}));
}

// "220 mx.example.org ESMTP", "250 mx.example.org": RFC 2034 4 keeps status codes out of these.
void server_session::put_own_name(std::uint16_t code, byte_view behind) {
  fixed_string<limits::domain_bytes + 16> text;
  append_cut(text, options_.hostname.substr(0, limits::domain_bytes));
  append_cut(text, behind);
  put({code, {}, view(text)}, false);
}

void server_session::put_ehlo() {
  extension_set shown = options_.offered;
  if (options_.tls_active) shown.remove(extension::starttls);
  std::array<char, limits::reply_wire_bytes> lines;
  const std::size_t n = write_ehlo_lines(shown, options_.hostname.substr(0, limits::domain_bytes), lines);
  put({250, {}, byte_view(lines.data(), n)}, false);
}

}  // namespace sluice::smtp
