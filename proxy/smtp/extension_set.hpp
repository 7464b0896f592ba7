// Which SMTP service extensions one side offers: a bit for each that Sluice knows, the SIZE limit, and the attributes
// behind XCLIENT and XFORWARD. Used for our own EHLO reply, for a downstream's, and for their intersection.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::smtp {

enum class extension : std::uint8_t {
  pipelining,       // RFC 2920
  size,             // RFC 1870
  eight_bit_mime,   // RFC 6152
  smtputf8,         // RFC 6531
  dsn,              // RFC 3461
  enhanced_status,  // RFC 2034
  chunking,         // RFC 3030, without BINARYMIME
  starttls,         // RFC 3207
  xclient,          // Postfix XCLIENT_README
  xforward,         // Postfix XFORWARD_README
  count_
};
const char* keyword_of(extension);  // "8BITMIME"

// Bits of extension_set::xclient and ::xforward.
enum class client_attribute : std::uint8_t { name, addr, port, proto, helo, login, destaddr, destport, ident, source };
inline constexpr std::size_t client_attributes = 10;
const char* keyword_of(client_attribute);  // "DESTADDR"

struct extension_set {
  std::uint16_t bits = 0;
  std::uint16_t xclient = 0;  // attributes, 1 << client_attribute
  std::uint16_t xforward = 0;
  std::uint64_t size_limit = 0;  // octets; 0 = none stated

  bool has(extension e) const { return (bits >> static_cast<unsigned>(e)) & 1U; }
  extension_set& add(extension e) {
    bits = static_cast<std::uint16_t>(bits | (1U << static_cast<unsigned>(e)));
    return *this;
  }
  extension_set& remove(extension e) {
    bits = static_cast<std::uint16_t>(bits & ~(1U << static_cast<unsigned>(e)));
    return *this;
  }
  bool takes_xclient(client_attribute a) const { return (xclient >> static_cast<unsigned>(a)) & 1U; }
  bool takes_xforward(client_attribute a) const { return (xforward >> static_cast<unsigned>(a)) & 1U; }
  friend bool operator==(const extension_set&, const extension_set&) = default;
};

// What may be offered when everything has to pass `other` too: 8BITMIME, SMTPUTF8 and DSN only when both have it, and
// the smaller SIZE limit. Hop-by-hop extensions (PIPELINING, CHUNKING, STARTTLS, ...) stay as in `own`.
extension_set mirrored(const extension_set& own, const extension_set& other);

// One line of an EHLO reply behind the first ("SIZE 1000"); unknown keywords change nothing.
void add_ehlo_line(extension_set& set, byte_view line);

// The lines of our own EHLO reply, separated by '\n', first `hostname`. Returns octets written; 0 when it does not fit.
std::size_t write_ehlo_lines(const extension_set& set, byte_view hostname, byte_span out);

}  // namespace sluice::smtp
