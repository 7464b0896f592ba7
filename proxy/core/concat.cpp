#include "core/concat.hpp"

#include <algorithm>

namespace sluice {
namespace {

std::size_t length_of(const string_piece* first, std::size_t count) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < count; ++i) length += first[i].view().size();
  return length;
}

}  // namespace

std::string join_pieces(const string_piece* first, std::size_t count) {
  std::string out;
  out.reserve(length_of(first, count));
  for (std::size_t i = 0; i < count; ++i) out.append(first[i].view());
  return out;
}

void append_pieces(std::string& out, const string_piece* first, std::size_t count) {
  const std::size_t needed = out.size() + length_of(first, count);
  if (needed > out.capacity()) {  // built beside the old one, which a piece may look into; doubled, so that loops stay linear
    std::string grown;
    grown.reserve(std::max(needed, 2 * out.capacity()));
    grown.append(out);
    for (std::size_t i = 0; i < count; ++i) grown.append(first[i].view());
    out.swap(grown);
    return;
  }
  for (std::size_t i = 0; i < count; ++i) out.append(first[i].view());
}

}  // namespace sluice
