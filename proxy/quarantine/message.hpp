// What goes into the quarantine and what comes out of it. Views go in (nothing is kept after the call), strings come
// out. Addresses are written without angle brackets; an empty reverse path is <>.
//
// Texts from the message (findings' words, header texts, preview) are stored as they came: whoever shows them escapes
// control and bidi characters (P5).
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "quarantine/limits.hpp"

namespace sluice::quarantine {

// State of one recipient. held -> releasing -> released | refused; refused -> releasing (again); held, refused and
// (when no delivery is under way) releasing -> deleted; held, refused -> expired. released, deleted and expired are
// final.
enum class recipient_state : std::uint8_t { held, releasing, released, refused, deleted, expired };
const char* name_of(recipient_state);
bool parse_state(std::string_view name, recipient_state& out);
inline bool is_final(recipient_state s) {
  return s == recipient_state::released || s == recipient_state::deleted || s == recipient_state::expired;
}

// stored: the file is there. damaged: it is there but did not verify. removed: every recipient is final; key and file
// are destroyed. lost: the file was missing at start. The first two take space; the index relies on this order.
enum class content_state : std::uint8_t { stored, damaged, removed, lost };
const char* name_of(content_state);

enum class body_type : std::uint8_t { unspecified, seven_bit, eight_bit_mime };  // RFC 6152 BODY=
enum class dsn_return : std::uint8_t { unspecified, full, headers };             // RFC 3461 RET=

// RFC 3461 NOTIFY= as bits; 0 when it was not given.
inline constexpr std::uint8_t notify_never = 1, notify_success = 2, notify_failure = 4, notify_delay = 8;

// ---- in ----
struct new_recipient {
  byte_view address;
  byte_view orcpt;  // as given, xtext; empty when not given
  std::uint8_t notify = 0;
};

struct new_finding {
  byte_view rule, place, slot, words;
  std::int32_t weight = 0;
  std::uint32_t part = 0, length = 0;
  std::uint64_t offset = 0;
  byte_view text_id{};  // names all of a slot's text, for an exception; empty when it has none
};

struct new_message {
  byte_view id;  // the verdict's id: [A-Za-z0-9_-], at most id_bytes_max
  // envelope
  byte_view reverse_path;
  std::span<const new_recipient> recipients;  // at least one
  body_type body = body_type::unspecified;
  bool smtputf8 = false;
  dsn_return ret = dsn_return::unspecified;
  byte_view envid;
  std::uint64_t declared_size = 0;  // SIZE= of MAIL, 0 when not given
  // original client
  byte_view client_ip, client_name, helo, listener, tls_version, tls_cipher;
  std::uint16_t client_port = 0;
  byte_view route_domain;  // the domain that chose the route; a release takes the same route
  byte_view
      sender_domain;  // what the sender's share is counted by (organizational domain); empty: that of reverse_path
  // verdict
  std::int32_t score = 0;
  byte_view profile, cause;  // cause: why it could not be inspected (P6), empty when it was
  byte_view auth;            // what sender authentication found, in words; empty when it is off
  byte_view auth_results;    // the same as the value of our Authentication-Results, folded, for the release
  std::span<const new_finding> findings;
  std::uint32_t findings_dropped = 0;
  byte_view skeleton{};  // names the message's template, for an exception; empty when it has none
  // header summary, decoded; cut at header_text_bytes_max
  byte_view header_from, header_to, subject, message_id;
  byte_view preview;  // first visible text, cut at preview_bytes_max
};

// ---- out ----
struct envelope_recipient {
  std::uint32_t position = 0;  // names the recipient in record_attempt
  std::string address, orcpt;
  std::uint8_t notify = 0;
};

struct envelope {
  std::string reverse_path;
  std::vector<envelope_recipient> recipients;
  body_type body = body_type::unspecified;
  bool smtputf8 = false;
  dsn_return ret = dsn_return::unspecified;
  std::string envid;
  std::uint64_t declared_size = 0;
  std::string client_ip, client_name, helo, listener, tls_version, tls_cipher, route_domain;
  std::uint16_t client_port = 0;
  std::string auth_results;  // as it was when the message came in; empty when it is not known
};

struct recipient_status {
  envelope_recipient who;
  recipient_state state = recipient_state::held;
  unix_time changed = 0;
  std::string reply;           // the downstream's last reply to a release
  std::uint32_t attempts = 0;  // deliveries tried in this release
  unix_time next_attempt = 0;  // releasing only
  bool in_delivery = false;    // an attempt is under way
};

struct stored_finding {
  std::string rule, place, slot, words;
  std::int32_t weight = 0;
  std::uint32_t part = 0, length = 0;
  std::uint64_t offset = 0;
  std::string text_id{};
};

struct message_summary {
  std::int64_t sequence = 0;  // grows with arrival; the cursor of list()
  std::string id;
  unix_time received = 0;
  std::uint64_t bytes = 0;  // of content
  std::string reverse_path, header_from, header_to, subject;
  std::int32_t score = 0;
  std::string top_rule;  // heaviest finding
  std::string first_recipient;
  std::uint32_t recipients = 0;
  std::uint32_t in_state[6] = {};  // recipients by recipient_state
  content_state content = content_state::stored;
};

struct audit_entry {
  unix_time at = 0;
  std::string who, action, id, recipient, result;
  std::int64_t sequence = 0;  // the cursor of store::audit()
};

struct message_detail {
  message_summary summary;
  quarantine::envelope envelope;
  std::vector<recipient_status> recipients;
  std::string message_id, preview, profile, cause, auth, skeleton;
  std::vector<stored_finding> findings;
  std::uint32_t findings_dropped = 0;
  std::vector<audit_entry> audit;  // of this message, oldest first, at most page_rows_max
};

}  // namespace sluice::quarantine
