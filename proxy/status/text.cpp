#include "status/text.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>

#include "core/utf8.hpp"

namespace sluice::status {
namespace {

bool hidden(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe0fff);
}

// Calls `plain` for each visible character's octets and `escape` with the number of each other one.
template <class Plain, class Escape>
void walk(std::string_view text, Plain plain, Escape escape) {
  while (!text.empty()) {
    const utf8::decoded c = utf8::decode(text);
    if (!c.valid || hidden(c.code))
      escape(c.valid ? c.code : char32_t{0xfffd});
    else
      plain(text.substr(0, c.length));
    text.remove_prefix(c.length);
  }
}

std::string hex(const char* form, char32_t code) {
  std::array<char, 16> out;
  const int n = std::snprintf(out.data(), out.size(), form, static_cast<unsigned>(code));
  return {out.data(), static_cast<std::size_t>(n)};
}

}  // namespace

std::string html(std::string_view text) {
  std::string out;
  walk(
      text,
      [&](std::string_view c) {
        if (c == "<") out += "&lt;";
        else if (c == ">") out += "&gt;";
        else if (c == "&") out += "&amp;";
        else if (c == "\"") out += "&quot;";
        else if (c == "'") out += "&#39;";
        else out += c;
      },
      [&](char32_t code) { out += hex("<i>U+%04X</i>", code); });
  return out;
}

std::string json(std::string_view text) {
  std::string out = "\"";
  walk(
      text,
      [&](std::string_view c) {
        if (c == "\"" || c == "\\") out += '\\';
        out += c;
      },
      [&](char32_t code) {
        if (code > 0xffff) {  // JSON writes those as surrogates (RFC 8259 section 7)
          out += hex("\\u%04x", 0xd800 + ((code - 0x10000) >> 10));
          code = 0xdc00 + (code & 0x3ff);
        }
        out += hex("\\u%04x", code);
      });
  return out + "\"";
}

std::string label(std::string_view text) {
  std::string out;
  walk(
      text,
      [&](std::string_view c) {
        if (c == "\"" || c == "\\") out += '\\';
        out += c;
      },
      [&](char32_t code) { out += hex("U+%04X", code); });
  return out;
}

std::string utc(std::int64_t unix_seconds) {
  const auto when = static_cast<std::time_t>(unix_seconds);
  std::tm t{};
  ::gmtime_r(&when, &t);
  std::array<char, 32> out;
  return {out.data(), std::strftime(out.data(), out.size(), "%Y-%m-%d %H:%M:%SZ", &t)};
}

std::string bytes(std::uint64_t n) {
  std::array<char, 32> out;
  const double value = static_cast<double>(n);
  int size = 0;
  if (n >= 1u << 30) size = std::snprintf(out.data(), out.size(), "%.1f GiB", value / (1 << 30));
  else if (n >= 1u << 20) size = std::snprintf(out.data(), out.size(), "%.1f MiB", value / (1 << 20));
  else if (n >= 1u << 10) size = std::snprintf(out.data(), out.size(), "%.1f KiB", value / (1 << 10));
  else size = std::snprintf(out.data(), out.size(), "%llu B", static_cast<unsigned long long>(n));
  return {out.data(), static_cast<std::size_t>(size)};
}

}  // namespace sluice::status
