// Message content of DATA (RFC 5321 4.1.1.4, 4.5.2): removes the stuffed dots, finds the end, refuses what could be
// read as an end by somebody else (SMTP smuggling).
//
// Only <CRLF>.<CRLF> ends the data; the CRLF of the DATA command counts as the first one. A bare CR, a bare LF or a
// NUL is a fault: it is reported once, and from then on everything is swallowed up to the real end. Nothing is ever
// normalised. 8 octets of state; called by server_session only.
#pragma once
#include "core/bytes.hpp"
#include "smtp/replies.hpp"

namespace sluice::smtp {

struct scan_result {
  byte_view content;          // within the input, unstuffed in place; valid as long as that buffer is left alone
  std::size_t consumed = 0;   // octets of the input that are used up
  bool end = false;           // the terminator (DATA) or the last octet of the chunk (BDAT) was among them
  cause fault = cause::none;  // bare_cr, bare_lf, nul_octet: found just now; content is empty then
};

class data_scanner {
 public:
  scan_result scan(byte_span in);
  void reset() { *this = data_scanner{}; }
  // From now on swallow up to the end (the message is refused for another reason).
  void swallow() { faulty_ = true; }

  bool leading_dot() const { return leading_dot_; }  // some line of the content so far begins with '.'
  bool faulty() const { return faulty_; }

 private:
  friend class bdat_scanner;
  // What the octets so far end with. `dot` and `dot_cr`: a '.' at the start of a line, then CR, not yet given out.
  enum class state : unsigned char { text, cr, line_start, dot, dot_cr };

  static state state_after(char last);

  state state_ = state::line_start;
  bool leading_dot_ = false;
  bool faulty_ = false;
};

}  // namespace sluice::smtp
