#include "core/log.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <ctime>

#include "core/utf8.hpp"

namespace sluice::log {
namespace {

format the_format = format::json;
level the_level = level::info;
int the_descriptor = 2;

constexpr std::array<std::string_view, 4> level_names{"debug", "info", "warning", "error"};
constexpr std::size_t closing_room = 32;  // kept free for the mark of a cut line and its end

bool must_escape(char32_t c) {
  return c < 0x20 || c == '"' || c == '\\' || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0x061c || c == 0xfeff;
}

std::string_view timestamp(std::array<char, 40>& out) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm utc{};
  ::gmtime_r(&now.tv_sec, &utc);
  std::size_t n = std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%S.", &utc);
  const long ms = now.tv_nsec / 1'000'000;
  out[n++] = static_cast<char>('0' + ms / 100);
  out[n++] = static_cast<char>('0' + ms / 10 % 10);
  out[n++] = static_cast<char>('0' + ms % 10);
  out[n++] = 'Z';
  return {out.data(), n};
}

}  // namespace

void set_format(format f) { the_format = f; }
void set_level(level l) { the_level = l; }
void set_descriptor(int fd) { the_descriptor = fd; }
bool enabled(level l) { return l >= the_level; }

bool append_escaped(fixed_string<line_bytes>& out, std::string_view in) {
  while (!in.empty()) {
    const utf8::decoded c = utf8::decode(in);
    char escape[8];
    std::string_view piece = in.substr(0, c.length);
    if (!c.valid) {
      piece = "\xef\xbf\xbd";
    } else if (c.code == '"' || c.code == '\\') {
      escape[0] = '\\';
      escape[1] = static_cast<char>(c.code);
      piece = {escape, 2};
    } else if (must_escape(c.code)) {
      constexpr std::string_view hex = "0123456789abcdef";
      escape[0] = '\\';
      escape[1] = 'u';
      for (int i = 0; i < 4; ++i) escape[2 + i] = hex[(c.code >> (12 - 4 * i)) & 15];
      piece = {escape, 6};
    }
    if (out.size() + piece.size() + closing_room > line_bytes) return false;
    out.append(piece.data(), piece.size());
    in.remove_prefix(c.length);
  }
  return true;
}

line::line(level l, std::string_view event) : level_(l) {
  if (!enabled(l)) return;
  std::array<char, 40> when;
  const std::string_view now = timestamp(when);
  if (the_format == format::json) {
    append_cut(text_, R"({"time":")");
    append_cut(text_, now);
    append_cut(text_, R"(","level":")");
    append_cut(text_, level_names[static_cast<std::size_t>(l)]);
    append_cut(text_, R"(","event":")");
    append_cut(text_, event);
    append_cut(text_, "\"");
  } else {
    append_cut(text_, now);
    append_cut(text_, " ");
    append_cut(text_, level_names[static_cast<std::size_t>(l)]);
    append_cut(text_, " ");
    append_cut(text_, event);
  }
}

line::~line() {
  if (text_.empty()) return;
  if (cut_) append_cut(text_, the_format == format::json ? R"(,"cut":true)" : " cut=true");
  append_cut(text_, the_format == format::json ? "}\n" : "\n");
  // A log that cannot be written must not stop mail; there is nowhere left to report it.
  [[maybe_unused]] const auto n = ::write(the_descriptor, text_.data(), text_.size());
}

void line::key(std::string_view k) {
  if (the_format == format::json) {
    append_cut(text_, ",\"");
    append_cut(text_, k);
    append_cut(text_, "\":");
  } else {
    append_cut(text_, " ");
    append_cut(text_, k);
    append_cut(text_, "=");
  }
}

line& line::with(std::string_view k, std::string_view value) {
  if (!enabled(level_) || cut_) return *this;
  if (text_.size() + k.size() + 2 * closing_room > line_bytes) {
    cut_ = true;
    return *this;
  }
  key(k);
  append_cut(text_, "\"");
  cut_ = !append_escaped(text_, value);
  append_cut(text_, "\"");
  return *this;
}

line& line::with(std::string_view k, std::int64_t value) {
  if (!enabled(level_) || cut_) return *this;
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return with_json(k, {digits, static_cast<std::size_t>(end - digits)});
}

line& line::with_json(std::string_view k, std::string_view json) {
  if (!enabled(level_) || cut_) return *this;
  if (text_.size() + k.size() + json.size() + 2 * closing_room > line_bytes) {
    cut_ = true;
    return *this;
  }
  key(k);
  append_cut(text_, json);
  return *this;
}

}  // namespace sluice::log
