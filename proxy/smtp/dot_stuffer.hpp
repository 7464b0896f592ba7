// Content on its way out by DATA (RFC 5321 4.5.2): a list of buffers for one gather write, with a "." before each line
// that begins with one. Copies nothing. State runs across pieces. Called by relay.
#pragma once
#include <span>

#include "core/bytes.hpp"

namespace sluice::smtp {

class dot_stuffer {
 public:
  // Fills `out` with views of `in` and of static dots, consumes from `in` what they cover, and returns how many were
  // filled. Call again while `in` is not empty. `out` should have 8 places or more; 2 are needed.
  std::size_t next(byte_view& in, std::span<byte_view> out);
  // For a piece of content of which it is known that no line begins with '.' (content_facts::leading_dot is false).
  void pass(byte_view in);
  // What ends the data: ".\r\n", with a CRLF before it when the content lacks its last one.
  byte_view terminator() const;
  void reset() { last_ = before_last_ = 0, any_ = false; }

 private:
  bool at_line_start() const { return !any_ || last_ == '\n'; }

  char last_ = 0, before_last_ = 0;
  bool any_ = false;
};

}  // namespace sluice::smtp
