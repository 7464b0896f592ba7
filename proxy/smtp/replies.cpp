// The reply table. Enhanced status codes: RFC 3463, RFC 7372 and the IANA registry; X.6.11 is bare CR or LF.
#include "smtp/replies.hpp"

#include <array>

namespace sluice::smtp {
namespace {

struct row {
  cause why;
  const char* name;
  std::uint16_t code;
  enhanced_status status;
  const char* text;
};

constexpr row table[] = {
    {cause::none, "none", 0, {}, ""},

    {cause::greeting, "greeting", 220, {}, "ESMTP"},
    {cause::bye, "bye", 221, {2, 0, 0}, "Bye"},
    {cause::ok, "ok", 250, {2, 0, 0}, "OK"},
    {cause::sender_ok, "sender_ok", 250, {2, 1, 0}, "Sender OK"},
    {cause::recipient_ok, "recipient_ok", 250, {2, 1, 5}, "Recipient OK"},
    {cause::chunk_ok, "chunk_ok", 250, {2, 0, 0}, "Chunk received"},
    {cause::message_ok, "message_ok", 250, {2, 0, 0}, "Message accepted"},
    {cause::help, "help", 214, {2, 0, 0}, "See RFC 5321"},
    {cause::vrfy, "vrfy", 252, {2, 5, 0}, "Cannot verify, send some mail and see"},
    {cause::start_data, "start_data", 354, {}, "End data with <CR><LF>.<CR><LF>"},
    {cause::tls_ready, "tls_ready", 220, {2, 0, 0}, "Ready to start TLS"},

    {cause::shutting_down, "shutting_down", 421, {4, 3, 2}, "Shutting down, try again later"},
    {cause::no_slot, "no_slot", 421, {4, 3, 2}, "All connections are in use, try again later"},
    {cause::slot_reclaimed, "slot_reclaimed", 421, {4, 3, 2}, "Connection needed for others, try again later"},
    {cause::not_ready, "not_ready", 421, {4, 3, 2}, "Not ready, try again later"},
    {cause::internal_error, "internal_error", 421, {4, 3, 0}, "Internal error, try again later"},
    {cause::command_timeout, "command_timeout", 421, {4, 4, 2}, "Timeout waiting for a command"},
    {cause::data_timeout, "data_timeout", 421, {4, 4, 2}, "Timeout waiting for message data"},
    {cause::data_too_slow, "data_too_slow", 421, {4, 4, 2}, "Message data came in too slowly"},
    {cause::session_timeout, "session_timeout", 421, {4, 4, 2}, "Session lasted too long"},
    {cause::too_many_connections, "too_many_connections", 421, {4, 7, 0}, "Too many connections from your address"},
    {cause::rate_limited, "rate_limited", 421, {4, 7, 0}, "Too much from your address, try again later"},
    {cause::too_many_errors, "too_many_errors", 421, {4, 7, 0}, "Too many errors"},
    {cause::too_many_commands, "too_many_commands", 421, {4, 7, 0}, "Too many commands without a message"},
    {cause::too_many_bad_recipients, "too_many_bad_recipients", 421, {4, 7, 0}, "Too many invalid recipients"},
    {cause::not_smtp, "not_smtp", 421, {4, 7, 0}, "This is a mail server"},

    {cause::downstream_unreachable, "downstream_unreachable", 451, {4, 4, 1}, "Mail server cannot be reached"},
    {cause::downstream_busy, "downstream_busy", 451, {4, 3, 2}, "Mail server has all its connections in use"},
    {cause::downstream_lost, "downstream_lost", 451, {4, 4, 2}, "Connection to the mail server was lost"},
    {cause::downstream_tls, "downstream_tls", 451, {4, 7, 5}, "No secure connection to the mail server"},
    {cause::downstream_lacks_extension,
     "downstream_lacks_extension",
     451,
     {4, 4, 4},
     "Mail server in use lacks an extension of this message"},
    {cause::end_of_data_deadline, "end_of_data_deadline", 451, {4, 4, 7}, "Message could not be finished in time"},
    {cause::downstream_malformed, "downstream_malformed", 451, {4, 5, 0}, "Mail server gave a malformed reply"},
    {cause::dns_unavailable, "dns_unavailable", 451, {4, 4, 3}, "DNS is not available"},
    {cause::unscanned_defer, "unscanned_defer", 451, {4, 7, 1}, "Message could not be inspected, try again later"},
    {cause::policy_defer, "policy_defer", 451, {4, 7, 1}, "Deferred by policy"},
    {cause::local_error, "local_error", 451, {4, 3, 0}, "Local error, try again later"},
    {cause::too_many_recipients, "too_many_recipients", 452, {4, 5, 3}, "Too many recipients"},
    {cause::other_route, "other_route", 452, {4, 5, 3}, "Send this recipient in a transaction of its own"},
    {cause::storage_full, "storage_full", 452, {4, 3, 1}, "Insufficient storage, try again later"},
    {cause::spool_full, "spool_full", 452, {4, 3, 1}, "Insufficient spool space, try again later"},
    {cause::quarantine_full, "quarantine_full", 452, {4, 3, 1}, "Insufficient storage for this message"},
    {cause::tls_unavailable, "tls_unavailable", 454, {4, 7, 0}, "TLS is not available for a temporary reason"},

    {cause::unknown_command, "unknown_command", 500, {5, 5, 2}, "Command not recognized"},
    {cause::line_too_long, "line_too_long", 500, {5, 5, 2}, "Line too long"},
    {cause::bad_line_ending,
     "bad_line_ending",
     500,
     {5, 5, 2},
     "A command ends with <CR><LF> and has no control character"},
    {cause::bad_argument, "bad_argument", 501, {5, 5, 4}, "Bad argument"},
    {cause::duplicate_parameter, "duplicate_parameter", 501, {5, 5, 4}, "Parameter given twice"},
    {cause::bad_sender, "bad_sender", 501, {5, 1, 7}, "Bad sender address syntax"},
    {cause::bad_recipient, "bad_recipient", 501, {5, 1, 3}, "Bad recipient address syntax"},
    {cause::bad_helo, "bad_helo", 501, {5, 5, 4}, "Host name or address expected"},
    {cause::not_implemented, "not_implemented", 502, {5, 5, 1}, "Command not implemented"},
    {cause::need_helo, "need_helo", 503, {5, 5, 1}, "Send EHLO or HELO first"},
    {cause::nested_mail, "nested_mail", 503, {5, 5, 1}, "MAIL within a transaction"},
    {cause::need_mail, "need_mail", 503, {5, 5, 1}, "Send MAIL first"},
    {cause::need_rcpt, "need_rcpt", 503, {5, 5, 1}, "Send RCPT first"},
    {cause::no_valid_recipients, "no_valid_recipients", 554, {5, 5, 1}, "No valid recipients"},
    {cause::tls_already, "tls_already", 503, {5, 5, 1}, "TLS is not offered or already active"},
    {cause::bdat_failed, "bdat_failed", 503, {5, 5, 1}, "A chunk before was refused, send RSET"},
    {cause::bdat_mixed, "bdat_mixed", 503, {5, 5, 1}, "Message content has begun with BDAT"},
    {cause::transaction_open, "transaction_open", 503, {5, 5, 1}, "Not within a transaction"},
    {cause::unknown_parameter, "unknown_parameter", 555, {5, 5, 4}, "Parameter not recognized"},
    {cause::must_starttls, "must_starttls", 530, {5, 7, 0}, "Must issue a STARTTLS command first"},
    {cause::xclient_denied, "xclient_denied", 550, {5, 7, 0}, "XCLIENT is not for you"},
    {cause::bad_body_type, "bad_body_type", 501, {5, 5, 4}, "BODY is 7BIT or 8BITMIME"},

    {cause::relaying_denied, "relaying_denied", 550, {5, 7, 1}, "Relaying denied"},
    {cause::client_blocked, "client_blocked", 550, {5, 7, 1}, "Mail from your address is blocked here"},
    {cause::sender_blocked, "sender_blocked", 550, {5, 7, 1}, "Mail from this sender is blocked here"},
    {cause::recipient_blocked, "recipient_blocked", 550, {5, 2, 1}, "Mail to this recipient is blocked here"},
    {cause::source_route, "source_route", 550, {5, 7, 1}, "Relaying denied, source route"},
    {cause::routing_characters, "routing_characters", 550, {5, 7, 1}, "Relaying denied, routing characters in address"},
    {cause::bare_cr, "bare_cr", 550, {5, 6, 11}, "Message content has a bare <CR>"},
    {cause::bare_lf, "bare_lf", 550, {5, 6, 11}, "Message content has a bare <LF>"},
    {cause::nul_octet, "nul_octet", 550, {5, 6, 11}, "Message content has a NUL octet"},
    {cause::policy_reject, "policy_reject", 550, {5, 7, 1}, "Rejected by policy"},
    {cause::unscanned_reject, "unscanned_reject", 550, {5, 7, 1}, "Message could not be inspected"},
    {cause::message_too_big, "message_too_big", 552, {5, 3, 4}, "Message is too big"},
    {cause::header_too_big, "header_too_big", 552, {5, 3, 4}, "Message header is too big"},
    {cause::utf8_undeclared, "utf8_undeclared", 553, {5, 6, 7}, "Address is not ASCII and SMTPUTF8 was not given"},
    {cause::utf8_unsupported, "utf8_unsupported", 553, {5, 6, 7}, "Mail server does not take SMTPUTF8"},
    {cause::eight_bit_unsupported, "eight_bit_unsupported", 554, {5, 6, 3}, "Mail server does not take 8BITMIME"},
    {cause::mail_loop, "mail_loop", 554, {5, 4, 6}, "Mail loop"},
};

constexpr bool in_order() {
  std::size_t i = 0;
  for (const row& r : table)
    if (static_cast<std::size_t>(r.why) != i++) return false;
  return i == static_cast<std::size_t>(cause::count_);
}
static_assert(in_order(), "the table has one row for each cause, in the order of the enum");

const row& row_of(cause c) { return table[c < cause::count_ ? static_cast<std::size_t>(c) : 0]; }

}  // namespace

const char* name_of(cause c) { return row_of(c).name; }

reply reply_of(cause c) {
  const row& r = row_of(c);
  return {r.code, r.status, r.text};
}

reply reply_with_verdict(cause c, byte_view verdict_id, std::span<const byte_view> rules, reply_storage& storage) {
  reply r = reply_of(c);
  assign_cut(storage, r.text);
  if (!verdict_id.empty()) {
    append_cut(storage, ", verdict ");
    append_cut(storage, verdict_id);
  }
  const char* before = " (";
  bool open = false;
  for (byte_view rule : rules) {
    if (storage.size() + rule.size() + 3 > storage.max_size()) break;  // separator and the closing bracket
    append_cut(storage, before);
    append_cut(storage, rule);
    before = ", ";
    open = true;
  }
  if (open) append_cut(storage, ")");
  r.text = view(storage);
  return r;
}

}  // namespace sluice::smtp
