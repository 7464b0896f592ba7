// Colours of CSS Color 4 and of the old HTML attributes.
#include <algorithm>
#include <array>

#include "core/ascii.hpp"
#include "core/hex_digit.hpp"
#include "mime/css.hpp"

namespace sluice::mime {
namespace {

struct named {
  std::string_view name;
  std::uint32_t rgb;
};
constexpr auto names = std::to_array<named>({
    {"aliceblue", 0xf0f8ff}, {"antiquewhite", 0xfaebd7}, {"aqua", 0x00ffff}, {"aquamarine", 0x7fffd4}, {"azure", 0xf0ffff},
    {"beige", 0xf5f5dc}, {"bisque", 0xffe4c4}, {"black", 0x000000}, {"blanchedalmond", 0xffebcd}, {"blue", 0x0000ff},
    {"blueviolet", 0x8a2be2}, {"brown", 0xa52a2a}, {"burlywood", 0xdeb887}, {"cadetblue", 0x5f9ea0},
    {"chartreuse", 0x7fff00}, {"chocolate", 0xd2691e}, {"coral", 0xff7f50}, {"cornflowerblue", 0x6495ed},
    {"cornsilk", 0xfff8dc}, {"crimson", 0xdc143c}, {"cyan", 0x00ffff}, {"darkblue", 0x00008b}, {"darkcyan", 0x008b8b},
    {"darkgoldenrod", 0xb8860b}, {"darkgray", 0xa9a9a9}, {"darkgreen", 0x006400}, {"darkgrey", 0xa9a9a9},
    {"darkkhaki", 0xbdb76b}, {"darkmagenta", 0x8b008b}, {"darkolivegreen", 0x556b2f}, {"darkorange", 0xff8c00},
    {"darkorchid", 0x9932cc}, {"darkred", 0x8b0000}, {"darksalmon", 0xe9967a}, {"darkseagreen", 0x8fbc8f},
    {"darkslateblue", 0x483d8b}, {"darkslategray", 0x2f4f4f}, {"darkslategrey", 0x2f4f4f}, {"darkturquoise", 0x00ced1},
    {"darkviolet", 0x9400d3}, {"deeppink", 0xff1493}, {"deepskyblue", 0x00bfff}, {"dimgray", 0x696969},
    {"dimgrey", 0x696969}, {"dodgerblue", 0x1e90ff}, {"firebrick", 0xb22222}, {"floralwhite", 0xfffaf0},
    {"forestgreen", 0x228b22}, {"fuchsia", 0xff00ff}, {"gainsboro", 0xdcdcdc}, {"ghostwhite", 0xf8f8ff},
    {"gold", 0xffd700}, {"goldenrod", 0xdaa520}, {"gray", 0x808080}, {"green", 0x008000}, {"greenyellow", 0xadff2f},
    {"grey", 0x808080}, {"honeydew", 0xf0fff0}, {"hotpink", 0xff69b4}, {"indianred", 0xcd5c5c}, {"indigo", 0x4b0082},
    {"ivory", 0xfffff0}, {"khaki", 0xf0e68c}, {"lavender", 0xe6e6fa}, {"lavenderblush", 0xfff0f5},
    {"lawngreen", 0x7cfc00}, {"lemonchiffon", 0xfffacd}, {"lightblue", 0xadd8e6}, {"lightcoral", 0xf08080},
    {"lightcyan", 0xe0ffff}, {"lightgoldenrodyellow", 0xfafad2}, {"lightgray", 0xd3d3d3}, {"lightgreen", 0x90ee90},
    {"lightgrey", 0xd3d3d3}, {"lightpink", 0xffb6c1}, {"lightsalmon", 0xffa07a}, {"lightseagreen", 0x20b2aa},
    {"lightskyblue", 0x87cefa}, {"lightslategray", 0x778899}, {"lightslategrey", 0x778899},
    {"lightsteelblue", 0xb0c4de}, {"lightyellow", 0xffffe0}, {"lime", 0x00ff00}, {"limegreen", 0x32cd32},
    {"linen", 0xfaf0e6}, {"magenta", 0xff00ff}, {"maroon", 0x800000}, {"mediumaquamarine", 0x66cdaa},
    {"mediumblue", 0x0000cd}, {"mediumorchid", 0xba55d3}, {"mediumpurple", 0x9370db}, {"mediumseagreen", 0x3cb371},
    {"mediumslateblue", 0x7b68ee}, {"mediumspringgreen", 0x00fa9a}, {"mediumturquoise", 0x48d1cc},
    {"mediumvioletred", 0xc71585}, {"midnightblue", 0x191970}, {"mintcream", 0xf5fffa}, {"mistyrose", 0xffe4e1},
    {"moccasin", 0xffe4b5}, {"navajowhite", 0xffdead}, {"navy", 0x000080}, {"oldlace", 0xfdf5e6}, {"olive", 0x808000},
    {"olivedrab", 0x6b8e23}, {"orange", 0xffa500}, {"orangered", 0xff4500}, {"orchid", 0xda70d6},
    {"palegoldenrod", 0xeee8aa}, {"palegreen", 0x98fb98}, {"paleturquoise", 0xafeeee}, {"palevioletred", 0xdb7093},
    {"papayawhip", 0xffefd5}, {"peachpuff", 0xffdab9}, {"peru", 0xcd853f}, {"pink", 0xffc0cb}, {"plum", 0xdda0dd},
    {"powderblue", 0xb0e0e6}, {"purple", 0x800080}, {"rebeccapurple", 0x663399}, {"red", 0xff0000},
    {"rosybrown", 0xbc8f8f}, {"royalblue", 0x4169e1}, {"saddlebrown", 0x8b4513}, {"salmon", 0xfa8072},
    {"sandybrown", 0xf4a460}, {"seagreen", 0x2e8b57}, {"seashell", 0xfff5ee}, {"sienna", 0xa0522d}, {"silver", 0xc0c0c0},
    {"skyblue", 0x87ceeb}, {"slateblue", 0x6a5acd}, {"slategray", 0x708090}, {"slategrey", 0x708090}, {"snow", 0xfffafa},
    {"springgreen", 0x00ff7f}, {"steelblue", 0x4682b4}, {"tan", 0xd2b48c}, {"teal", 0x008080}, {"thistle", 0xd8bfd8},
    {"tomato", 0xff6347}, {"turquoise", 0x40e0d0}, {"violet", 0xee82ee}, {"wheat", 0xf5deb3}, {"white", 0xffffff},
    {"whitesmoke", 0xf5f5f5}, {"yellow", 0xffff00}, {"yellowgreen", 0x9acd32},
});

color known(std::uint32_t rgb) {
  return {color::state::known, static_cast<std::uint8_t>(rgb >> 16), static_cast<std::uint8_t>(rgb >> 8), static_cast<std::uint8_t>(rgb)};
}

color from_hex(byte_view digits) {
  std::array<int, 8> v{};
  if (digits.size() > v.size()) return {};
  for (std::size_t i = 0; i < digits.size(); ++i)
    if ((v[i] = ascii::hex_value(digits[i])) < 0) return {};
  const bool small = digits.size() == 3 || digits.size() == 4;
  if (!small && digits.size() != 6 && digits.size() != 8) return {};
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(small ? v[i] * 17 : v[2 * i] * 16 + v[2 * i + 1]); };
  color c{color::state::known, at(0), at(1), at(2)};
  if ((digits.size() == 4 || digits.size() == 8) && at(3) < 14) c.is = color::state::transparent;
  return c;
}

// What follows "rgb" or "rgba": numbers or percentages in brackets, separated by commas, blanks or '/'. What is not quite
// that is no colour: clients drop it.
color from_rgb(byte_view text) {
  if (text.starts_with('a') || text.starts_with('A')) text.remove_prefix(1);
  if (!text.starts_with('(') || !text.ends_with(')') || text.find_first_not_of("0123456789.%, /()") != byte_view::npos) return {};
  std::array<double, 4> v{0, 0, 0, 1};
  std::size_t n = 0, i = 0;
  while (i < text.size()) {
    if (!ascii::is_digit(text[i]) && text[i] != '.') {
      ++i;
      continue;
    }
    if (n == 4) return {};
    double value = 0, scale = 0;
    for (; i < text.size() && (ascii::is_digit(text[i]) || text[i] == '.'); ++i) {
      if (text[i] == '.') scale = 1;
      else if (scale == 0) value = value * 10 + (text[i] - '0');
      else scale /= 10, value += scale * (text[i] - '0');
    }
    if (i < text.size() && text[i] == '%') value *= n < 3 ? 2.55 : 0.01;
    v[n++] = value;
  }
  if (n < 3) return {};
  const auto channel = [](double d) { return static_cast<std::uint8_t>(std::clamp(d, 0.0, 255.0)); };
  return {v[3] < 0.055 ? color::state::transparent : color::state::known, channel(v[0]), channel(v[1]), channel(v[2])};
}

}  // namespace

color parse_color(byte_view text, bool attribute) {
  text = ascii::trim(text);
  if (text.empty()) return {};
  if (text.front() == '#') return from_hex(text.substr(1));
  if (ascii::istarts_with(text, "rgb")) return from_rgb(text.substr(3));
  if (ascii::iequals(text, "transparent")) return {.is = color::state::transparent};
  fixed_string<24> lower;
  for (const char c : text.substr(0, 24)) lower.push_back(ascii::lower(c));
  const auto found = std::lower_bound(names.begin(), names.end(), view(lower),
                                      [](const named& n, std::string_view key) { return n.name < key; });
  if (found != names.end() && found->name == view(lower)) return known(found->rgb);
  if (attribute) return from_hex(text);
  return {};
}

}  // namespace sluice::mime
