// Mail of our own (reports to abuse desks, digests and notices for recipients): what goes into the outbox and what it
// tells. Its reverse path is always <>, so that nothing ever answers it with mail (RFC 5321 section 4.5.5).
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "quarantine/message.hpp"
#include "quarantine/told.hpp"

namespace sluice::quarantine {

// A word that is not passed on, and what stands there instead (RFC 6590).
struct own_replacement {
  std::string word, by;
};

// A complete RFC 5322 message is given in pieces, so that a held message goes into a report without lying in memory.
struct own_piece {
  byte_view text;               // these octets, lines ended by CRLF; or, when `held` is set,
  byte_view held;               // the content of the held message of that id
  bool header_only = false;     // of the held message: up to and without its first empty line
  std::span<const own_replacement> replaced;  // in the held message, ASCII case ignored
};

struct new_own_mail {
  byte_view kind;                         // "report", "digest", "notice"
  byte_view about;                        // id of a held message, whose audit then tells of this mail; may be empty
  byte_view route_domain;                 // chooses the route
  std::span<const byte_view> recipients;  // addresses without <>, 1 to own_recipients_max
  bool smtputf8 = false;                  // header fields of it are UTF-8 (RFC 6531)
  const told_mark* told = nullptr;        // what its recipient is told with it; true when it is queued, not before
};

struct own_recipient {
  std::string address;
  recipient_state state = recipient_state::releasing;  // releasing, released (sent), refused or deleted
  unix_time changed = 0, next_attempt = 0;
  std::uint32_t attempts = 0;
  std::string reply;  // the mail server's last
};

struct own_summary {
  std::int64_t sequence = 0;  // the cursor of own_list()
  std::string id, kind, about;
  unix_time queued = 0;
  std::uint64_t bytes = 0;
  std::vector<own_recipient> recipients;
};

struct own_totals {
  std::uint64_t messages = 0, bytes = 0;  // that wait
};

}  // namespace sluice::quarantine
