#include "inspect/text_id.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "core/ascii.hpp"

namespace sluice::inspect {
namespace {

constexpr char digits[] = "0123456789abcdef";

template <std::size_t N>
void append_hex(fixed_string<N>& out, std::uint64_t value, int nibbles) {
  for (int i = nibbles - 1; i >= 0; --i) out.push_back(digits[value >> (4 * i) & 15]);
}

bool read_hex(byte_view text, std::uint64_t& out) {
  out = 0;
  for (const char c : text) {
    const char* at = std::find(digits, digits + 16, ascii::lower(c));
    if (at == digits + 16) return false;
    out = out << 4 | static_cast<std::uint64_t>(at - digits);
  }
  return true;
}

}  // namespace

std::uint64_t text_id(byte_view raw, const folded& seen) {
  if (seen.raw_size < raw.size() || seen.size == fold_limit) return 0;  // the rest could say anything
  fixed_string<fold_limit> plain;
  for (const char c : seen.view()) {
    const bool blank = ascii::is_space(c);
    if (blank && (plain.empty() || plain.back() == ' ')) continue;
    plain.push_back(blank ? ' ' : ascii::lower(c));
  }
  while (!plain.empty() && plain.back() == ' ') plain.pop_back();
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash;
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(plain.data()), plain.size(), nullptr, 0);
  std::uint64_t id = 0;
  for (std::size_t i = 0; i < 8; ++i) id = id << 8 | hash[i];
  return id;
}

std::uint64_t text_id(byte_view raw) {
  folded seen;
  fold(raw, seen);
  return text_id(raw, seen);
}

skeleton_id skeleton_of(std::span<const std::uint32_t> chosen) {
  fixed_vector<std::uint32_t, 64> sorted;
  for (const std::uint32_t c : chosen.first(std::min<std::size_t>(chosen.size(), sorted.capacity()))) sorted.push_back(c);
  std::sort(sorted.begin(), sorted.end());
  skeleton_id out;
  if (sorted.size() < skeleton_shingles) return out;
  out.assign(sorted.begin(), sorted.begin() + skeleton_shingles);
  return out;
}

bool same_skeleton(std::span<const std::uint32_t> chosen, const skeleton_id& named) {
  if (named.size() != skeleton_shingles) return false;
  const auto there = std::count_if(named.begin(), named.end(), [chosen](std::uint32_t s) { return std::find(chosen.begin(), chosen.end(), s) != chosen.end(); });
  return there >= static_cast<std::ptrdiff_t>(skeleton_common);
}

fixed_string<16> text_of_id(std::uint64_t id) {
  fixed_string<16> out;
  if (id != 0) append_hex(out, id, 16);
  return out;
}

bool parse_id(byte_view text, std::uint64_t& out) { return text.size() == 16 && read_hex(text, out) && out != 0; }

fixed_string<64> text_of_skeleton(const skeleton_id& s) {
  fixed_string<64> out;
  for (const std::uint32_t shingle : s) append_hex(out, shingle, 8);
  return out;
}

bool parse_skeleton(byte_view text, skeleton_id& out) {
  out.clear();
  if (text.size() != 8 * skeleton_shingles) return false;
  for (std::size_t i = 0; i < skeleton_shingles; ++i) {
    std::uint64_t value = 0;
    if (!read_hex(text.substr(8 * i, 8), value)) return false;
    out.push_back(static_cast<std::uint32_t>(value));
  }
  return true;
}

}  // namespace sluice::inspect
