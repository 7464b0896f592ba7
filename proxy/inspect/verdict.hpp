// Findings and the verdict: one record, the same in the log, the header, the page, the quarantine and the replies that
// Sluice itself makes.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"
#include "core/text.hpp"

namespace sluice::inspect {

// Ordered by severity: the worst of several wins.
enum class action : std::uint8_t { forward, tag, defer, quarantine, reject };
const char* name_of(action);

enum class place : std::uint8_t { envelope, header, subject, display_name, text, html, link, attachment, structure };
const char* name_of(place);

struct finding {
  byte_view rule;               // id from the static rule table, e.g. "slot-phone"; lives as long as the program
  std::int16_t weight = 0;      // points; added up and compared with policy thresholds. Never negative (P4).
  place where = place::structure;
  std::uint16_t part = 0;       // MIME part index
  std::uint64_t offset = 0;     // octets from the start of the content; 0 when not known
  std::uint32_t length = 0;
  fixed_string<24> slot;        // slot name of the profile ("tenant", "note"); empty outside slots
  std::uint64_t text_id = 0;    // of all the slot's text (text_id.hpp); 0: not a slot's, or several texts
  fixed_string<80> words;       // the words that caused it, UTF-8, cut between code points; attacker's text: escape it
};

// Why something could not be inspected (P6); each has a policy of its own.
enum class unscanned : std::uint8_t { none, budget, broken_mime, encrypted, dns, safe_mode };
inline constexpr std::size_t unscanned_causes = static_cast<std::size_t>(unscanned::safe_mode) + 1;
const char* name_of(unscanned);

inline constexpr std::size_t max_findings = 12;  // per message; further ones are counted in findings_dropped

struct findings {
  fixed_vector<finding, max_findings> list;
  std::uint16_t dropped = 0;
  std::int32_t score = 0;  // sum of the weights, of dropped ones too
  unscanned cause = unscanned::none;  // the first of the list above when there are several
  std::uint8_t causes = 0;    // all of them, a bit each: every one has its action
  fixed_string<32> profile;   // id of the selected profile, empty when none
  bool notification_class = false;  // sender is a notification sender: stream mode is not for it
  bool observe = false;             // its profile is being tried out: show, but forward

  void not_scanned(unscanned why) {
    causes = static_cast<std::uint8_t>(causes | 1u << static_cast<unsigned>(why));
    if (cause == unscanned::none || why < cause) cause = why;
  }
};

struct verdict {
  action act = action::forward;
  fixed_string<24> list;  // the entry of the administrator's lists that had a say: "allow-list k3vq7a2x"
  fixed_string<24> id;  // "v" + time + counter, base32; the same on every surface
  inspect::findings found;
};

}  // namespace sluice::inspect
