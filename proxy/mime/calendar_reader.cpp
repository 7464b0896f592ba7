#include "mime/calendar_reader.hpp"

#include "core/ascii.hpp"
#include "core/hex_digit.hpp"
#include "core/utf8.hpp"
#include "core/word_list.hpp"
#include "mime/utf8_buffer.hpp"

namespace sluice::mime {
namespace {

constexpr byte_view shown_fields =
    " SUMMARY DESCRIPTION LOCATION ORGANIZER COMMENT CONTACT URL CATEGORIES X-ALT-DESC STYLED-DESCRIPTION ATTENDEE CONFERENCE"
    " X-GOOGLE-CONFERENCE ATTACH X-WR-CALNAME X-WR-CALDESC NAME ";

}  // namespace

void calendar_reader::feed(byte_view utf8, octet_sink& out) {
  utf8_buffer text(out);
  for (const char c : utf8) {
    if (c == '\r') continue;
    if (at_break_) {
      at_break_ = false;
      if (ascii::is_blank(c)) continue;  // folding (section 3.1): the line goes on
      end_line(text);
    }
    if (c == '\n' && state_ == state::value && open_ == 1) open_ = 0;  // a soft line break of quoted-printable
    else if (c == '\n') at_break_ = true;
    else character(c, text);
  }
}

void calendar_reader::finish(octet_sink& out) {
  utf8_buffer text(out);
  end_line(text);
}

void calendar_reader::end_line(utf8_buffer& out) {
  give_up(out);
  if (state_ == state::value || state_ == state::person) out.put('\n');
  state_ = state::line_start;
  name_.clear();
  parameter_.clear();
  quoted_ = escaped_ = encoded_ = false;
  open_ = 0;
}

void calendar_reader::begin_value(utf8_buffer& out) {
  state_ = state::value;
  out.put_run(view(name_));
  out.put_run(": ");
}

void calendar_reader::character(char c, utf8_buffer& out) {
  switch (state_) {
    case state::line_start:
    case state::name:
      if (c == ':' || c == ';') return name_ended(c, out);
      if (c == '.') return name_.clear();
      state_ = name_.size() == name_.capacity() ? state::skip : state::name;
      if (state_ == state::name) name_.push_back(ascii::upper(c));
      return;
    case state::parameters: return parameter(c, out);
    case state::person:
      if (c == '"') quoted_ = !quoted_;
      else if ((c == ':' || c == ';') && !quoted_) out.put('\n'), state_ = state::skip;
      else out.put_octet(c);
      return;
    case state::value:
      if (encoded_) quoted_printable(c, out);
      else value(c, out);
      return;
    case state::skip: return;
  }
}

void calendar_reader::name_ended(char c, utf8_buffer& out) {
  const bool attendee = name_ == "ATTENDEE";
  if (find_word(shown_fields, view(name_)) == byte_view::npos || (attendee && c == ':')) {
    state_ = state::skip;
  } else if (c == ':' || name_ == "ORGANIZER" || name_ == "CONFERENCE") {  // their parameters hold what is shown for them
    begin_value(out);
  } else {
    state_ = state::parameters;
  }
}

void calendar_reader::parameter(char c, utf8_buffer& out) {
  const bool attendee = name_ == "ATTENDEE";
  if (c == '"') quoted_ = !quoted_;
  if (quoted_ || (c != ':' && c != ';')) {
    if (parameter_.size() == parameter_.capacity()) return;
    parameter_.push_back(ascii::upper(c));
    if (!attendee || parameter_ != "CN=") return;
    begin_value(out);
    state_ = state::person;
    return;
  }
  encoded_ = encoded_ || parameter_ == "ENCODING=QUOTED-PRINTABLE" || parameter_ == "QUOTED-PRINTABLE";
  const bool file = name_ == "ATTACH" && (parameter_ == "ENCODING=BASE64" || parameter_ == "VALUE=BINARY");
  parameter_.clear();
  if (file || (attendee && c == ':')) state_ = state::skip;
  else if (c == ':') begin_value(out);
}

void calendar_reader::value(char c, utf8_buffer& out) {
  if (escaped_) {
    escaped_ = false;
    out.put_octet(c == 'n' || c == 'N' ? ' ' : c);
  } else if (c == '\\') {
    escaped_ = true;
  } else {
    out.put_octet(c);
  }
}

void calendar_reader::quoted_printable(char c, utf8_buffer& out) {
  const int v = ascii::hex_value(c);
  if (open_ == 0) {
    if (c == '=') open_ = 1;
    else give_up(out), value(c, out);
  } else if (v < 0) {
    open_ = 0;  // not a code: shown as it is
    give_up(out);
    value(c, out);
  } else if (open_ == 1) {
    open_ = 2;
    digit_ = c;
  } else {
    open_ = 0;
    decoded(static_cast<unsigned char>(ascii::hex_value(digit_) * 16 + v), out);
  }
}

void calendar_reader::decoded(unsigned char octet, utf8_buffer& out) {
  if ((octet & 0xc0) != 0x80) give_up(out);
  if (octet < 0x80) return value(octet == '\r' || octet == '\n' ? ' ' : static_cast<char>(octet), out);
  hold_[held_++] = static_cast<char>(octet);
  const utf8::decoded read = utf8::decode({hold_, held_});
  if (read.valid) out.put(read.code), held_ = 0;
  else if (held_ == sizeof hold_) give_up(out);
}

// What is no UTF-8 is taken for ISO 8859-1.
void calendar_reader::give_up(utf8_buffer& out) {
  for (std::uint8_t i = 0; i < held_; ++i) out.put(static_cast<unsigned char>(hold_[i]));
  held_ = 0;
}

}  // namespace sluice::mime
