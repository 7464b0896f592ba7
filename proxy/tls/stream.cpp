// The part of stream.hpp that does not depend on the socket type.
#include "tls/stream.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::tls::detail {

step write_action::operator()(engine& e, output_area& out, loop_scratch& scratch) const {
  step total{status::done, 0, {}};
  std::size_t index = 0, offset = 0;  // the first octet not yet taken
  do {
    byte_view piece;
    if (index < count) piece = from[index].substr(offset);
    if (piece.size() < limits::record_out_bytes && index + 1 < count) {
      std::size_t joined = 0;
      for (std::size_t i = index, skip = offset; i < count && joined != scratch.join.size(); ++i, skip = 0) {
        const std::size_t n = std::min(from[i].size() - skip, scratch.join.size() - joined);
        std::memcpy(scratch.join.data() + joined, from[i].data() + skip, n);
        joined += n;
      }
      piece = {scratch.join.data(), joined};
    }
    const step s = e.write(piece, out);
    if (s.what == status::failed) return s;
    if (s.what == status::want_output) return total.n == 0 ? s : total;
    total.n += s.n;
    std::size_t taken = s.n;
    while (index < count && taken >= from[index].size() - offset) {
      taken -= from[index].size() - offset;
      offset = 0;
      ++index;
    }
    offset += taken;
  } while (index < count);
  return total;
}

}  // namespace sluice::tls::detail
