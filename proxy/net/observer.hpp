// What the I/O shell tells the rest of the program about messages: once per message, after its end is known, and about
// whatever was refused before there was a message. Called on the event loops; must be quick and must not throw.
#pragma once
#include <cstdint>

#include "auth/dmarc/parse.hpp"
#include "auth/result.hpp"
#include "inspect/message_inspector.hpp"
#include "inspect/text_id.hpp"
#include "inspect/verdict.hpp"
#include "relay/envelope.hpp"

namespace sluice::net {

// How a message ended, seen from its owner (P1).
enum class outcome : std::uint8_t {
  forwarded,    // the downstream said 2xx
  refused,      // the downstream said 4xx or 5xx, or we could not reach it: the client still owns it
  quarantined,  // durable in the quarantine
  rejected,     // by verdict, 5xx
  deferred,     // by verdict or lack of a resource, 4xx
  violation,    // bare CR, bare LF, NUL, too big, too many fields
  abandoned,    // the client left before the end, or before our reply
};
const char* name_of(outcome);

enum class passage : std::uint8_t { window, spilled, streamed };
const char* name_of(passage);

// What sender authentication found, for log, history and quarantine. Texts are domains of strangers: escape them.
struct auth_summary {
  auth::result spf = auth::result::none, dkim = auth::result::none, arc = auth::result::none, dmarc = auth::result::none;
  auth::dmarc::policy disposition = auth::dmarc::policy::none;  // what the author's domain asks for
  bool cut_short = false;                                       // the time for DNS was used up
  std::uint16_t questions = 0;
  fixed_string<80> spf_domain, dkim_domain, author;             // of the result told here
};
// "spf=pass (a.example) dkim=fail (b.example) arc=none dmarc=fail (c.example, reject)".
fixed_string<400> text_of(const auth_summary& s);

struct message_event {
  outcome end;
  passage way;
  const inspect::verdict* verdict;              // id, action, findings
  const inspect::message_facts* facts;          // null when the inspector saw nothing
  const relay::envelope* envelope;
  byte_view client_ip, helo, tls_version, route_host;
  std::uint16_t reply_code;                     // what the client was told; 0 when it had gone
  byte_view reply_text;
  std::uint64_t octets;
  std::uint32_t milliseconds_total;             // first octet of content to our reply
  std::uint32_t milliseconds_after_end;         // end of data to our reply
  std::int64_t unix_seconds;
  const auth_summary* auth = nullptr;           // null when authentication is off or the message never got so far
  bool probe = false;                           // one of our own test mails: stays out of history and counters
  inspect::skeleton_id skeleton{};              // of its first text; empty when too short
  std::uint16_t downstream_code = 0;            // what it replied to DATA or to the end of data; 0: nothing
};

// What else was answered with no, or could not be answered.
enum class refusal : std::uint8_t {
  connection,  // at admission: no slot, or a limit of that client
  tls,         // the handshake with the client failed
  sender,      // MAIL
  recipient,   // RCPT
  session,     // ended by us with 421
};
const char* name_of(refusal);

struct refusal_event {
  refusal what = refusal::recipient;
  byte_view cause;       // smtp::name_of, an error's text for tls; empty when the downstream said no
  byte_view list_entry;  // "block-list k3vq7a2x" when an entry of the administrator's lists is why
  byte_view client_ip, helo, tls_version, mail_from, rcpt, route_host;
  std::uint16_t reply_code = 0, downstream_code = 0;  // ours, to the client; the downstream's; 0: none
  byte_view reply_text, downstream_text;
  std::int64_t unix_seconds = 0;
};

class observer {
 public:
  virtual ~observer() = default;
  virtual void on_message(const message_event&) = 0;
  virtual void on_refusal(const refusal_event&) {}
};

}  // namespace sluice::net
