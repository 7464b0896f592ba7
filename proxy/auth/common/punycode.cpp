// See punycode.hpp.
#include "auth/common/punycode.hpp"

namespace sluice::auth {
namespace {

constexpr std::uint32_t base = 36, tmin = 1, tmax = 26, skew = 38, damp = 700, first_bias = 72, first_code = 128;

std::uint32_t threshold(std::uint32_t k, std::uint32_t bias) { return k <= bias ? tmin : k >= bias + tmax ? tmax : k - bias; }

std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool first) {
  delta = first ? delta / damp : delta / 2;
  delta += delta / points;
  std::uint32_t k = 0;
  for (; delta > (base - tmin) * tmax / 2; k += base) delta /= base - tmin;
  return k + (base - tmin + 1) * delta / (delta + skew);
}

bool put(char32_t c, dns::name_text& out) {
  if (out.size() == out.max_size()) return false;
  out.push_back(static_cast<char>(c));
  return true;
}

}  // namespace

bool punycode_encode(std::span<const char32_t> label, dns::name_text& out) {
  std::uint32_t n = first_code, delta = 0, bias = first_bias, handled = 0;
  for (const char32_t c : label) {
    if (c >= first_code) continue;
    if (!put(c, out)) return false;
    ++handled;
  }
  const std::uint32_t basic = handled;
  if (basic != 0 && !put('-', out)) return false;
  while (handled < label.size()) {
    std::uint32_t least = 0x110000;
    for (const char32_t c : label)
      if (c >= n && c < least) least = c;
    delta += (least - n) * (handled + 1);
    n = least;
    for (const char32_t c : label) {
      if (c < n) ++delta;
      if (c != n) continue;
      std::uint32_t q = delta;
      for (std::uint32_t k = base;; k += base) {
        const std::uint32_t t = threshold(k, bias), digit = q < t ? q : t + (q - t) % (base - t);
        if (!put(digit < 26 ? U'a' + digit : U'0' + digit - 26, out)) return false;
        if (q < t) break;
        q = (q - t) / (base - t);
      }
      bias = adapt(delta, handled + 1, handled == basic);
      delta = 0;
      ++handled;
    }
    ++delta;
    ++n;
  }
  return true;
}

bool punycode_decode(byte_view text, code_points& out) {
  const std::size_t start = out.size(), dash = text.rfind('-');
  if (dash == 0) return false;
  if (dash != byte_view::npos) {
    if (dash > out.capacity() - start) return false;
    for (const char c : text.substr(0, dash)) out.push_back(static_cast<char32_t>(static_cast<unsigned char>(c)));
    text.remove_prefix(dash + 1);
  }
  std::uint64_t n = first_code, i = 0;
  std::uint32_t bias = first_bias;
  while (!text.empty()) {
    const std::uint64_t before = i;
    std::uint64_t weight = 1;
    for (std::uint32_t k = base;; k += base) {
      if (text.empty()) return false;
      const char c = text.front();
      text.remove_prefix(1);
      const bool letter = c >= 'a' && c <= 'z';
      if (!letter && (c < '0' || c > '9')) return false;
      const std::uint32_t digit = static_cast<std::uint32_t>(letter ? c - 'a' : c - '0' + 26), t = threshold(k, bias);
      i += digit * weight;
      if (i > 0x7FFFFFFF) return false;  // with 253 octets no name comes near: nor does the product below overflow
      if (digit < t) break;
      weight *= base - t;
      if (weight > 0x7FFFFFFF) return false;
    }
    const auto points = static_cast<std::uint32_t>(out.size() - start + 1);
    bias = adapt(static_cast<std::uint32_t>(i - before), points, before == 0);
    n += i / points;
    i %= points;
    if (n > 0x10FFFF || (n >= 0xD800 && n < 0xE000) || out.size() == out.capacity()) return false;
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(start + i), static_cast<char32_t>(n));
    ++i;
  }
  return true;
}

}  // namespace sluice::auth
