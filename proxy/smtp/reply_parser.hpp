// Replies of a downstream (RFC 5321 4.2), line by line, within bounds: a line of at most limits::reply_line_read_bytes,
// at most limits::reply_lines lines, one code for all of them. What is not a reply is an error, never guessed at; the
// caller treats it as a lost connection (cause::downstream_malformed). Called by relay.
#pragma once
#include <cstdint>

#include "core/text.hpp"
#include "smtp/extension_set.hpp"
#include "smtp/limits.hpp"
#include "smtp/reply.hpp"

namespace sluice::smtp {

enum class reply_error : std::uint8_t { none, bad_code, code_changed, bad_line_ending, line_too_long, too_many_lines };
const char* name_of(reply_error);

class reply_parser {
 public:
  enum class status : std::uint8_t { need_input, line, done, failed };

  // Consumes at most one line from the front of `in`. `line`: one that is not the last; `done`: the last one. On
  // need_input nothing is consumed: read more behind it (the buffer must hold limits::reply_line_read_bytes).
  status next(byte_view& in);
  // Starts the next reply. Done by next() itself after `done`.
  void reset();

  // After `line` or `done`: text of that line without code and enhanced status; points into the input.
  byte_view line_text() const { return line_; }
  // After `done`: the whole reply. Text is kept up to limits::reply_text_bytes, lines separated by '\n', within the
  // parser until the next call of next().
  smtp::reply value() const { return {code_, status_, view(text_)}; }
  reply_error error() const { return error_; }

 private:
  status fail(reply_error e);

  fixed_string<limits::reply_text_bytes> text_;
  byte_view line_;
  enhanced_status status_;
  std::uint16_t code_ = 0;
  std::uint16_t lines_ = 0;
  bool finished_ = false;
  reply_error error_ = reply_error::none;
};

// The reply to EHLO: what the downstream offers.
class ehlo_parser {
 public:
  using status = reply_parser::status;
  status next(byte_view& in);  // never `line`
  smtp::reply value() const { return reply_.value(); }
  reply_error error() const { return reply_.error(); }
  const extension_set& offered() const { return offered_; }  // after `done` with a positive reply

 private:
  reply_parser reply_;
  extension_set offered_;
  bool first_ = true;
};

}  // namespace sluice::smtp
