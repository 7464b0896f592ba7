// See json_text.hpp.
#include "firmware/gateway/json_text.hpp"

#include <cstdio>

#include "core/utf8.hpp"

namespace sluice::gateway {
namespace {

bool needs_escape(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x61C || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const utf8::decoded one = utf8::decode(text);
    const std::string_view raw = text.substr(0, one.length);
    text.remove_prefix(one.length);
    if (!one.valid) {
      out += "\\ufffd";
    } else if (one.code == '"' || one.code == '\\') {
      out += '\\';
      out += raw;
    } else if (needs_escape(one.code)) {
      char escape[16];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(one.code));
      out += escape;
    } else {
      out += raw;
    }
  }
  return out + '"';
}

}  // namespace sluice::gateway
