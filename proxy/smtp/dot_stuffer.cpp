// Stuffing by looking for '.' and only then at what stands before it: ordinary mail has few of them.
#include "smtp/dot_stuffer.hpp"

#include <cstring>

namespace sluice::smtp {
namespace {

constexpr byte_view dot = ".";

// Octets of `in` from its front up to the next '.' at or behind `from` that stands behind an LF.
std::size_t before_next_leading_dot(byte_view in, std::size_t from) {
  for (std::size_t at = in.find('.', from); at != byte_view::npos; at = in.find('.', at + 1))
    if (at != 0 && in[at - 1] == '\n') return at;
  return in.size();
}

}  // namespace

void dot_stuffer::pass(byte_view in) {
  if (in.empty()) return;
  before_last_ = in.size() > 1 ? in[in.size() - 2] : last_;
  last_ = in.back();
  any_ = true;
}

std::size_t dot_stuffer::next(byte_view& in, std::span<byte_view> out) {
  std::size_t filled = 0;
  while (!in.empty() && out.size() - filled >= 2) {
    const bool stuff = at_line_start() && in.front() == '.';
    if (stuff) out[filled++] = dot;
    const std::size_t n = before_next_leading_dot(in, stuff ? 1 : 0);
    out[filled++] = in.substr(0, n);
    pass(in.substr(0, n));
    in.remove_prefix(n);
  }
  return filled;
}

byte_view dot_stuffer::terminator() const {
  const bool complete = !any_ || (last_ == '\n' && before_last_ == '\r');
  return complete ? ".\r\n" : "\r\n.\r\n";
}

}  // namespace sluice::smtp
