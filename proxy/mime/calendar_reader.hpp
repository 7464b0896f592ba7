// The texts of an iCalendar object (RFC 5545): SUMMARY, DESCRIPTION, LOCATION, ORGANIZER, COMMENT, CONTACT, URL,
// CATEGORIES and X-ALT-DESC, unfolded and unescaped, one line "NAME: text" each. Called by the walker's leaf.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "mime/sink.hpp"

namespace sluice::mime {

class calendar_reader {
 public:
  void start() { *this = calendar_reader{}; }
  void feed(byte_view utf8, octet_sink& out);
  void finish(octet_sink& out);

 private:
  enum class state : std::uint8_t { line_start, name, parameters, value, skip };
  void character(char c, class utf8_buffer& out);
  void end_line(class utf8_buffer& out);
  void begin_value(class utf8_buffer& out);

  state state_ = state::line_start;
  bool at_break_ = false;   // a line end has been read; a blank now continues the line
  bool quoted_ = false, escaped_ = false;
  fixed_string<16> name_;
};

}  // namespace sluice::mime
