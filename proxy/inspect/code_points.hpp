// Kinds of code points by how they are shown. Part of fold.cpp.
#pragma once
#include <cstdint>

namespace sluice::inspect {

// Characters with no shape of their own (Default_Ignorable_Code_Point and a few that are shown as nothing).
constexpr bool is_invisible(std::uint32_t c) {
  return c == 0xAD || c == 0x34F || c == 0x61C || c == 0x115F || c == 0x1160 || c == 0x17B4 || c == 0x17B5 ||
         (c >= 0x180B && c <= 0x180F) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0x3164 || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || c == 0xFFA0 ||
         (c >= 0xFFF0 && c <= 0xFFFB) || c == 0x2800 || (c >= 0x1D173 && c <= 0x1D17A) || (c >= 0xE0000 && c <= 0xE0FFF);
}

constexpr bool is_bidi_control(std::uint32_t c) { return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069); }

constexpr bool is_phone_sign(std::uint32_t c) {
  return c == 0x260E || c == 0x260F || c == 0x2706 || c == 0x1F4DE || c == 0x1F4DF || c == 0x1F4F1 || c == 0x1F4F2 ||
         c == 0x1F57B || c == 0x1F57C || c == 0x1F57D || c == 0x1F57E || c == 0x1F57F || c == 0x1F919;
}

constexpr bool is_pointer(std::uint32_t c) {
  return (c >= 0x2190 && c <= 0x21FF) || (c >= 0x2794 && c <= 0x27BE) || (c >= 0x261A && c <= 0x261F) ||
         (c >= 0x1F446 && c <= 0x1F449) || (c >= 0x2B05 && c <= 0x2B0D) || (c >= 0x1F800 && c <= 0x1F8FF) ||
         (c >= 0x1F590 && c <= 0x1F599);
}

// Degrees, numero and trade marks: everybody's signs, of letters.
constexpr bool is_sign(std::uint32_t c) { return c == 0x2103 || c == 0x2109 || c == 0x2116 || c == 0x2120 || c == 0x2122; }

constexpr bool is_styled(std::uint32_t c) {
  return (c >= 0xFF01 && c <= 0xFF5E) || (c >= 0x1D400 && c <= 0x1D7FF) || (c >= 0x2460 && c <= 0x24FF) ||
         (c >= 0x1F100 && c <= 0x1F189) || (c >= 0x2100 && c <= 0x214F && !is_sign(c)) || (c >= 0x2776 && c <= 0x2793) ||
         (c >= 0x1FBF0 && c <= 0x1FBF9) || (c >= 0x2070 && c <= 0x209C);
}

}  // namespace sluice::inspect
