// What the MIME walker reports while a message streams through it. Views are valid during the call only.
//
// Order: fields and on_header_end of part 0 (the message itself), then for each part on_part_begin, its text, links
// and bytes, on_part_end; at last on_message_end. Offsets are octets from the start of the message content as it
// came in (after dot-unstuffing), so a finding can point at the place.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"
#include "core/text.hpp"

namespace sluice::mime {

struct field {
  byte_view name;        // as written, without the colon
  byte_view value;       // unfolded (CRLF before WSP removed), trimmed, otherwise raw; cut at limits::field_value_bytes
  std::uint64_t offset;  // of the first octet of the name
  std::uint32_t length;  // octets of the whole field as it came in, with its final CRLF
  std::uint16_t part;    // 0 is the message's own header
  bool cut;              // value was longer than the limit
};

struct part_info {
  std::uint16_t index;  // 0 is the whole message
  std::uint16_t parent;
  std::uint8_t depth;
  fixed_string<80> type;      // lower-case "text/html"; what a client would show when the field is broken
  fixed_string<32> charset;   // lower-case, empty when not given
  fixed_string<20> encoding;  // lower-case transfer encoding
  fixed_string<20> disposition;
  fixed_string<256> file_name;   // decoded (RFC 2047, RFC 2231) UTF-8; may be cut
  fixed_string<256> other_name;  // what another client would call it, empty when all agree
  // Set when this "part" is another reading of the octets of that part (say, base64 text under a doubtful encoding).
  std::uint16_t reading_of = no_part;

  static constexpr std::uint16_t no_part = 0xffff;
};

enum class text_kind : std::uint8_t {
  plain,
  visible,
  hidden,
  title,
  alt,
  calendar,    // SUMMARY, DESCRIPTION, LOCATION ... of text/calendar, one line "NAME: text\n" each
  conditional,  // only some clients show it: conditional comments, what stands around the parts of a multipart
  doubtful      // some clients hide it: with mso-hide:all, or by styles that the others drop
};

struct link {
  std::uint16_t part;
  byte_view target;  // href, action, src; UTF-8, entities decoded, not percent-decoded
  byte_view shown;   // the visible text of the anchor, folded white space; empty for images and forms
  enum class origin : std::uint8_t { anchor, form, image, area, meta_refresh, other } from;
  bool hidden;
  bool conditional;  // only some clients show it; never both
};

enum class anomaly : std::uint8_t {
  depth_exceeded,
  parts_exceeded,
  boundary_missing,
  boundary_too_long,
  bad_base64,
  bad_quoted_printable,
  unknown_encoding,
  unknown_charset,
  bad_charset_bytes,
  duplicate_field,
  field_cut,
  no_header_end,
  line_too_long,
  ambiguous_type,
  ambiguous_encoding,
  ambiguous_boundary,
  non_ascii_header,
  html_too_deep,
  converter_exhausted,
  ambiguous_name,
  bad_header_line,
  bare_cr,
  partial_message,
  embedded_file,
  drawn_code,  // a picture made of table cells
  tnef         // a file of Outlook's: only Outlook shows what is inside. Too common to be called ambiguous
};
inline constexpr std::size_t anomaly_count = 26;
const char* name_of(anomaly);
const char* name_of(text_kind);

// True when mail clients may read the message in different ways because of it (what a policy would call ambiguous),
// false for limits and flaws that all clients show alike.
bool is_ambiguity(anomaly);

class handler {
 public:
  virtual ~handler() = default;
  virtual void on_field(const field&) {}
  virtual void on_header_end(std::uint16_t /*part*/, std::uint64_t /*offset of the body*/) {}
  virtual void on_part_begin(const part_info&) {}
  // Decoded UTF-8 text; white space of HTML collapsed; block elements end with '\n'. May come in any number of pieces,
  // cut only between code points.
  virtual void on_text(std::uint16_t /*part*/, text_kind, byte_view) {}
  virtual void on_link(const link&) {}
  // Decoded octets of parts that are not text; offset is within the decoded part. Delivered up to
  // limits::sniff_bytes, after that the part is passed over without decoding.
  virtual void on_bytes(std::uint16_t /*part*/, std::uint64_t /*offset*/, byte_view) {}
  virtual void on_anomaly(std::uint16_t /*part*/, anomaly, std::uint64_t /*offset*/) {}
  virtual void on_part_end(std::uint16_t /*part*/, std::uint64_t /*decoded octets*/) {}
  virtual void on_message_end() {}
};

}  // namespace sluice::mime
