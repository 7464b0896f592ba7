// Splits a header into fields, unfolded (RFC 5322 section 2.2), in a fixed buffer. Tolerates what real mail holds:
// blanks before the colon, lines without a colon, a missing empty line, an mbox "From " line. Fed by the walker with
// pieces that never span a line end.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"
#include "mime/limits.hpp"

namespace sluice::mime {

struct raw_field {
  byte_view name, value;   // name is empty for a line that is not a field; value is unfolded and trimmed
  std::uint64_t offset;
  std::uint64_t length;    // octets with all line ends
  bool cut;                // the value did not fit
  bool odd;                // blanks before the colon, bare CR, an empty folded line: clients read it differently
  bool bare_cr;
};

class field_sink {
 public:
  virtual void on_raw_field(const raw_field&) = 0;

 protected:
  ~field_sink() = default;
};

class header_parser {
 public:
  enum class status : std::uint8_t {
    more,
    end,   // the empty line has been read
    body   // no header (any more): replay() holds octets that are body already, the rest of the input is too
  };

  // `offset`: of the header's first octet. `message`: the header of a whole message, which may begin with an mbox line
  // "From ", and which is no header at all when its first line is no field.
  void start(std::uint64_t offset, bool message);
  // Takes octets off `in`, a piece of one line, with its LF when the line ends in it. At status::body the rest of `in`
  // belongs to the body, after replay().
  status feed(byte_view& in, field_sink& out);
  // The part ends within its header; status::body when what was held is text, not header.
  status finish(field_sink& out);

  byte_view replay() const { return {buffer_, body_ ? std::size_t{used_} : 0}; }
  std::uint64_t body_offset() const { return body_offset_; }
  bool no_end() const { return no_end_; }  // the empty line was missing
  std::uint64_t fields() const { return fields_; }

 private:
  enum class state : std::uint8_t { line_start, name, name_blank, value, junk, blank_first, skip };

  status at_line_start(byte_view& in, field_sink& out);
  status in_name(byte_view& in, field_sink& out);
  status in_value(byte_view& in);
  status in_junk(byte_view& in);
  status in_blank_first(byte_view& in);
  status not_a_name();
  status turn_to_body();
  bool append(byte_view text);
  void begin_line();
  void flush(field_sink& out);

  state state_ = state::line_start;
  bool message_ = false, open_ = false, junk_open_ = false, cut_ = false, odd_ = false, bare_cr_ = false, body_ = false;
  bool no_end_ = false, pending_cr_ = false, blank_line_ = false, blank_fold_ = false;
  std::uint16_t name_size_ = 0, used_ = 0, line_begin_ = 0;  // positions in buffer_
  std::uint32_t fields_ = 0;
  std::uint64_t offset_ = 0, field_offset_ = 0, line_offset_ = 0, body_offset_ = 0;
  char buffer_[limits::field_name_bytes + limits::field_value_bytes];
};

}  // namespace sluice::mime
