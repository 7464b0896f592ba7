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

bool has_authserv_id(byte_view value, byte_view id) {
  value = skip_cfws(value);
  if (value.empty() || value.front() != '"') return ascii::iequals(value.substr(0, token_end(value)), id);
  std::size_t same = 0;  // octets of `id` that the quoted string has so far
  for (std::size_t i = 1; i < value.size() && value[i] != '"'; ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) ++i;  // a quoted pair stands for its second octet
    if (same == id.size() || ascii::lower(value[i]) != ascii::lower(id[same])) return false;
    ++same;
  }
  return same == id.size();
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
