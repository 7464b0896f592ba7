#include "mime/boundary.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "mime/encoded_word.hpp"
#include "mime/params.hpp"

namespace sluice::mime {
namespace {

// FNV-1a. A forged collision gains nothing: who writes the message chooses its boundaries anyway.
constexpr std::uint64_t seed = 0xcbf29ce484222325u;
constexpr std::uint64_t mix(std::uint64_t hash, char c) { return (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u; }

std::uint64_t hash_of(byte_view text) {
  std::uint64_t hash = seed;
  for (const char c : text) hash = mix(hash, c);
  return hash;
}

bool blank(byte_view text) { return ascii::trim(text).empty(); }

}  // namespace

bool boundary_set::add(byte_view boundary) {
  boundary = boundary.substr(0, limits::boundary_bytes);
  if (boundary.empty()) return false;
  const std::uint64_t hash = hash_of(boundary);
  for (std::size_t i = 0; i < count_; ++i)
    if (hash_[i] == hash && length_[i] == boundary.size()) return false;
  if (count_ == limits::boundary_candidates) return false;
  add_hash(hash, static_cast<std::uint8_t>(boundary.size()));
  return true;
}

void boundary_set::add_hash(std::uint64_t hash, std::uint8_t length) {
  if (count_ == limits::boundary_candidates) return;
  hash_[count_] = hash;
  length_[count_++] = length;
}

void boundary_set::merge(const boundary_set& other) {
  for (std::size_t i = 0; i < other.count_; ++i) {
    bool there = false;
    for (std::size_t j = 0; j < count_; ++j) there = there || (hash_[j] == other.hash_[i] && length_[j] == other.length_[i]);
    if (!there) add_hash(other.hash_[i], other.length_[i]);
  }
}

bool boundary_set::shares_with(const boundary_set& other) const {
  for (std::size_t i = 0; i < count_; ++i)
    for (std::size_t j = 0; j < other.count_; ++j)
      if (hash_[i] == other.hash_[j] && length_[i] == other.length_[j]) return true;
  return false;
}

boundary_line::boundary_line(byte_view after_dashes) : text_(after_dashes) {
  hash_[0] = seed;
  const std::size_t n = std::min(text_.size(), limits::boundary_bytes);
  for (std::size_t i = 0; i < n; ++i) hash_[i + 1] = mix(hash_[i], text_[i]);
}

boundary_set::result boundary_line::compare(const boundary_set& set) const {
  using match = boundary_set::match;
  boundary_set::result best;
  for (std::size_t i = 0; i < set.count_; ++i) {
    const std::uint8_t length = set.length_[i];
    if (text_.size() < length || hash_[length] != set.hash_[i]) continue;
    const byte_view rest = text_.substr(length);
    const bool full = length == limits::boundary_bytes;  // the declared one was cut there
    match how = match::loose;
    if (full || blank(rest)) how = match::separator;
    else if (rest.starts_with("--")) how = match::close;
    const bool strict = how != match::loose, best_strict = best.how > match::loose;
    if (best.how == match::none || strict > best_strict || (strict == best_strict && length > best.length)) best = {how, length};
  }
  return best;
}

std::uint8_t boundary_line::guess(std::uint64_t& hash) const {
  byte_view text = text_;
  while (!text.empty() && ascii::is_space(text.back())) text.remove_suffix(1);
  if (text.empty() || text.size() > limits::boundary_bytes || text.find_first_not_of('-') == byte_view::npos) return 0;
  hash = hash_[text.size()];
  return static_cast<std::uint8_t>(text.size());
}

namespace {

// All the ways to read one boundary parameter section as written.
void add_readings(const param& p, boundary_set& out, charset_pool& pool) {
  fixed_string<256> plain;
  for (std::size_t i = 0; i < p.value.size() && plain.size() < plain.capacity(); ++i) {
    if (p.value[i] == '\\' && i + 1 < p.value.size()) ++i;
    plain.push_back(p.value[i]);
  }
  if (p.quoted) out.add(view(plain));
  out.add(p.value);
  if (!p.quoted) out.add(view(plain));
  if (p.value.size() > 2 && p.value.front() == '\'' && p.value.back() == '\'') out.add(p.value.substr(1, p.value.size() - 2));
  if (p.value.find("=?") != byte_view::npos) {
    char room[256];
    out.add({room, decode_words(p.value, room, pool).size});
  }
  if (!p.odd) return;
  out.add(p.raw);
  out.add(p.raw.substr(0, p.raw.find_first_of(" \t\"(;")));
  if (const std::size_t quote = p.raw.find('"', 1); quote != byte_view::npos)
    out.add(ascii::trim(p.raw.substr(quote + 1, p.raw.find('"', quote + 1) - quote - 1)));
}

}  // namespace

boundary_readings read_boundary(byte_view content_type, boundary_set& out, charset_pool& pool) {
  boundary_readings result;
  out.clear();
  const field_head head = read_head(content_type);
  const param_value joined = read_param(content_type, "boundary", pool);
  if (joined.found && !joined.odd) out.add(view(joined.text));
  param_reader reader(head.params);
  param p;
  fixed_vector<const char*, 8> seen;  // where the values that were read begin
  while (reader.next(p)) {
    if (view(p.name) != "boundary") continue;
    if (seen.size() < seen.capacity()) seen.push_back(p.raw.data());
    result.too_long = result.too_long || p.value.size() > limits::boundary_bytes;
    if (p.section < 0 && !p.encoded) add_readings(p, out, pool);
    else result.ambiguous = true;  // RFC 2231 in a boundary: not all clients read it
  }
  if (joined.found) {
    out.add(view(joined.text));
    out.add(view(joined.other));
  }
  // "boundary" somewhere else in the field: hidden in a quoted value, behind junk, without ';' before it.
  for (std::size_t at = 0; at + 8 < content_type.size(); ++at) {
    if (!ascii::istarts_with(content_type.substr(at), "boundary")) continue;
    byte_view rest = content_type.substr(at + 8);
    const std::size_t equal = rest.find('=');
    if (equal == byte_view::npos || !(ascii::trim(rest.substr(0, equal)).empty() || rest[0] == '\\' || rest[0] == '"')) continue;
    rest = ascii::trim(rest.substr(equal + 1));
    if (std::find(seen.begin(), seen.end(), rest.data()) != seen.end()) continue;
    if (!rest.empty() && rest.front() == '"') rest.remove_prefix(1);
    const bool fresh = out.add(rest.substr(0, rest.find_first_of("\"; \t\\")));
    result.ambiguous = result.ambiguous || fresh;
  }
  result.ambiguous = result.ambiguous || out.size() > 1 || (joined.found && joined.odd);
  return result;
}

}  // namespace sluice::mime
