// Every limit of the SMTP module, with its unit and the reason for its value. Limits that a site may change are the
// defaults of server_options; the others are facts of the protocol or sizes of buffers.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sluice::smtp::limits {

// Octets of a command line with its CRLF. RFC 5321 4.5.3.1.4 asks for 512 plus what the extensions add (SIZE 26,
// 8BITMIME 17, SMTPUTF8 10, DSN 500 + 100 ...); also the least buffer that a caller of server_session must own.
inline constexpr std::size_t command_line_bytes = 2048;
inline constexpr std::size_t path_bytes = 256;    // with the angle brackets, without a source route; 4.5.3.1.3
inline constexpr std::size_t domain_bytes = 255;  // 4.5.3.1.2
inline constexpr std::size_t label_bytes = 63;    // RFC 1035 2.3.4
// RFC 5321 4.5.3.1.1 asks for at least 64. Not enforced: bounce addresses (SRS, BATV, VERP) of real mail are longer,
// and path_bytes bounds them already.
inline constexpr std::size_t local_part_bytes = 64;
inline constexpr std::size_t text_line_bytes = 1000;  // with CRLF, 4.5.3.1.6; content lines are not held to it
inline constexpr std::size_t envid_bytes = 100;       // RFC 3461 4.4, as written (xtext)
inline constexpr std::size_t orcpt_bytes = 500;       // RFC 3461 4.2, as written
inline constexpr std::size_t size_digits = 20;        // RFC 1870 3

inline constexpr std::uint16_t recipients = 100;   // accepted per transaction; RFC 5321 4.5.3.1.8 asks for 100
inline constexpr std::uint16_t bad_commands = 10;  // per session, then 421
// Commands since the last end of a message, accepted RCPT and BDAT with content not counted; then 421.
inline constexpr std::uint16_t idle_commands = 300;

// Replies. A line is at most 512 octets with CRLF (4.5.3.1.5); what is kept of a downstream's text is cut to fit.
inline constexpr std::size_t reply_line_bytes = 512;               // sent
inline constexpr std::size_t reply_line_read_bytes = 2048;         // read; longer is an error
inline constexpr std::size_t reply_lines = 100;                    // read of one reply; more is an error
inline constexpr std::size_t reply_text_bytes = 512;               // kept of a read reply, all lines together
inline constexpr std::size_t reply_wire_bytes = 768;               // the longest reply that is ever formatted
inline constexpr std::size_t output_bytes = 2 * reply_wire_bytes;  // of a server_session

// PROXY protocol: v1 is at most 107 octets by its specification; v2 could be 64 KiB and is held to one small segment.
inline constexpr std::size_t proxy_v1_bytes = 107;
inline constexpr std::size_t proxy_v2_bytes = 536;

}  // namespace sluice::smtp::limits
