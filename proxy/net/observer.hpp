// What the I/O shell tells the rest of the program about messages: once per message, after its end is known. Called on
// the event loops; must be quick and must not throw.
#pragma once
#include <cstdint>

#include "auth/dmarc/parse.hpp"
#include "auth/result.hpp"
#include "inspect/message_inspector.hpp"
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
};

class observer {
 public:
  virtual ~observer() = default;
  virtual void on_message(const message_event&) = 0;
};

}  // namespace sluice::net
