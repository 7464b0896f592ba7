// Counting and checking of BDAT chunks.
#include "smtp/bdat_scanner.hpp"

#include <algorithm>

#include "smtp/octet_scan.hpp"

namespace sluice::smtp {

// The first fault in [begin, end), of which nothing was seen before; advances the state.
cause bdat_scanner::check(const char* begin, const char* end) {
  for (const char* p = begin; p != end;) {
    if (p != begin) {
      const std::size_t n = ordinary_run(p, static_cast<std::size_t>(end - p), !leading_dot_);
      if (n != 0) {
        p += n;
        state_ = data_scanner::state_after(p[-1]);
        continue;
      }
    }
    const char c = *p++;
    if (state_ == state::cr && c != '\n') return cause::bare_cr;
    if (state_ != state::cr && c == '\n') return cause::bare_lf;
    if (c == '\0') return cause::nul_octet;
    leading_dot_ |= state_ == state::line_start && c == '.';
    state_ = data_scanner::state_after(c);
  }
  return cause::none;
}

scan_result bdat_scanner::scan(byte_span in) {
  scan_result result;
  result.consumed = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
  left_ -= result.consumed;
  result.end = left_ == 0;
  if (faulty_) return result;
  result.fault = check(in.data(), in.data() + result.consumed);
  // The message ends with half a line break: the CR stays bare.
  if (result.fault == cause::none && result.end && last_ && state_ == state::cr) result.fault = cause::bare_cr;
  if (result.fault != cause::none) {
    faulty_ = true;
  } else {
    result.content = {in.data(), result.consumed};
  }
  return result;
}

}  // namespace sluice::smtp
