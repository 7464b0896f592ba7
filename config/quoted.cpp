// Text from a file, made safe for a terminal, a log line and a TOML file.
#include "config/value_text.hpp"

namespace sluice::config {

std::string quoted_text::operator()(std::string_view text, std::size_t most) const {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out = "\"";
  std::size_t n = 0;
  for (; n < text.size() && n < most; ++n) {
    const auto c = static_cast<unsigned char>(text[n]);
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c < 0x20 || c == 0x7f)
      out += {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    else
      out += static_cast<char>(c);
  }
  while (n < text.size() && (static_cast<unsigned char>(out.back()) & 0xC0) == 0x80) out.pop_back();  // no torn UTF-8
  if (n < text.size() && (static_cast<unsigned char>(out.back()) & 0xC0) == 0xC0) out.pop_back();
  return out + (n < text.size() ? "\"..." : "\"");
}

}  // namespace sluice::config
