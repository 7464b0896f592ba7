#include "firmware/gateway/commands/terminal.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "core/utf8.hpp"

namespace sluice::gateway {
namespace {

constexpr std::array<std::string_view, 7> codes{"", "1", "2", "31", "32", "33", "34"};

bool obeyed_by_terminals(char32_t c) {
  const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  const bool bidi =
      c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return control || bidi || c == 0x2028 || c == 0x2029;
}

}  // namespace

bool wants_colour(int descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  if (no_color != nullptr && *no_color != '\0') return false;
  return isatty(descriptor) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

std::string paint(std::string_view text, colour c, bool on) {
  if (!on || c == colour::none) return std::string(text);
  return "\x1b[" + std::string(codes[static_cast<std::size_t>(c)]) + "m" + std::string(text) + "\x1b[0m";
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const utf8::decoded d = utf8::decode(text);
    char escape[16];
    if (!d.valid)
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(text[0])));
    else if (d.code < 0x100)
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned>(d.code));
    else
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(d.code));
    if (d.valid && !obeyed_by_terminals(d.code))
      out += text.substr(0, d.length);
    else
      out += escape;
    text.remove_prefix(d.length);
  }
  return out;
}

}  // namespace sluice::gateway
