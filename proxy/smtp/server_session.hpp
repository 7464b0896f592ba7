// The server side of RFC 5321 as a state machine without I/O: octets of the client in, events out, replies collected
// in a bounded output buffer. Knows the grammar, the order of commands and the framing of content (DATA, BDAT); does
// not know recipients, policies, clocks or sockets. Called by net's session coroutine:
//
//   session.greet();
//   for (;;) {
//     step s = session.next(in);              // `in` shrinks from the front; keep what is left, in front of what is
//     read switch (s.what) {
//       case event::need_input: flush(session.output()); read more; break;
//       case event::mail: ask, then session.accept() or session.reply(...); break;
//       ...
//
// The buffer behind `in` must hold at least limits::command_line_bytes, start with what next() left over, and be
// writable: content is unstuffed and XCLIENT values are decoded in place. Views in a step, mail(), rcpt() and client()
// point into it and are valid until it is touched or next() is called again.
//
// RFC 5321, 2034, 2920 (pipelining), 3030 (BDAT), 3207 (STARTTLS), 3461 (DSN), 6531 (SMTPUTF8), Postfix XCLIENT.
#pragma once
#include <array>
#include <cstdint>
#include <variant>

#include "core/bytes.hpp"
#include "smtp/bdat_scanner.hpp"
#include "smtp/command.hpp"
#include "smtp/data_scanner.hpp"
#include "smtp/extension_set.hpp"
#include "smtp/limits.hpp"
#include "smtp/replies.hpp"

namespace sluice::smtp {

struct server_options {
  byte_view hostname;        // in the greeting and the EHLO reply; must outlive the session
  extension_set offered;     // starttls: only when it can be had now; xclient: only for a client that may use it
  bool require_tls = false;  // 530 to everything that RFC 3207 4 does not except
  bool tls_active = false;   // implicit TLS
  std::uint16_t max_recipients = limits::recipients;
  std::uint16_t max_bad_commands = limits::bad_commands;
  std::uint16_t max_idle_commands = limits::idle_commands;
  bool tell_refusals = false;  // mail_refused and rcpt_refused happen
};

enum class event : std::uint8_t {
  need_input,  // flush output(), then read more
  need_flush,  // output() is too full for another reply: write some of it first
  need_reply,  // the command before still waits for accept() or reply(): a fault of the caller
  // Commands. Each must be answered by accept() or reply() before the next call of next(). At helo, ehlo, mail,
  // starttls, rset and xclient a transaction that was open before is over, whether an event said so or not.
  helo,
  ehlo,  // text: the name
  mail,
  rcpt,      // mail(), rcpt()
  data,      // accept() sends 354; content follows
  starttls,  // accept() sends 220; then flush, hand shake, on_tls_started()
  rset,      // also give up an open transaction downstream
  quit,
  xclient,  // client(); accept() sends 220 again and forgets everything
  // With server_options::tell_refusals: a MAIL or RCPT that was answered with no here, for its form or its place. text: its
  // argument as it came; fault: why. There is nothing to answer.
  mail_refused,
  rcpt_refused,
  // Content.
  bdat,         // a chunk of chunk_bytes begins, `last`; there is nothing to answer before its end
  content,      // text: octets of the message
  violation,    // fault: why this message can only be refused; at most once, nothing of it may go on
  chunk_end,    // answer: end of a chunk that was not the last one
  content_end,  // answer: end of the message; facts() describe it
  closed,       // flush output() and close the connection
};
const char* name_of(event);

struct step {
  event what = event::need_input;
  byte_view text{};
  std::uint64_t chunk_bytes = 0;
  bool last = false;
  cause fault = cause::none;  // violation, chunk_end, content_end, mail_refused, rcpt_refused
};

// Of the message whose content is coming in or has just ended.
struct content_facts {
  std::uint64_t bytes = 0;  // of content, unstuffed
  bool by_bdat = false;
  bool leading_dot = false;    // a line begins with '.': it needs stuffing when sent by DATA
  bool ends_with_crlf = true;  // also true when there is no content at all
};

class server_session {
 public:
  explicit server_session(const server_options& options);
  server_session(const server_session&) = delete;
  server_session& operator=(const server_session&) = delete;

  // Sends the 220 greeting. `early_input`: octets came in before it (RFC 5321 3.1 lets no client do that).
  void greet(bool early_input = false);
  // Consumes octets from the front of `in` and says what happened.
  step next(byte_span& in);

