// The buffer holds, in this order: a held line that is no field (with its line end), then the field or line being read.
#include "mime/header_parser.hpp"

#include <algorithm>
#include <cstring>

#include "core/ascii.hpp"

namespace sluice::mime {
namespace {

bool name_char(char c) {
  const auto b = static_cast<unsigned char>(c);
  return b > 0x20 && b != 0x7f && c != ':';
}

}  // namespace

void header_parser::start(std::uint64_t offset, bool message) {
  message_ = message;
  open_ = junk_open_ = cut_ = odd_ = bare_cr_ = body_ = no_end_ = pending_cr_ = blank_line_ = blank_fold_ = false;
  name_size_ = used_ = 0;
  fields_ = 0;
  offset_ = field_offset_ = body_offset_ = offset;
  begin_line();
}

void header_parser::begin_line() {
  state_ = state::line_start;
  line_offset_ = offset_;
  pending_cr_ = false;
}

// False when it does not fit; then what fits has been taken.
bool header_parser::append(byte_view text) {
  const std::size_t n = std::min(text.size(), sizeof buffer_ - used_);
  std::memcpy(buffer_ + used_, text.data(), n);
  used_ = static_cast<std::uint16_t>(used_ + n);
  return n == text.size();
}

// Reports the open field, or the held line that was none, and moves what stands behind it to the front.
void header_parser::flush(field_sink& out) {
  const std::uint64_t length = line_offset_ - field_offset_;
  if (open_) {
    const byte_view all{buffer_, used_};
    out.on_raw_field({all.substr(0, name_size_), ascii::trim(all.substr(name_size_ + 1u)), field_offset_, length, cut_,
                      odd_ || blank_fold_, bare_cr_});
    used_ = 0;
  } else if (junk_open_) {
    out.on_raw_field({{}, ascii::trim({buffer_, line_begin_}), field_offset_, length, false, true, bare_cr_});
    used_ = static_cast<std::uint16_t>(used_ - line_begin_);
    std::memmove(buffer_, buffer_ + line_begin_, used_);
  }
  line_begin_ = 0;
  open_ = junk_open_ = cut_ = odd_ = bare_cr_ = blank_fold_ = false;
}

header_parser::status header_parser::turn_to_body() {
  body_offset_ = junk_open_ ? field_offset_ : line_offset_;
  body_ = no_end_ = true;
  return status::body;
}

header_parser::status header_parser::feed(byte_view& in, field_sink& out) {
  status now = status::more;
  while (!in.empty() && now == status::more) {
    const std::size_t before = in.size();
    const bool line_end = in.back() == '\n';
    switch (state_) {
      case state::line_start: now = at_line_start(in, out); break;
      case state::name:
      case state::name_blank: now = in_name(in, out); break;
      case state::value: now = in_value(in); break;
      case state::junk: now = in_junk(in); break;
      case state::blank_first: now = in_blank_first(in); break;
      case state::skip: in = {}; break;
    }
    offset_ += before - in.size();
    if (now == status::more && line_end && in.empty()) begin_line();
  }
  if (now == status::end) body_offset_ = offset_;
  return now;
}

header_parser::status header_parser::at_line_start(byte_view& in, field_sink& out) {
  const char c = in.front();
  if (c == '\n' && junk_open_) {  // a line of text and an empty line: the body has begun with the text
    if (pending_cr_) append("\r");
    return turn_to_body();
  }
  if (c == '\n') {
    in.remove_prefix(1);
    flush(out);
    return status::end;
  }
  if (c == '\r') {
    pending_cr_ = true;
    in.remove_prefix(1);
    return status::more;
  }
  if (ascii::is_blank(c) && open_) {
    if (pending_cr_) odd_ = bare_cr_ = true;
    pending_cr_ = false;
    state_ = state::value;
    blank_line_ = true;
    return status::more;
  }
  if (ascii::is_blank(c) && junk_open_) {  // folded, like a field
    state_ = state::junk;
    return status::more;
  }
  if (open_) {
    const bool blank_before = blank_fold_;
    flush(out);
    blank_fold_ = blank_before;  // some clients end the header at a line of blanks
  }
  if (pending_cr_) odd_ = bare_cr_ = true;  // a bare CR before the line's text
  pending_cr_ = false;
  line_begin_ = used_;
  state_ = state::name;
  return status::more;
}

header_parser::status header_parser::in_name(byte_view& in, field_sink& out) {
  while (!in.empty()) {
    const char c = in.front();
    const auto size = static_cast<std::size_t>(used_ - line_begin_);
    if (c == ':' && size > 0) {
      // Behind a first line that is none, only MIME fields make a header of what else looks like text.
      if (junk_open_ && fields_ == 0 && !ascii::istarts_with({buffer_ + line_begin_, size}, "content-")) return turn_to_body();
      if (state_ == state::name) name_size_ = used_;
      name_size_ = static_cast<std::uint16_t>(name_size_ - line_begin_);
      if (junk_open_) flush(out);
      used_ = name_size_;
      append(":");
      in.remove_prefix(1);
      odd_ = odd_ || state_ == state::name_blank;
      state_ = state::value;
      open_ = true;
      blank_fold_ = blank_line_ = false;
      ++fields_;
      field_offset_ = line_offset_;
      return status::more;
    }
    if (ascii::is_blank(c) && size > 0) {
      if (state_ == state::name) name_size_ = used_;
      state_ = state::name_blank;
    } else if (!name_char(c) || state_ == state::name_blank || size >= limits::field_name_bytes) {
      return not_a_name();
    }
    if (!append({&c, 1})) return turn_to_body();
    in.remove_prefix(1);
  }
  return status::more;
}

// The line is no field. One such line between fields is held and reported; at the beginning of a header, after another
// one or after a line of blanks it is taken for the body, which then had no empty line before it.
header_parser::status header_parser::not_a_name() {
  const byte_view line{buffer_ + line_begin_, static_cast<std::size_t>(used_ - line_begin_)};
  if (message_ && fields_ == 0 && line.empty()) {  // a line of blanks in front of everything
    state_ = state::blank_first;
    return status::more;
  }
  if (message_ && fields_ == 0 && (line == "From " || line == ">From ")) {
    used_ = 0;
    state_ = state::skip;
    return status::more;
  }
  if ((fields_ == 0 && message_) || junk_open_ || blank_fold_) return turn_to_body();
  state_ = state::junk;
  return status::more;
}

header_parser::status header_parser::in_value(byte_view& in) {
  byte_view text = in;
  const bool line_end = text.back() == '\n';
  in = {};
  if (pending_cr_ && text != "\n") {
    cut_ = !append("\r") || cut_;
    bare_cr_ = odd_ = true;
  }
  pending_cr_ = false;
  if (line_end) text.remove_suffix(1);
  if (text.ends_with('\r')) {
    text.remove_suffix(1);
    pending_cr_ = !line_end;
  }
  if (text.find('\r') != byte_view::npos) bare_cr_ = odd_ = true;
  blank_line_ = blank_line_ && ascii::trim(text).empty();
  cut_ = !append(text) || cut_;
  if (line_end && blank_line_) blank_fold_ = true;
  return status::more;
}

header_parser::status header_parser::in_junk(byte_view& in) {
  const bool line_end = in.back() == '\n';
  const std::size_t before = used_;
  if (!append(in)) {
    in.remove_prefix(used_ - before);
    return turn_to_body();  // too long to hold
  }
  in = {};
  if (line_end) {
    if (!junk_open_) field_offset_ = line_offset_;
    junk_open_ = true;
    line_begin_ = used_;
  }
  return status::more;
}

// A line of blanks in front of everything is passed over; with text on it the message has no header.
header_parser::status header_parser::in_blank_first(byte_view& in) {
  while (!in.empty()) {
    const char c = in.front();
    if (!ascii::is_space(c) || !append({&c, 1})) return turn_to_body();
    in.remove_prefix(1);
    if (c == '\n') used_ = 0;
  }
  return status::more;
}

header_parser::status header_parser::finish(field_sink& out) {
  const bool unfinished = state_ == state::name || state_ == state::name_blank || state_ == state::junk;
  if (unfinished && (fields_ == 0 || junk_open_)) return turn_to_body();
  if (unfinished) {
    junk_open_ = true;
    field_offset_ = line_offset_;
    line_begin_ = used_;
  }
  line_offset_ = offset_;
  flush(out);
  no_end_ = true;
  body_offset_ = offset_;
  return status::end;
}

}  // namespace sluice::mime
