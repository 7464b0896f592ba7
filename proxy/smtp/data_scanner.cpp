// The state machine over octets, with the bulk run of octet_scan in front of it.
#include "smtp/data_scanner.hpp"

#include <cstring>

#include "smtp/octet_scan.hpp"

namespace sluice::smtp {
namespace {

// Content that is compacted towards the front of its buffer while dots are taken out.
class compactor {
 public:
  explicit compactor(char* begin) : begin_(begin), out_(begin), kept_(begin) {}
  // Octets [p, p + 1) are not content.
  void drop(const char* p) {
    keep_up_to(p);
    kept_ = p + 1;
    if (out_ == begin_) begin_ = out_ = out_ + (kept_ - out_);  // nothing before it: no need to move what follows
  }
  byte_view finish(const char* end) {
    keep_up_to(end);
    return {begin_, static_cast<std::size_t>(out_ - begin_)};
  }

 private:
  void keep_up_to(const char* p) {
    const auto n = static_cast<std::size_t>(p - kept_);
    if (n != 0 && out_ != kept_) std::memmove(out_, kept_, n);
    out_ += n;
    kept_ = p;
  }

  char* begin_;
  char* out_;
  const char* kept_;
};

}  // namespace

data_scanner::state data_scanner::state_after(char last) {
  return last == '\r' ? state::cr : last == '\n' ? state::line_start : state::text;
}

scan_result data_scanner::scan(byte_span in) {
  scan_result result;
  const char* const begin = in.data();
  const char* const end = begin + in.size();
  const char* p = begin;
  compactor content(in.data());

  const auto finish = [&](bool at_end) {
    result.consumed = static_cast<std::size_t>(p - begin);
    result.end = at_end;
    // Octets of the terminator were dropped one by one as they came.
    if (!faulty_) result.content = content.finish(p);
    return result;
  };
  const auto fail = [&](cause why) {
    faulty_ = true;
    result.fault = why;
    result.consumed = static_cast<std::size_t>(p - begin);
    return result;
  };

  while (p != end) {
    // p[-1] is the octet before in the stream only when it was content; behind a withheld '.' it is not.
    if (!faulty_ && p != begin && state_ <= state::line_start) {
      const std::size_t n = ordinary_run(p, static_cast<std::size_t>(end - p), true);
      if (n != 0) {
        p += n;
        state_ = state_after(p[-1]);
        continue;
      }
    }
    const char c = *p;
    const bool after_cr = state_ == state::cr || state_ == state::dot_cr;
    if (c == '\n' && state_ == state::dot_cr) {
      content.drop(p++);
      state_ = state::line_start;
      return finish(true);
    }
    if (!faulty_) {
      if (after_cr && c != '\n') return fail(cause::bare_cr);
      if (c == '\n' && !after_cr) return fail(cause::bare_lf);
      if (c == '\0') return fail(cause::nul_octet);
    }
    if (state_ == state::line_start && c == '.') {
      content.drop(p);
      state_ = state::dot;
    } else if (state_ == state::dot && c == '\r') {
      content.drop(p);
      state_ = state::dot_cr;
    } else {
      leading_dot_ |= state_ == state::dot && c == '.';
      // In a faulty message an LF without its CR starts no line: only <CRLF>.<CRLF> ends it.
      state_ = c == '\n' && !after_cr ? state::text : state_after(c);
    }
    ++p;
  }
  return finish(false);
}

}  // namespace sluice::smtp
