// The field index; see header.hpp.
#include "auth/common/header.hpp"

#include <algorithm>

#include "core/ascii.hpp"

namespace sluice::auth {
namespace {

// Where the field that begins at `at` ends: behind the first CRLF that is not followed by white space.
std::size_t end_of_field(byte_view header, std::size_t at) {
  for (;;) {
    const std::size_t cr = header.find("\r\n", at);
    if (cr == byte_view::npos) return header.size();
    at = cr + 2;
    if (at >= header.size() || !ascii::is_blank(header[at])) return at;
  }
}

}  // namespace

std::size_t header_index::bucket_of(byte_view name) {
  std::uint32_t h = 2166136261u;
  for (const char c : name) h = (h ^ static_cast<unsigned char>(ascii::lower(c))) * 16777619u;
  return (h ^ h >> 16) & 255;
}

bool header_index::build(byte_view header) {
  header_ = header;
  count_ = 0;
  malformed_ = false;
  std::fill(std::begin(last_), std::end(last_), none);
  for (std::size_t at = 0; at < header.size();) {
    if (header.substr(at, 2) == "\r\n") break;
    if (count_ == max_fields) return false;
    const std::size_t end = end_of_field(header, at);
    const byte_view raw = header.substr(at, end - at);
    const std::size_t colon = raw.find(':');
    byte_view name = raw.substr(0, colon);
    while (!name.empty() && ascii::is_space(name.back())) name.remove_suffix(1);  // folding before the colon as well
    const bool field = colon != byte_view::npos && colon < none && !name.empty() && !ascii::is_blank(raw[0]);
    malformed_ = malformed_ || !field;
    place& p = places_[count_];
    p = {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end), 0, 0, none};
    if (field) {
      p.name_bytes = static_cast<std::uint16_t>(name.size());
      p.colon = static_cast<std::uint16_t>(colon);
      std::uint16_t& last = last_[bucket_of(name)];
      p.above = last;
      last = count_;
    }
    ++count_;
    at = end;
  }
  return true;
}

header_field header_index::operator[](std::size_t i) const {
  const place& p = places_[i];
  header_field f;
  f.raw = header_.substr(p.begin, p.end - p.begin);
  f.name = f.raw.substr(0, p.name_bytes);
  f.value = p.colon == 0 ? f.raw : f.raw.substr(p.colon + 1u);
  if (f.value.size() >= 2 && f.value.substr(f.value.size() - 2) == "\r\n") f.value.remove_suffix(2);
  f.index = static_cast<std::uint32_t>(i);
  return f;
}

bool header_index::next_up(byte_view name, std::uint16_t& cursor, header_field& out) const {
  std::uint16_t at = cursor == none ? last_[bucket_of(name)] : places_[cursor].above;
  for (; at != none; at = places_[at].above) {
    const place& p = places_[at];
    if (!ascii::iequals(header_.substr(p.begin, p.name_bytes), name)) continue;
    cursor = at;
    out = (*this)[at];
    return true;
  }
  cursor = none;
  return false;
}

}  // namespace sluice::auth
