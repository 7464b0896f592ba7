// Message content of BDAT chunks (RFC 3030): counts each chunk down and checks its octets by the same rule as DATA
// (bare CR, bare LF, NUL), also across the border of two chunks. Dots mean nothing here; that a line begins with one is
// noted, because such content must be stuffed when it goes on as DATA. Called by server_session only.
#pragma once
#include <cstdint>

#include "smtp/data_scanner.hpp"

namespace sluice::smtp {

class bdat_scanner {
 public:
  void begin_message() { *this = bdat_scanner{}; }
  void begin_chunk(std::uint64_t bytes, bool last) {
    left_ = bytes;
    last_ = last;
  }
  // With `end` set the chunk is complete. Call it with empty input for a chunk of 0 octets.
  scan_result scan(byte_span in);
  void swallow() { faulty_ = true; }

  bool last() const { return last_; }
  bool leading_dot() const { return leading_dot_; }
  bool faulty() const { return faulty_; }
  bool at_line_start() const { return state_ == state::line_start; }  // no octets yet, or CRLF was the last

 private:
  using state = data_scanner::state;
  cause check(const char* begin, const char* end);

  std::uint64_t left_ = 0;
  bool last_ = false;
  state state_ = state::line_start;
  bool leading_dot_ = false;
  bool faulty_ = false;
};

}  // namespace sluice::smtp
