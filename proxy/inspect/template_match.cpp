// See template_match.hpp.
#include "inspect/template_match.hpp"

#include "core/ascii.hpp"

namespace sluice::inspect {
namespace {

bool same_octet(char a, char b) {
  if (ascii::is_space(a) && ascii::is_space(b)) return true;
  return ascii::lower(a) == ascii::lower(b);
}

bool same_text(byte_view a, byte_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same_octet(a[i], b[i])) return false;
  }
  return true;
}

std::size_t find_from(byte_view text, byte_view piece, std::size_t from) {
  for (std::size_t i = from; i + piece.size() <= text.size(); ++i) {
    if (same_text(text.substr(i, piece.size()), piece)) return i;
  }
  return byte_view::npos;
}

}  // namespace

bool match_template(byte_view text, const text_template& form, slot_list& out) {
  out.clear();
  text = ascii::trim(text);
  std::size_t at = 0;
  const template_piece* open = nullptr;  // a slot whose end is not known yet
  std::size_t open_at = 0;
  for (std::size_t i = 0; i < form.pieces.size(); ++i) {
    const template_piece& piece = form.pieces[i];
    if (piece.is_slot) {
      open = &piece;
      open_at = at;
      continue;
    }
    const bool last = i + 1 == form.pieces.size();
    std::size_t found = byte_view::npos;
    if (open == nullptr) {
      if (at + piece.text.size() <= text.size() && same_text(text.substr(at, piece.text.size()), piece.text)) found = at;
    } else if (last) {
      if (text.size() >= at + piece.text.size() && same_text(text.substr(text.size() - piece.text.size()), piece.text)) found = text.size() - piece.text.size();
    } else {
      found = find_from(text, piece.text, at);
    }
    if (found == byte_view::npos) return false;
    if (open != nullptr) {
      if (out.size() == out.capacity()) return false;
      out.push_back({ascii::trim(text.substr(open_at, found - open_at)), open->text, open->type});
      open = nullptr;
    }
    at = found + piece.text.size();
  }
  if (open != nullptr) {
    if (out.size() == out.capacity()) return false;
    out.push_back({ascii::trim(text.substr(open_at)), open->text, open->type});
    at = text.size();
  }
  return at == text.size();
}

}  // namespace sluice::inspect
