// The canonical forms of RFC 6376 3.4 as streams: header fields and body go in as they come, in pieces of any size,
// and the canonical octets come out in pieces of any size. State is a few octets; nothing is kept of the text.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::auth::dkim {

enum class canon : std::uint8_t { simple, relaxed };

// Who takes canonical octets. A view is valid during the call.
struct octet_sink {
  void (*take)(void* self, byte_view octets);
  void* self;
  void operator()(byte_view octets) const { take(self, octets); }
};

// Collects small pieces, so that the sink is called for some hundred octets at a time.
class gathered_sink {
 public:
  explicit gathered_sink(octet_sink out) : out_(out) {}
  ~gathered_sink() { flush(); }
  gathered_sink(const gathered_sink&) = delete;
  gathered_sink& operator=(const gathered_sink&) = delete;
  void put(char c) {
    if (used_ == sizeof text_) flush();
    text_[used_++] = c;
  }
  void put(byte_view octets);
  void flush();

 private:
  octet_sink out_;
  std::size_t used_ = 0;
  char text_[512];
};

// One header field, with its CRLF at the end. `raw` is the field as it came in, `name` and `value` its parts; of
// `value`, the part `cut` (a view into it) is left out: the value of b= (3.7). `last` leaves the CRLF out.
void canonical_field(canon how, byte_view raw, byte_view name, byte_view value, byte_view cut, bool last, octet_sink out);

// The body (3.4.3, 3.4.4).
class body_canonicalizer {
 public:
  explicit body_canonicalizer(canon how) : how_(how) {}
  void feed(byte_view octets, octet_sink out);
  void finish(octet_sink out);  // once, at the end of the body

 private:
  void feed_simple(byte_view octets, octet_sink out);
  void feed_relaxed(byte_view octets, octet_sink out);
  template <class Out> void put_lines(Out& out);

  canon how_;
  bool cr_ = false;       // a CR was the last octet
  bool space_ = false;    // white space not yet put out (relaxed)
  bool any_ = false;      // something that is not an empty line was put out
  std::uint64_t lines_ = 0;  // CRLFs not yet put out: at the end of the body they don't count
};

}  // namespace sluice::auth::dkim
