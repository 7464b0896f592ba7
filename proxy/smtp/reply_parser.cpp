// Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF (RFC 5321 4.2).
#include "smtp/reply_parser.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/utf8.hpp"

namespace sluice::smtp {
namespace {

// Three digits, the first 2..5; the second is not held to 0..5, some servers use others.
bool take_code(byte_view& line, std::uint16_t& code) {
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !ascii::is_digit(line[1]) || !ascii::is_digit(line[2]))
    return false;
  code = static_cast<std::uint16_t>((line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'));
  line.remove_prefix(3);
  return line.empty() || line.front() == ' ' || line.front() == '-';
}

}  // namespace

const char* name_of(reply_error e) {
  constexpr const char* names[] = {"none",          "bad_code",      "code_changed", "bad_line_ending",
                                   "line_too_long", "too_many_lines"};
  return names[static_cast<std::size_t>(e)];
}

void reply_parser::reset() { *this = reply_parser{}; }

reply_parser::status reply_parser::fail(reply_error e) {
  error_ = e;
  return status::failed;
}

reply_parser::status reply_parser::next(byte_view& in) {
  if (finished_) reset();
  if (error_ != reply_error::none) return status::failed;
  const byte_view window = in.substr(0, limits::reply_line_read_bytes);
  const std::size_t line_feed = window.find('\n');
  if (line_feed == byte_view::npos)
    return window.size() < limits::reply_line_read_bytes ? status::need_input : fail(reply_error::line_too_long);
  if (line_feed == 0 || window[line_feed - 1] != '\r') return fail(reply_error::bad_line_ending);
  byte_view line = window.substr(0, line_feed - 1);
  if (line.find('\r') != byte_view::npos || line.find('\0') != byte_view::npos)
    return fail(reply_error::bad_line_ending);
  std::uint16_t code = 0;
  if (!take_code(line, code)) return fail(reply_error::bad_code);
  if (lines_ != 0 && code != code_) return fail(reply_error::code_changed);
  if (++lines_ > limits::reply_lines) return fail(reply_error::too_many_lines);
  code_ = code;
  finished_ = line.empty() || line.front() == ' ';
  if (!line.empty()) line.remove_prefix(1);
  const enhanced_status enhanced = take_enhanced_status(line, code);
  if (enhanced.klass != 0) status_ = enhanced;
  line_ = line;
  if (lines_ > 1) append_cut(text_, "\n");
  append_cut(text_, utf8::cut(line, text_.max_size() - text_.size()));
  in.remove_prefix(line_feed + 1);
  return finished_ ? status::done : status::line;
}

ehlo_parser::status ehlo_parser::next(byte_view& in) {
  for (;;) {
    const status s = reply_.next(in);
    if (s != status::line && s != status::done) return s;
    if (first_) {
      offered_ = {};
    } else {
      add_ehlo_line(offered_, reply_.line_text());
    }
    first_ = false;
    if (s == status::done) {
      first_ = true;
      return s;
    }
  }
}

}  // namespace sluice::smtp
