// U-labels to A-labels; see idna.hpp. The heap is utf8proc's, for names that are not ASCII only.
#include "auth/common/idna.hpp"

#include <utf8proc.h>

#include <cstdlib>

#include "core/ascii.hpp"
#include "core/text.hpp"

namespace sluice::auth {
namespace {

using code_points = fixed_vector<char32_t, dns::limits::name_bytes>;

// Punycode (RFC 3492 6.3) of one label, appended. False when it does not fit.
bool append_punycode(const char32_t* label, std::size_t size, dns::name_text& out) {
  constexpr std::uint32_t base = 36, tmin = 1, tmax = 26, skew = 38, damp = 700;
  std::uint32_t n = 128, delta = 0, bias = 72, handled = 0;
  bool fits = append_cut(out, "xn--");
  for (std::size_t i = 0; i < size; ++i)
    if (label[i] < 128) {
      if (out.size() == out.max_size()) return false;
      out.push_back(static_cast<char>(label[i]));
      ++handled;
    }
  const std::uint32_t basic = handled;
  if (basic != 0) fits = fits && append_cut(out, "-");
  while (fits && handled < size) {
    std::uint32_t least = 0x110000;
    for (std::size_t i = 0; i < size; ++i)
      if (label[i] >= n && label[i] < least) least = label[i];
    delta += (least - n) * (handled + 1);
    n = least;
    for (std::size_t i = 0; i < size; ++i) {
      if (label[i] < n) ++delta;
      if (label[i] != n) continue;
      std::uint32_t q = delta;
      for (std::uint32_t k = base;; k += base) {
        const std::uint32_t t = k <= bias ? tmin : k >= bias + tmax ? tmax : k - bias;
        const std::uint32_t digit = q < t ? q : t + (q - t) % (base - t);
        if (out.size() == out.max_size()) return false;
        out.push_back(static_cast<char>(digit < 26 ? 'a' + digit : '0' + digit - 26));
        if (q < t) break;
        q = (q - t) / (base - t);
      }
      delta = handled == basic ? delta / damp : delta / 2;
      delta += delta / (handled + 1);
      std::uint32_t k = 0;
      for (; delta > (base - tmin) * tmax / 2; k += base) delta /= base - tmin;
      bias = k + (base - tmin + 1) * delta / (delta + skew);
      delta = 0;
      ++handled;
    }
    ++delta;
    ++n;
  }
  return fits;
}

// NFKC and case folding; false when broken or too long.
bool fold(byte_view domain, code_points& out) {
  utf8proc_uint8_t* folded = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                                                      UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(domain.data()),
                   static_cast<utf8proc_ssize_t>(domain.size()), &folded, options);
  bool good = size > 0;
  for (utf8proc_ssize_t at = 0; good && at < size;) {
    utf8proc_int32_t c = 0;
    const utf8proc_ssize_t n = utf8proc_iterate(folded + at, size - at, &c);
    good = n > 0 && out.size() < out.capacity();
    if (!good) break;
    out.push_back(c == 0x3002 ? U'.' : static_cast<char32_t>(c));
    at += n;
  }
  std::free(folded);
  return good;
}

}  // namespace

bool to_ascii_domain(byte_view domain, dns::name_text& out) {
  out.clear();
  bool ascii_only = true;
  for (const char c : domain) ascii_only = ascii_only && static_cast<unsigned char>(c) < 128;
  if (ascii_only) {
    if (!dns::valid_hostname(domain)) return false;
    for (const char c : domain) out.push_back(ascii::lower(c));
    return true;
  }
  if (domain.size() > 4 * dns::limits::name_bytes) return false;
  code_points text;
  if (!fold(domain, text)) return false;
  for (std::size_t begin = 0; begin <= text.size();) {
    std::size_t end = begin;
    bool plain = true;
    for (; end < text.size() && text[end] != U'.'; ++end) plain = plain && text[end] < 128;
    if (begin != 0 && !append_cut(out, ".")) return false;
    if (!plain) {
      if (!append_punycode(text.data() + begin, end - begin, out)) return false;
    } else {
      for (std::size_t i = begin; i < end; ++i) {
        if (out.size() == out.max_size()) return false;
        out.push_back(static_cast<char>(text[i]));
      }
    }
    begin = end + 1;
  }
  return dns::valid_hostname(view(out));
}

}  // namespace sluice::auth
