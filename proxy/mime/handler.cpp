#include "mime/handler.hpp"

#include <array>

namespace sluice::mime {

const char* name_of(anomaly a) {
  static constexpr std::array<const char*, anomaly_count> names{
      "depth_exceeded", "parts_exceeded", "boundary_missing", "boundary_too_long", "bad_base64", "bad_quoted_printable",
      "unknown_encoding", "unknown_charset", "bad_charset_bytes", "duplicate_field", "field_cut", "no_header_end",
      "line_too_long", "ambiguous_type", "ambiguous_encoding", "ambiguous_boundary", "non_ascii_header", "html_too_deep",
      "converter_exhausted", "ambiguous_name", "bad_header_line", "bare_cr", "partial_message", "embedded_file",
      "drawn_code", "tnef"};
  return names[static_cast<std::size_t>(a)];
}

const char* name_of(text_kind kind) {
  static constexpr std::array<const char*, 8> names{"plain", "visible", "hidden", "title", "alt", "calendar", "conditional", "doubtful"};
  return names[static_cast<std::size_t>(kind)];
}

bool is_ambiguity(anomaly a) {
  switch (a) {
    case anomaly::boundary_missing:
    case anomaly::bad_base64:
    case anomaly::bad_quoted_printable:
    case anomaly::unknown_encoding:
    case anomaly::ambiguous_type:
    case anomaly::ambiguous_encoding:
    case anomaly::ambiguous_boundary:
    case anomaly::ambiguous_name:
    case anomaly::bad_header_line:
    case anomaly::bare_cr: return true;
    default: return false;
  }
}

}  // namespace sluice::mime
