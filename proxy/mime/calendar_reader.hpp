// The texts of an iCalendar object (RFC 5545, 7986, 9073) or a vCalendar 1.0 one: titles, descriptions, places, people's
// names, conferences, attached addresses; unfolded, unescaped, out of quoted-printable, one line "NAME: text" each. A group in
// front of a name ("g1.SUMMARY") is left out. Called by the walker's leaf.
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
  enum class state : std::uint8_t { line_start, name, parameters, value, person, skip };
  void character(char c, class utf8_buffer& out);
  void name_ended(char c, class utf8_buffer& out);
  void parameter(char c, class utf8_buffer& out);
  void end_line(class utf8_buffer& out);
  void begin_value(class utf8_buffer& out);
  void value(char c, class utf8_buffer& out);
  void quoted_printable(char c, class utf8_buffer& out);
  void decoded(unsigned char octet, class utf8_buffer& out);
  void give_up(class utf8_buffer& out);

  state state_ = state::line_start;
  bool at_break_ = false;   // a line end has been read; a blank now continues the line
  bool quoted_ = false, escaped_ = false;
  bool encoded_ = false;    // the value is quoted-printable (vCalendar 1.0)
  std::uint8_t open_ = 0;   // octets of an open "=XX"
  char digit_ = 0;          // its first digit
  std::uint8_t held_ = 0;   // octets of an unfinished character
  char hold_[4] = {};
  fixed_string<24> name_;
  fixed_string<28> parameter_;  // upper-case; more of it than fits says nothing
};

}  // namespace sluice::mime
