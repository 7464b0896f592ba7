// Reads one message after another as a stream: header fields, MIME structure, transfer decoding, charsets, and HTML as
// people see it. Reports to a handler (handler.hpp) from within feed() and finish(); keeps nothing of the input.
//
// It does not judge, does not find links in plain text, and does not parse authentication fields. Where mail clients
// disagree about the meaning of a message it reports an anomaly and, as far as a stream allows, each reading.
//
// Called by: inspect (proxy path, `sluice scan`) and `sluice mime`. RFC 5322, 2045, 2046, 2047, 2231, 5545.
// State: sizeof(walker) <= limits::walker_state_bytes + a few pointers; no heap except converters of the pool.
#pragma once
#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"
#include "mime/charset_pool.hpp"
#include "mime/handler.hpp"
#include "mime/limits.hpp"

namespace sluice::mime {

struct options {
  std::uint64_t sniff_bytes = limits::sniff_bytes;  // decoded octets of a non-text part given to on_bytes
  std::uint16_t max_parts = limits::parts;          // what follows is given as text of the last part
  std::uint8_t max_depth = limits::depth;           // 1..limits::depth; deeper containers are given as plain text
  bool bytes_of_text = false;                       // on_bytes also for text parts: decoded octets before the charset
  bool message_header = true;                       // false: the content begins with the body of part 0
};

class walker {
 public:
  // The handler and the pool outlive the walker. The pool is shared by the walkers of one thread.
  walker(handler&, const options&, charset_pool&);
  ~walker();
  walker(const walker&) = delete;
  walker& operator=(const walker&) = delete;

  void reset();                  // ready for another message; gives converters back; no events
  void feed(byte_view content);  // any cut; CRLF or LF line ends
  void finish();  // end of message: closes what is open, ends with on_message_end; then reset() before feed()

  bool header_done() const;            // the message's own header has ended
  bool text_seen() const;              // a visible or plain character other than white space has been reported
  std::uint64_t header_bytes() const;  // octets of the message's own header so far, with the empty line
  std::uint64_t bytes() const;         // octets fed so far
  std::uint16_t parts() const;         // parts begun so far

 private:
  class machine;
  machine& self();
  const machine& self() const;
  alignas(std::max_align_t) std::byte state_[limits::walker_state_bytes];
};

}  // namespace sluice::mime
