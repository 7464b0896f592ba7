// The three forms of an event, out of its record: pure text, no clock, no descriptor.
//
// JSON: one object per line, RFC 8259. Text: time, level, event, key=value. Syslog: RFC 5424 with every member as a
// parameter of one structured-data element, and the first of them once more as text for people.
#pragma once
#include <cstdint>
#include <string_view>

#include "core/log.hpp"

namespace sluice::log {

// RFC 5424 6.1: receivers should take 2048 octets, RFC 5425 4.3.1: 8192. Longer events lose members at their end.
inline constexpr std::size_t syslog_bytes = 8192;
inline constexpr std::size_t rendered_bytes = line_bytes + 256;

using rendered = fixed_string<rendered_bytes>;
using syslog_message = fixed_string<syslog_bytes>;

struct origin {
  fixed_string<255> host;              // HOSTNAME; empty: "-"
  std::uint32_t process = 0;           // PROCID
  std::uint32_t enterprise = 32473;    // of the SD-ID sluice@N; 32473 is the number for documentation (RFC 5612)
  std::uint32_t sequence = 0;          // RFC 5424 7.3.1; 0: none
};

// Without a line end.
void append_json(rendered& out, const record& r);
void append_text(rendered& out, const record& r);
void append_syslog(syslog_message& out, const record& r, const origin& from);

// "<22>": facility mail, severity by level (RFC 5424 6.2.1).
unsigned priority_of(level l);

// Takes the first member off `members`; false when there is none left. `value` is JSON, a string with its quotes.
bool next_member(std::string_view& members, std::string_view& key, std::string_view& value);

// The JSON form with every text of strangers left out: numbers stay, and those texts that are our own words (kept_texts);
// in these, words with '@' are left out as well. For what leaves the box without anybody having read it.
void append_discreet(rendered& out, const record& r);
bool is_kept_text(std::string_view key);

}  // namespace sluice::log