  // Answers the event that waits. accept() sends its ordinary positive reply (or, after a violation, the refusal).
  // A 421 also ends the session. A positive answer to content with a fault is replaced by the refusal.
  void accept();
  void reply(const smtp::reply& r);
  void reply(cause c) { reply(reply_of(c)); }
  // At bdat or content: the message is refused for this reason; the rest is swallowed and content_end carries it.
  void refuse_content(cause why);
  // At any time, also instead of greet(): sends the reply (unless the client let the output fill up) and ends the
  // session.
  void close_with(const smtp::reply& r);
  void close_with(cause c) {
    if (closed_with_ == cause::none) closed_with_ = c;
    close_with(reply_of(c));
  }
  cause closed_with() const { return closed_with_; }  // none: not by us, or with a reply of the caller

  // After the handshake. Drops all of `in` (RFC 3207 4.2: nothing sent in the clear counts) and returns how many
  // octets those were; the session is as after the greeting, and STARTTLS is no longer offered.
  std::size_t on_tls_started(byte_span& in);
  // For the next EHLO; takes effect at once for parameters of MAIL and RCPT.
  void set_offered(const extension_set& offered) { options_.offered = offered; }
  const extension_set& offered() const { return options_.offered; }

  byte_view output() const { return byte_view(output_.data(), output_end_).substr(output_begin_); }
  void consume_output(std::size_t n);

  const mail_command& mail() const { return std::get<mail_command>(command_); }
  const rcpt_command& rcpt() const { return std::get<rcpt_command>(command_); }
  const client_info& client() const { return std::get<client_info>(command_); }
  content_facts facts() const;

  bool in_transaction() const { return transaction_; }
  std::uint16_t recipients() const { return recipients_; }  // accepted in this transaction
  bool esmtp() const { return greeted_as_ == greeting_kind::ehlo; }
  bool smtputf8() const { return smtputf8_; }
  bool tls_active() const { return options_.tls_active; }
  bool early_talker() const { return early_talker_; }
  // A command that must end a pipelined group (RFC 2920 3.1: EHLO, DATA, STARTTLS ...) had octets behind it, or
  // PIPELINING was not offered and commands came together. Never cleared; the caller decides what it is worth.
  bool unsynchronised() const { return unsynchronised_; }
  std::uint16_t bad_commands() const { return bad_commands_; }
  // "ESMTPS" and its relatives for the Received field (RFC 3848, RFC 6531 4.3).
  const char* protocol_name() const;

 private:
  enum class phase : std::uint8_t { before_greeting, command, discard_line, data, bdat, before_tls, closed };
  enum class greeting_kind : std::uint8_t { none, helo, ehlo };
  struct command_line;

  // server_commands.cpp. A step of need_input means: answered here, go on with the next command.
  step next_command(byte_span& in);
  step dispatch(const command_line& c);
  cause order_fault(const command_line& c) const;
  bool is_consequence(cause fault) const;
  step on_mail(byte_view args);
  step on_rcpt(byte_view args);
  step on_bdat(const command_line& c);
  step on_xclient(byte_span args);
  const extension_set& in_effect() const;

  // server_content.cpp
  step next_content(byte_span& in);
  step take_fault(cause why);
  step content_over();
  void begin_data();

  // server_session.cpp
  step ask(event e, byte_view text = {});
  step refused(event e, byte_view args, cause why) const;
  void answer(cause c) { put(reply_of(c)); }
  void bad(cause c);
  void apply(event e, const smtp::reply& r);
  bool has_room() const;
  void put(const smtp::reply& r, bool enhanced = true);
  void put_own_name(std::uint16_t code, byte_view behind);
  void put_ehlo();
  void end_transaction();
  void forget_client();

  server_options options_;
  std::variant<std::monostate, mail_command, rcpt_command, client_info> command_;
  data_scanner data_;
  bdat_scanner bdat_;
  std::uint64_t content_bytes_ = 0;
  phase phase_ = phase::before_greeting;
  greeting_kind greeted_as_ = greeting_kind::none;
  event pending_ = event::need_input;  // the event that waits for an answer; need_input: none
  cause fault_ = cause::none;          // of the message coming in
  cause closed_with_ = cause::none;
  cause chunk_refusal_ = cause::none;  // the chunk coming in is swallowed and answered with this
  bool fault_told_ = false;
  bool end_seen_ = false;  // content_end or chunk_end follows the content step just given
  bool transaction_ = false;
  bool smtputf8_ = false;
  bool bdat_begun_ = false;    // the transaction's content comes by BDAT
  bool bdat_failed_ = false;   // a chunk was refused: the others are swallowed
  bool mail_refused_ = false;  // pipelined RCPT and DATA behind it are no misbehaviour
  bool rcpt_refused_ = false;
  bool early_talker_ = false;
  bool unsynchronised_ = false;
  std::uint16_t recipients_ = 0;
  std::uint16_t bad_commands_ = 0;
  std::uint16_t idle_commands_ = 0;
  std::uint16_t output_begin_ = 0, output_end_ = 0;
  std::array<char, limits::output_bytes> output_;
};

}  // namespace sluice::smtp
