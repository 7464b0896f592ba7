// See header_fields.hpp.
#include "inspect/header_fields.hpp"

#include "core/ascii.hpp"

namespace sluice::inspect {
namespace {

// Skips white space and comments (nested, with quoted pairs; RFC 5322 section 3.2.2).
byte_view skip_cfws(byte_view s) {
  std::size_t depth = 0, i = 0;
  for (; i < s.size(); ++i) {
    const char c = s[i];
    if (c == '\\' && depth > 0) {
      ++i;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && depth > 0) {
      --depth;
    } else if (depth == 0 && !ascii::is_space(c)) {
      break;
    }
  }
  return i < s.size() ? s.substr(i) : byte_view{};
}

std::size_t token_end(byte_view s) {
  std::size_t i = 0;
  while (i < s.size() && !ascii::is_space(s[i]) && s[i] != ';' && s[i] != '(' && s[i] != '"') ++i;
  return i;
}

}  // namespace

byte_view authserv_id(byte_view value) {
  value = skip_cfws(value);
  if (!value.empty() && value.front() == '"') {
    const std::size_t end = value.find('"', 1);
    return end == byte_view::npos ? value.substr(1) : value.substr(1, end - 1);
  }
  return value.substr(0, token_end(value));
}

byte_view received_by(byte_view value) {
  for (;;) {
    value = skip_cfws(value);
    if (value.empty() || value.front() == ';') return {};
    std::size_t end = token_end(value);
    if (end == 0) end = 1;
    const byte_view word = value.substr(0, end);
    value.remove_prefix(end);
    if (ascii::iequals(word, "by")) {
      value = skip_cfws(value);
      return value.substr(0, token_end(value));
    }
  }
}

}  // namespace sluice::inspect
