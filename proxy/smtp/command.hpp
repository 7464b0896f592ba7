// The commands that need a decision, as values. Views point into the caller's input buffer (server side: valid until
// the next call of server_session::next) or into the caller's stored envelope (relay side, see command_writer).
#pragma once
#include <array>
#include <cstdint>

#include "core/bytes.hpp"
#include "smtp/address.hpp"
#include "smtp/extension_set.hpp"
#include "smtp/replies.hpp"

namespace sluice::smtp {

enum class body_type : std::uint8_t { none, seven_bit, eight_bit_mime };
enum class return_type : std::uint8_t { none, full, headers };

struct mail_command {
  path from;
  byte_view parameters;  // raw text behind the path, trimmed; for the log
  std::uint64_t size = 0;
  bool has_size = false;
  body_type body = body_type::none;
  bool smtputf8 = false;
  return_type ret = return_type::none;  // RET, RFC 3461 4.3
  byte_view envid;                      // xtext as written; empty when not given
};

// Bits of rcpt_command::notify (RFC 3461 4.1); 0 = parameter not given.
inline constexpr std::uint8_t notify_never = 1, notify_success = 2, notify_failure = 4, notify_delay = 8;

struct rcpt_command {
  path to;
  byte_view parameters;
  std::uint8_t notify = 0;
  byte_view orcpt;  // "rfc822;user@example.com", xtext as written; empty when not given
};

// One XCLIENT command. The values are decoded in place.
struct client_value {
  enum class kind : std::uint8_t { absent, unavailable, tempunavail, given } what = kind::absent;
  byte_view text;
};
struct client_info {
  std::array<client_value, client_attributes> values{};
  client_value& operator[](client_attribute a) { return values[static_cast<std::size_t>(a)]; }
  const client_value& operator[](client_attribute a) const { return values[static_cast<std::size_t>(a)]; }
};

// Behind "MAIL" and "RCPT": `line` is the rest of the command without CRLF. cause::none when it was good, otherwise
// what to answer. `offered` decides which parameters exist; `utf8` (RCPT) tells that MAIL had SMTPUTF8.
cause parse_mail(byte_view line, const extension_set& offered, mail_command& out);
cause parse_rcpt(byte_view line, const extension_set& offered, bool utf8, rcpt_command& out);
// Behind "XCLIENT"; writes to `line` (decoding).
cause parse_xclient(byte_span line, client_info& out);
// Behind "BDAT": "size [LAST]".
cause parse_bdat(byte_view line, std::uint64_t& size, bool& last);

}  // namespace sluice::smtp
