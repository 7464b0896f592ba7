// The header fields that Sluice prepends: Received (RFC 5321 4.4, RFC 3848), Authentication-Results (RFC 8601) and the
// verdict in our own name. Only ids, rule ids and checked tokens are written: nothing of the message itself, so that
// no attacker's text gets into a header (P5) and no line can be broken open.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "inspect/verdict.hpp"

namespace sluice::relay {

inline constexpr std::size_t auth_results_bytes = 4096;  // value of Authentication-Results
inline constexpr std::size_t trace_bytes = auth_results_bytes + 2560;  // all prepended fields together

struct trace_facts {
  byte_view hostname;         // ours
  byte_view authserv_id;
  byte_view helo;             // as the client gave it
  byte_view client_ip;        // textual, IPv6 without prefix
  byte_view client_name;      // from XCLIENT, else empty
  byte_view tls_version;      // "TLSv1.3", empty without TLS
  byte_view tls_cipher;
  byte_view only_recipient;   // RFC 5321 4.4 "for": given when there is exactly one, else empty
  byte_view auth_results;     // value of the field with the authserv-id, folded; empty when nothing was checked
  std::int64_t unix_seconds;  // UTC
  bool esmtp = true;          // EHLO was used
  bool smtputf8 = false;      // RFC 6531 3.7.3
};

using trace_text = fixed_string<trace_bytes>;

// Received and Authentication-Results, then X-Sluice-Verdict when `v` is given (a streamed message has none yet).
void write_trace(trace_text& out, const trace_facts& facts, byte_view id, const inspect::verdict* v);

// "Mon, 23 Nov 2026 20:44:33 +0000" (RFC 5322 3.3).
fixed_string<40> rfc5322_date(std::int64_t unix_seconds);

// Rule ids of the findings, unique, comma separated, cut to what fits: for headers and replies.
fixed_string<200> rule_list(const inspect::findings& found);

}  // namespace sluice::relay
