// The one table of all replies that Sluice itself makes: cause -> code, enhanced status code, text. Nobody writes a
// reply code elsewhere; a reply of the downstream is passed on as it came (relay) and is not in this table.
#pragma once
#include <cstdint>
#include <span>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "smtp/limits.hpp"
#include "smtp/reply.hpp"

namespace sluice::smtp {

// Order is that of the table in replies.cpp (checked by a test). Ranges in comments are reply classes.
enum class cause : std::uint8_t {
  none,  // no reply; never sent
  // 2xx, 3xx
  greeting,
  bye,
  ok,
  sender_ok,
  recipient_ok,
  chunk_ok,
  message_ok,
  help,
  vrfy,
  start_data,
  tls_ready,
  // 421: the connection ends
  shutting_down,
  no_slot,
  slot_reclaimed,
  not_ready,
  internal_error,
  command_timeout,
  data_timeout,
  data_too_slow,
  session_timeout,
  too_many_connections,
  rate_limited,
  too_many_errors,
  too_many_commands,
  too_many_bad_recipients,
  not_smtp,
  // 451, 452, 454
  downstream_unreachable,
  downstream_busy,
  downstream_lost,
  downstream_tls,
  downstream_lacks_extension,
  end_of_data_deadline,
  downstream_malformed,
  dns_unavailable,
  unscanned_defer,
  policy_defer,
  local_error,
  too_many_recipients,
  other_route,
  storage_full,
  spool_full,
  quarantine_full,
  tls_unavailable,
  // 500..504, 530, 555: the session answers these by itself
  unknown_command,
  line_too_long,
  bad_line_ending,
  bad_argument,
  duplicate_parameter,
  bad_sender,
  bad_recipient,
  bad_helo,
  not_implemented,
  need_helo,
  nested_mail,
  need_mail,
  need_rcpt,
  no_valid_recipients,
  tls_already,
  bdat_failed,
  bdat_mixed,
  transaction_open,
  unknown_parameter,
  must_starttls,
  xclient_denied,
  bad_body_type,
  // 55x
  relaying_denied,
  client_blocked,
  sender_blocked,
  recipient_blocked,
  source_route,
  routing_characters,
  bare_cr,
  bare_lf,
  nul_octet,
  policy_reject,
  unscanned_reject,
  message_too_big,
  header_too_big,
  utf8_undeclared,
  utf8_unsupported,
  eight_bit_unsupported,
  mail_loop,
  count_  // not a cause: the number of them
};

const char* name_of(cause);  // "policy_reject": for logs and counters
reply reply_of(cause c);     // the text is static

// "Rejected by policy, verdict v123 (rule-a, rule-b)": only ids, never words of the message (P5). The text lies in
// `storage`; ids that do not fit are left out. For policy_reject, policy_defer, unscanned_*, message_ok.
using reply_storage = fixed_string<limits::reply_text_bytes>;
reply reply_with_verdict(cause c, byte_view verdict_id, std::span<const byte_view> rules, reply_storage& storage);

}  // namespace sluice::smtp
