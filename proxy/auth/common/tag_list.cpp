// Tag lists; see tag_list.hpp.
#include "auth/common/tag_list.hpp"

#include "core/ascii.hpp"

namespace sluice::auth {
namespace {

bool is_tag_name(byte_view name) {
  if (name.empty() || !ascii::is_alpha(name[0])) return false;
  for (const char c : name)
    if (!ascii::is_alnum(c) && c != '_') return false;
  return true;
}

}  // namespace

bool tag_list::parse(byte_view text, bool lenient) {
  tags_.clear();
  lenient_ = lenient;
  while (!text.empty()) {
    const std::size_t semicolon = text.find(';');
    const byte_view part = text.substr(0, semicolon);
    text = semicolon == byte_view::npos ? byte_view{} : text.substr(semicolon + 1);
    const bool last = ascii::trim(text).empty();
    if (ascii::trim(part).empty()) {
      if (lenient || (last && semicolon == byte_view::npos)) continue;
      return false;
    }
    const std::size_t equals = part.find('=');
    tag t;
    if (equals != byte_view::npos) {
      t.name = ascii::trim(part.substr(0, equals));
      t.raw_value = part.substr(equals + 1);
      t.value = ascii::trim(t.raw_value);
    }
    if (!is_tag_name(t.name)) {
      if (lenient) continue;
      return false;
    }
    if (find(t.name) != nullptr || tags_.size() == tags_.capacity()) return false;
    tags_.push_back(t);
    if (last) return true;
  }
  return !tags_.empty();
}

const tag* tag_list::find(byte_view name) const {
  for (const tag& t : tags_)
    if (t.name == name || (lenient_ && ascii::iequals(t.name, name))) return &t;
  return nullptr;
}

bool next_item(byte_view& rest, byte_view& item) {
  if (rest.data() == nullptr) return false;
  const std::size_t colon = rest.find(':');
  item = ascii::trim(rest.substr(0, colon));
  rest = colon == byte_view::npos ? byte_view{} : rest.substr(colon + 1);
  return true;
}

}  // namespace sluice::auth
