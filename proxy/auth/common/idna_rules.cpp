// See idna_rules.hpp.
#include "auth/common/idna_rules.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace sluice::auth {
namespace {

constexpr char32_t non_joiner = 0x200C, joiner = 0x200D;
constexpr int virama_class = 9;  // Canonical_Combining_Class

const utf8proc_property_t& property(char32_t c) { return *utf8proc_get_property(static_cast<utf8proc_int32_t>(c)); }

constexpr std::uint32_t bit(int n) { return 1u << n; }
constexpr std::uint32_t marks = bit(UTF8PROC_CATEGORY_MN) | bit(UTF8PROC_CATEGORY_MC) | bit(UTF8PROC_CATEGORY_ME);
constexpr std::uint32_t letters = bit(UTF8PROC_CATEGORY_LO) | bit(UTF8PROC_CATEGORY_LM);
constexpr std::uint32_t barred = bit(UTF8PROC_CATEGORY_CN) | bit(UTF8PROC_CATEGORY_CC) | bit(UTF8PROC_CATEGORY_CF) | bit(UTF8PROC_CATEGORY_CS) |
                                 bit(UTF8PROC_CATEGORY_CO) | bit(UTF8PROC_CATEGORY_ZS) | bit(UTF8PROC_CATEGORY_ZL) | bit(UTF8PROC_CATEGORY_ZP);

bool is_of(char32_t c, std::uint32_t categories) { return (bit(property(c).category) & categories) != 0; }

// Arabic letters that join to the letter before them only (Joining_Type R), as ranges.
constexpr char16_t right_joining[][2] = {{0x622, 0x625}, {0x627, 0x627}, {0x629, 0x629}, {0x62F, 0x632}, {0x648, 0x648}, {0x671, 0x673}, {0x675, 0x677},
                                         {0x688, 0x699}, {0x6C0, 0x6C0}, {0x6C3, 0x6CB}, {0x6CD, 0x6CD}, {0x6CF, 0x6CF}, {0x6D2, 0x6D3}, {0x6D5, 0x6D5}, {0x6EE, 0x6EF}};

bool joins_before(char32_t c) { return property(c).bidi_class == UTF8PROC_BIDI_CLASS_AL && is_of(c, letters) && c != 0x621 && c != 0x674; }
bool joins_behind(char32_t c) {
  return joins_before(c) && std::none_of(std::begin(right_joining), std::end(right_joining), [c](const char16_t (&r)[2]) { return c >= r[0] && c <= r[1]; });
}

bool joiner_fits(std::span<const char32_t> label, std::size_t at) {
  if (at > 0 && property(label[at - 1]).combining_class == virama_class) return true;
  if (label[at] == joiner) return false;
  std::size_t before = at, behind = at + 1;
  while (before > 0 && property(label[before - 1]).category == UTF8PROC_CATEGORY_MN) --before;
  while (behind < label.size() && property(label[behind]).category == UTF8PROC_CATEGORY_MN) ++behind;
  return before > 0 && behind < label.size() && joins_behind(label[before - 1]) && joins_before(label[behind]);
}

constexpr std::uint32_t rtl_start = bit(UTF8PROC_BIDI_CLASS_R) | bit(UTF8PROC_BIDI_CLASS_AL);
constexpr std::uint32_t neutral = bit(UTF8PROC_BIDI_CLASS_EN) | bit(UTF8PROC_BIDI_CLASS_ES) | bit(UTF8PROC_BIDI_CLASS_CS) | bit(UTF8PROC_BIDI_CLASS_ET) |
                                  bit(UTF8PROC_BIDI_CLASS_ON) | bit(UTF8PROC_BIDI_CLASS_BN) | bit(UTF8PROC_BIDI_CLASS_NSM);
constexpr std::uint32_t european = bit(UTF8PROC_BIDI_CLASS_EN), arabic = bit(UTF8PROC_BIDI_CLASS_AN);

// RFC 5893 section 2: the rule for one label.
bool one_direction(std::span<const char32_t> label) {
  if (label.empty()) return true;
  std::uint32_t seen = 0, last = 0;
  for (const char32_t c : label) {
    const std::uint32_t kind = bit(property(c).bidi_class);
    seen |= kind;
    if (kind != bit(UTF8PROC_BIDI_CLASS_NSM)) last = kind;
  }
  const std::uint32_t first = bit(property(label.front()).bidi_class);
  if ((first & rtl_start) != 0) {
    return (seen & ~(rtl_start | arabic | neutral)) == 0 && (last & (rtl_start | european | arabic)) != 0 && (seen & (european | arabic)) != (european | arabic);
  }
  constexpr std::uint32_t left = bit(UTF8PROC_BIDI_CLASS_L);
  return first == left && (seen & ~(left | neutral)) == 0 && (last & (left | european)) != 0;
}

}  // namespace

bool valid_label(std::span<const char32_t> label) {
  if (label.empty()) return true;
  if (is_of(label.front(), marks)) return false;
  for (std::size_t i = 0; i < label.size(); ++i) {
    const char32_t c = label[i];
    if (c < 0x80) continue;
    if (c == joiner || c == non_joiner ? !joiner_fits(label, i) : is_of(c, barred) || c == 0xFFFD) return false;
  }
  return true;
}

bool valid_direction(std::span<const char32_t> name) {
  const bool rtl = std::any_of(name.begin(), name.end(), [](char32_t c) { return c >= 0x80 && (bit(property(c).bidi_class) & (rtl_start | arabic)) != 0; });
  if (!rtl) return true;
  for (auto begin = name.begin();;) {
    const auto end = std::find(begin, name.end(), U'.');
    if (!one_direction({begin, end})) return false;
    if (end == name.end()) return true;
    begin = end + 1;
  }
}

}  // namespace sluice::auth
