// See skeleton.hpp.
#include "inspect/skeleton.hpp"

#include <algorithm>
#include <bit>

namespace sluice::inspect {
namespace {

constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int value_of(char c) {
  const byte_view all(alphabet, 64);
  const std::size_t at = all.find(c);
  return at == byte_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

void skeleton::assign(const std::vector<std::uint32_t>& hashes) {
  size_ = 0;
  table_.assign(std::bit_ceil(std::max<std::size_t>(hashes.size() * 2, 2)), 0);
  for (const std::uint32_t hash : hashes) {
    if (hash == 0 || contains(hash)) continue;
    std::size_t at = hash & (table_.size() - 1);
    while (table_[at] != 0) at = (at + 1) & (table_.size() - 1);
    table_[at] = hash;
    ++size_;
  }
}

bool skeleton::contains(std::uint32_t hash) const {
  if (table_.empty()) return false;
  for (std::size_t at = hash & (table_.size() - 1); table_[at] != 0; at = (at + 1) & (table_.size() - 1)) {
    if (table_[at] == hash) return true;
  }
  return false;
}

bool parse_shingles(byte_view base64, std::vector<std::uint32_t>& out) {
  while (!base64.empty() && base64.back() == '=') base64.remove_suffix(1);
  std::uint64_t bits = 0;
  unsigned have = 0;
  for (const char c : base64) {
    const int v = value_of(c);
    if (v < 0) return false;
    bits = bits << 6 | static_cast<std::uint64_t>(v);
    have += 6;
    if (have < 32) continue;
    have -= 32;
    out.push_back(static_cast<std::uint32_t>(bits >> have));
    bits &= (std::uint64_t{1} << have) - 1;
  }
  return have < 8 && bits == 0;
}

std::string format_shingles(std::vector<std::uint32_t> hashes) {
  std::sort(hashes.begin(), hashes.end());
  std::string out;
  std::uint64_t bits = 0;
  unsigned have = 0;
  const auto put = [&] {
    for (; have >= 6; have -= 6) out += alphabet[bits >> (have - 6) & 63];
    bits &= (std::uint64_t{1} << have) - 1;
  };
  for (const std::uint32_t hash : hashes) {
    bits = bits << 32 | hash;
    have += 32;
    put();
  }
  if (have > 0) {
    bits <<= 6 - have;
    have = 6;
    put();
  }
  return out;
}

}  // namespace sluice::inspect
