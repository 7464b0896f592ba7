// An SMTP reply as a value, and its form on the wire (RFC 5321 4.2, enhanced status codes RFC 2034 and RFC 3463).
//
// Text may have several lines, separated by '\n'. It may come from a downstream or a config: format() never lets a
// control character through, whatever the text holds.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::smtp {

// "5.7.1"; klass 0 means that there is none.
struct enhanced_status {
  std::uint8_t klass = 0;     // 2, 4 or 5
  std::uint16_t subject = 0;  // 0..999
  std::uint16_t detail = 0;   // 0..999
  friend bool operator==(const enhanced_status&, const enhanced_status&) = default;
};

struct reply {
  std::uint16_t code = 0;  // 200..599
  enhanced_status status;
  byte_view text;  // owned by somebody else, valid as long as that says

  bool positive() const { return code >= 200 && code < 300; }
  bool intermediate() const { return code >= 300 && code < 400; }
  bool transient() const { return code >= 400 && code < 500; }
  bool permanent() const { return code >= 500 && code < 600; }
  friend bool operator==(const reply&, const reply&) = default;
};

struct reply_form {
  // RFC 2034 4: 2xx, 4xx and 5xx carry a status code (one that is missing or of another class becomes x.0.0); the
  // greeting, replies to HELO and EHLO, and 3xx never do.
  bool enhanced = true;
  // RFC 6531 3.7.4.2: UTF-8 in replies only within an SMTPUTF8 transaction; otherwise such octets become '?'.
  bool utf8 = false;
};

// Writes the reply with its CRLFs to `out` and returns the octets written: 0 when `out` is smaller than
// limits::reply_wire_bytes. Text beyond that size is cut at an octet (or code point) border.
std::size_t format(const reply& r, byte_span out, reply_form form = {});

// Reads "5.7.1" at the front of `text` and the blank behind it; only when its class is that of `code`. Removes them
// from `text` when found.
enhanced_status take_enhanced_status(byte_view& text, std::uint16_t code);

}  // namespace sluice::smtp
