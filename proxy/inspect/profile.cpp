// Parsing of slot types and subject templates (profile.hpp).
#include "inspect/profile.hpp"

namespace sluice::inspect {
namespace {
constexpr const char* type_names[] = {"name", "title", "memo", "subject", "address", "file"};
}

const char* name_of(slot_type type) { return type_names[static_cast<std::size_t>(type)]; }

bool parse_slot_type(std::string_view text, slot_type& out) {
  for (std::size_t i = 0; i < std::size(type_names); ++i) {
    if (text == type_names[i]) {
      out = static_cast<slot_type>(i);
      return true;
    }
  }
  return false;
}

bool parse_template(std::string_view text, text_template& out, std::string& error) {
  out.source = text;
  out.pieces.clear();
  while (!text.empty()) {
    template_piece piece;
    if (text.front() == '{') {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos) return error = "a { has no }", false;
      const std::string_view inside = text.substr(1, end - 1);
      const std::size_t colon = inside.find(':');
      if (colon == std::string_view::npos || colon == 0) return error = "a slot is written {name:type}", false;
      piece.is_slot = true;
      piece.text = inside.substr(0, colon);
      if (piece.text.size() > 24) return error = "slot name longer than 24 octets", false;
      if (!parse_slot_type(inside.substr(colon + 1), piece.type)) return error = "unknown slot type; one of name, title, memo, subject, address, file", false;
      if (!out.pieces.empty() && out.pieces.back().is_slot) return error = "two slots touch", false;
      text.remove_prefix(end + 1);
    } else {
      const std::size_t end = text.find('{');
      piece.text = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end);
    }
    out.pieces.push_back(std::move(piece));
  }
  if (out.pieces.empty()) return error = "empty template", false;
  return true;
}

}  // namespace sluice::inspect
