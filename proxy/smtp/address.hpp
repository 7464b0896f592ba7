// Envelope addresses: RFC 5321 4.1.2 Path and Mailbox with RFC 6531 (UTF-8). Parses views, copies nothing, and says
// what it saw; whether a source route, a percent sign or an address literal is welcome is the caller's decision.
// Header addresses (RFC 5322: comments, folding) are mime's, not ours.
//
// Deviations, each for the sake of real mail: '_' is accepted in domains, local parts may be longer than 64 octets,
// blanks are accepted between the colon and '<' (by the command parser).
#pragma once
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::smtp {

struct mailbox {
  byte_view local;   // as written, with quotes when quoted; may be the whole address "postmaster"
  byte_view domain;  // as written: a name or "[literal]"; empty only for a bare postmaster
  bool quoted = false;
  bool literal = false;        // the domain is an address literal
  bool utf8 = false;           // non-ASCII (valid UTF-8) somewhere
  bool routing_chars = false;  // '%', '!' or '@' in the local part: some servers relay on these (RFC 5321 appendix F)
};

struct path {
  byte_view text;             // within the angle brackets, as written, with a source route
  mailbox address;            // of the final destination; empty for the null path
  bool null = false;          // "<>"
  bool source_route = false;  // "<@a,@b:user@c>", RFC 5321 appendix C
};

enum class path_error : std::uint8_t { none, syntax, too_long, bad_utf8 };

// What is at the front of `in`: '<' ... '>'. On success `in` is advanced behind the '>'.
// `null_allowed` (MAIL) admits "<>"; `bare_postmaster` (RCPT) admits "<Postmaster>" without a domain.
struct path_options {
  bool null_allowed = false;
  bool bare_postmaster = false;
};
path_error take_path(byte_view& in, path& out, path_options options);

// A whole mailbox "user@example.com", nothing around it.
path_error parse_mailbox(byte_view text, mailbox& out);

// Domain name (letters, digits, '-', '_', UTF-8; labels 1..63, no '-' at their ends, no final dot), at most 255 octets.
bool is_domain(byte_view text);
// "[192.0.2.1]", "[IPv6:2001:db8::1]" (RFC 5321 4.1.3). IANA has registered no other tag than IPv6, so there is no
// other form.
bool is_address_literal(byte_view text);
bool is_utf8(byte_view text);

// Equality of domains: ASCII case does not matter, one final dot does not matter. IDN is compared as it is written:
// U-label and A-label forms of a name differ; the caller lists both.
bool same_domain(byte_view a, byte_view b);

}  // namespace sluice::smtp
