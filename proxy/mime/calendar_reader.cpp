#include "mime/calendar_reader.hpp"

#include <algorithm>
#include <array>

#include "core/ascii.hpp"
#include "mime/utf8_buffer.hpp"

namespace sluice::mime {
namespace {

constexpr auto shown_fields = std::to_array<byte_view>({"SUMMARY", "DESCRIPTION", "LOCATION", "ORGANIZER", "COMMENT", "CONTACT",
                                                        "URL", "CATEGORIES", "X-ALT-DESC"});

bool shown(byte_view name) {
  return std::any_of(shown_fields.begin(), shown_fields.end(), [&](byte_view f) { return ascii::iequals(f, name); });
}

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
    if (c == '\n') at_break_ = true;
    else character(c, text);
  }
}

void calendar_reader::finish(octet_sink& out) {
  utf8_buffer text(out);
  end_line(text);
}

void calendar_reader::end_line(utf8_buffer& out) {
  if (state_ == state::value) out.put('\n');
  state_ = state::line_start;
  name_.clear();
  quoted_ = escaped_ = false;
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
      if (c != ':' && c != ';') {
        state_ = name_.size() == name_.capacity() ? state::skip : state::name;
        if (state_ == state::name) name_.push_back(ascii::upper(c));
        return;
      }
      if (!shown(view(name_))) {
        state_ = state::skip;
      } else if (c == ':' || name_ == "ORGANIZER") {  // an organizer's parameters hold the name shown for it
        begin_value(out);
      } else {
        state_ = state::parameters;
      }
      return;
    case state::parameters:
      if (c == '"') quoted_ = !quoted_;
      if (c == ':' && !quoted_) begin_value(out);
      return;
    case state::value:
      if (escaped_) {
        escaped_ = false;
        out.put_octet(c == 'n' || c == 'N' ? ' ' : c);
      } else if (c == '\\') {
        escaped_ = true;
      } else {
        out.put_octet(c);
      }
      return;
    case state::skip: return;
  }
}

}  // namespace sluice::mime
