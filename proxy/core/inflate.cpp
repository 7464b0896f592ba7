#include "core/inflate.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace sluice {
namespace {

constexpr unsigned longest_code = 15;
constexpr std::size_t literals = 288, distances = 30, end_of_block = 256;

// Bits from the lowest of each octet on (3.1.1). Beyond the end they are 0, and `over` says so.
class bit_source {
 public:
  explicit bit_source(byte_view data) : data_(data) {}
  unsigned take(unsigned count) {
    unsigned out = 0;
    for (unsigned i = 0; i < count; ++i) out |= bit() << i;
    return out;
  }
  unsigned bit() {
    if (left_ == 0) {
      over = over || at_ == data_.size();
      now_ = over ? 0U : static_cast<unsigned char>(data_[at_++]);
      left_ = 8;
    }
    const unsigned out = now_ & 1U;
    now_ >>= 1U;
    --left_;
    return out;
  }
  void to_next_octet() { left_ = 0; }
  bool over = false;

 private:
  byte_view data_;
  std::size_t at_ = 0;
  unsigned now_ = 0, left_ = 0;
};

// A prefix code (3.2.2): within one length codes follow each other in the order of their symbols.
class prefix_code {
 public:
  explicit prefix_code(std::span<const std::uint8_t> lengths) {
    for (const std::uint8_t n : lengths) ++count_[n];
    count_[0] = 0;
    std::array<std::uint16_t, longest_code + 2> next{};
    for (unsigned n = 1; n <= longest_code; ++n) next[n + 1] = static_cast<std::uint16_t>(next[n] + count_[n]);
    for (std::size_t s = 0; s < lengths.size(); ++s)
      if (lengths[s] != 0) symbols_[next[lengths[s]]++] = static_cast<std::uint16_t>(s);
  }
  // A number that no symbol has, if there is no such code.
  std::size_t read(bit_source& in) const {
    unsigned code = 0, first = 0, before = 0;
    for (unsigned n = 1; n <= longest_code; ++n) {
      code |= in.bit();
      if (code < first + count_[n]) return code < first ? literals : symbols_[before + (code - first)];
      before += count_[n];
      first = (first + count_[n]) << 1U;
      code <<= 1U;
    }
    return literals;
  }

 private:
  std::array<std::uint16_t, longest_code + 1> count_{};
  std::array<std::uint16_t, literals> symbols_{};
};

struct step {  // a range of lengths or distances: its first value, and how many bits tell the place in it
  std::uint16_t first;
  std::uint8_t bits;
};
template <std::size_t N>
constexpr std::array<step, N> steps(unsigned first, std::size_t plain, std::size_t doubling) {
  std::array<step, N> out{};
  for (std::size_t i = 0; i < N; ++i) {
    const auto bits = static_cast<unsigned>(i < plain ? 0 : (i - plain) / doubling + 1);
    out[i] = {static_cast<std::uint16_t>(first), static_cast<std::uint8_t>(bits)};
    first += 1U << bits;
  }
  return out;
}
constexpr auto length_steps = [] {  // 3.2.5
  auto out = steps<29>(3, 8, 4);
  out[28] = {258, 0};
  return out;
}();
constexpr auto distance_steps = steps<distances>(1, 4, 2);

class inflater {
 public:
  inflater(byte_view packed, std::size_t size) : in_(packed), size_(size) { out_.reserve(size); }
  std::string run() {
    for (bool last = false; !last;) {
      last = in_.bit() != 0;
      if (!block(in_.take(2)) || in_.over) return {};
    }
    return out_.size() == size_ ? std::move(out_) : std::string();
  }

 private:
  bool block(unsigned kind) {
    switch (kind) {
      case 0: return stored();
      case 1: return fixed();
      case 2: return described();
      default: return false;
    }
  }
  bool put(char c) {
    if (out_.size() == size_) return false;
    out_.push_back(c);
    return true;
  }
  bool stored() {
    in_.to_next_octet();
    const unsigned size = in_.take(16);
    if ((size ^ in_.take(16)) != 0xffff) return false;
    for (unsigned i = 0; i < size && !in_.over; ++i)
      if (!put(static_cast<char>(in_.take(8)))) return false;
    return true;
  }
  bool fixed() {  // 3.2.6
    std::array<std::uint8_t, literals> lengths{};
    std::fill(lengths.begin(), lengths.begin() + 144, std::uint8_t{8});
    std::fill(lengths.begin() + 144, lengths.begin() + 256, std::uint8_t{9});
    std::fill(lengths.begin() + 256, lengths.begin() + 280, std::uint8_t{7});
    std::fill(lengths.begin() + 280, lengths.end(), std::uint8_t{8});
    std::array<std::uint8_t, distances> far{};
    far.fill(5);
    return content(prefix_code(lengths), prefix_code(far));
  }
  bool described() {  // 3.2.7
    static constexpr std::array<std::uint8_t, 19> order = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    const std::size_t near = in_.take(5) + 257, far = in_.take(5) + 1, codes = in_.take(4) + 4;
    if (near > literals || far > distances) return false;
    std::array<std::uint8_t, 19> code_lengths{};
    for (std::size_t i = 0; i < codes; ++i) code_lengths[order[i]] = static_cast<std::uint8_t>(in_.take(3));
    const prefix_code code(code_lengths);
    std::array<std::uint8_t, literals + distances> lengths{};
    for (std::size_t at = 0; at < near + far;) {
      const std::size_t s = code.read(in_);
      if (s > 18 || (s == 16 && at == 0)) return false;
      const std::size_t times = s < 16 ? 1 : s == 16 ? in_.take(2) + 3 : s == 17 ? in_.take(3) + 3 : in_.take(7) + 11;
      if (times > near + far - at) return false;
      const std::uint8_t length = s < 16 ? static_cast<std::uint8_t>(s) : s == 16 ? lengths[at - 1] : std::uint8_t{0};
      for (std::size_t i = 0; i < times; ++i) lengths[at++] = length;
    }
    const std::span<const std::uint8_t> all(lengths);
    return content(prefix_code(all.first(near)), prefix_code(all.subspan(near, far)));
  }
  bool content(const prefix_code& near, const prefix_code& far) {
    while (!in_.over) {
      const std::size_t s = near.read(in_);
      if (s == end_of_block) return true;
      if (s < end_of_block) {
        if (!put(static_cast<char>(s))) return false;
        continue;
      }
      if (s - 257 >= length_steps.size()) return false;
      const step length_of = length_steps[s - 257];
      std::size_t length = length_of.first + in_.take(length_of.bits);
      const std::size_t d = far.read(in_);
      if (d >= distance_steps.size()) return false;
      const std::size_t back = distance_steps[d].first + in_.take(distance_steps[d].bits);
      if (back > out_.size()) return false;
      for (; length > 0; --length)
        if (!put(out_[out_.size() - back])) return false;
    }
    return false;
  }

  bit_source in_;
  std::size_t size_;
  std::string out_;
};

}  // namespace

std::string inflate(byte_view packed, std::size_t size) { return inflater(packed, size).run(); }

}  // namespace sluice
