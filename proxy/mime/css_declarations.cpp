// The declarations of a style attribute or of a rule: names, values, and what they mean for whether text is seen.
#include <algorithm>
#include <utility>

#include "core/ascii.hpp"
#include "mime/css.hpp"

namespace sluice::mime {
namespace {

using tri = style_change::tri;

// A number with its unit. The number is in 1/100, so that no floating point is needed.
enum class unit : std::uint8_t { none, percent, em, length };
struct measure {
  bool valid = false;
  std::int32_t hundredths = 0;
  unit in = unit::none;
  std::int32_t pixels16 = 0;  // 1/16 px, with em taken as 16 px
  bool is_length() const { return valid && (in != unit::none || hundredths == 0); }
};

struct unit_row {
  std::string_view name;
  unit in;
  std::uint16_t factor;  // 1/48 px
};
constexpr auto units = std::to_array<unit_row>({{"px", unit::length, 48}, {"", unit::none, 48}, {"%", unit::percent, 48}, {"em", unit::em, 768}, {"pt", unit::length, 64},
                                                {"rem", unit::length, 768}, {"pc", unit::length, 768}, {"ex", unit::length, 384}, {"ch", unit::length, 384},
                                                {"in", unit::length, 4608}, {"cm", unit::length, 1814}, {"mm", unit::length, 181}, {"q", unit::length, 45},
                                                {"vw", unit::length, 384}, {"vh", unit::length, 384}});

// All of `text` is a number and a unit, or it is none.
measure read_measure(byte_view text) {
  measure m;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::int32_t value = 0, digits_after = -1;
  std::size_t i = 0;
  bool digits = false;
  for (; i < text.size() && (ascii::is_digit(text[i]) || (text[i] == '.' && digits_after < 0)); ++i) {
    if (text[i] == '.') {
      digits_after = 0;
      continue;
    }
    digits = true;
    if (digits_after < 0) {
      value = std::min(value * 10 + (text[i] - '0') * 100, 9'000'000);
    } else if (digits_after < 2) {
      value += (text[i] - '0') * (digits_after == 0 ? 10 : 1);
      ++digits_after;
    }
  }
  if (!digits) return m;
  m.hundredths = negative ? -value : value;
  for (const unit_row& row : units) {
    if (!ascii::iequals(text.substr(i), row.name)) continue;
    m.valid = true;
    m.in = row.in;
    m.pixels16 = static_cast<std::int32_t>(std::int64_t{m.hundredths} * row.factor / 300);
    break;
  }
  return m;
}

bool at_most_one_pixel(byte_view value) {
  const measure m = read_measure(value);
  return m.valid && m.hundredths >= 0 && (m.hundredths == 0 || (m.in != unit::percent && m.pixels16 <= 16));
}
bool far_off(byte_view value) {
  const measure m = read_measure(value);
  return m.valid && (m.pixels16 <= -900 * 16 || m.pixels16 >= 9000 * 16);
}
bool far_before(byte_view value) {
  const measure m = read_measure(value.substr(0, value.find(' ')));
  return m.valid && m.pixels16 <= -900 * 16;
}

bool contains(byte_view text, byte_view what) {
  for (std::size_t i = 0; i + what.size() <= text.size(); ++i)
    if (ascii::iequals(text.substr(i, what.size()), what)) return true;
  return false;
}

bool one_of(byte_view value, byte_view words) {  // words between blanks
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (ascii::iequals(value, words.substr(0, end))) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

constexpr std::int32_t readable = 13 * 16;

void set_font(style_change& out, byte_view value) {
  const measure m = read_measure(value);
  if (m.is_length() && m.hundredths < 0) return;
  out.font_relative = m.valid && (m.in == unit::percent || m.in == unit::em);
  if (!m.is_length()) {
    out.font = ascii::iequals(value, "inherit") ? 100 : readable;  // a keyword, or nothing that all clients know
    out.font_relative = out.font == 100;
  } else {
    out.font = !out.font_relative ? m.pixels16 : m.in == unit::percent ? m.hundredths / 100 : m.hundredths;
  }
}

// font: [style weight] size[/line-height] family; the first word that is a length is the size.
void set_font_shorthand(style_change& out, byte_view value) {
  out.font = readable;
  out.font_relative = false;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(' '), value.size());
    const byte_view word = value.substr(0, std::min(end, value.find('/')));
    const bool family = end < value.size();
    if (read_measure(word).is_length()) {
      if (family) set_font(out, word);
      return;
    }
    value.remove_prefix(std::min(end + 1, value.size()));
  }
}

void set_background(style_change& out, byte_view value, bool shorthand) {
  color& to = out.background;
  const bool pictured = to.is == color::state::unknown;
  if (contains(value, "url(") || contains(value, "gradient") || contains(value, "var(")) {
    to.is = color::state::unknown;
    return;
  }
  if (!shorthand && one_of(value, "none inherit initial")) return;
  bool other = false;
  color found;
  while (!value.empty()) {  // the shorthand holds other words too
    const std::size_t paren = value.find('('), blank = value.find(' ');
    std::size_t end = std::min(blank, value.size());
    if (paren < end) end = std::min(value.find(')', paren), value.size() - 1) + 1;
    const byte_view word = value.substr(0, end);
    const color c = parse_color(word, false);
    if (c.is != color::state::unset) found = c;
    else other = other || !one_of(word, "none inherit initial repeat no-repeat repeat-x repeat-y scroll fixed 0 0px 0% center top left right bottom");
    value.remove_prefix(std::min(end, value.size()));
    while (value.starts_with(' ')) value.remove_prefix(1);
  }
  if (other || (pictured && !shorthand)) found.is = color::state::unknown;
  if (found.is != color::state::unset) to = found;
}

bool clips(byte_view value) {
  if (!contains(value, "rect(")) return false;
  for (const char c : value.substr(value.find('(')))
    if (c >= '2' && c <= '9') return false;
  return true;
}

using property = css_property;
constexpr std::uint32_t bit(property p) { return 1u << static_cast<unsigned>(p); }

struct property_row {
  std::string_view name;
  property what;
};
constexpr auto properties = std::to_array<property_row>({  // by length
    {"top", property::offset}, {"font", property::font}, {"left", property::offset}, {"clip", property::clip}, {"zoom", property::altering}, {"color", property::text},
    {"width", property::room}, {"right", property::offset}, {"scale", property::altering}, {"height", property::room}, {"bottom", property::offset}, {"filter", property::altering}, {"margin", property::shift},
    {"display", property::display}, {"opacity", property::opacity}, {"overflow", property::overflow}, {"position", property::position},
    {"mso-hide", property::mso_hide}, {"font-size", property::font_size}, {"max-width", property::room}, {"transform", property::transform},
    {"clip-path", property::clip_path}, {"visibility", property::visibility}, {"background", property::background}, {"max-height", property::room},
    {"overflow-x", property::overflow}, {"overflow-y", property::overflow}, {"box-shadow", property::altering}, {"margin-top", property::shift}, {"white-space", property::white_space},
    {"text-indent", property::shift}, {"text-shadow", property::altering}, {"margin-left", property::shift}, {"mix-blend-mode", property::altering},
    {"-webkit-filter", property::altering}, {"font-size-adjust", property::altering}, {"background-color", property::background_color},
    {"background-image", property::background_color}, {"-webkit-transform", property::transform}, {"-webkit-text-stroke", property::altering},
    {"-webkit-text-fill-color", property::altering},
});
constexpr std::size_t longest = properties.back().name.size();

// Where the names of each length begin.
constexpr auto by_length = [] {
  std::array<std::uint8_t, longest + 2> made{};
  for (std::size_t n = 0; n < made.size(); ++n)
    for (const property_row& row : properties) made[n] = static_cast<std::uint8_t>(made[n] + (row.name.size() < n ? 1 : 0));
  return made;
}();
static_assert(std::is_sorted(properties.begin(), properties.end(), [](const auto& a, const auto& b) { return a.name.size() < b.name.size(); }));

const property_row* find_property(byte_view name) {
  if (name.size() > longest) return nullptr;
  for (std::size_t i = by_length[name.size()]; i < by_length[name.size() + 1]; ++i)
    if (properties[i].name == name) return &properties[i];
  return nullptr;
}

// Clients that know no `display` of that name keep what it was before.
constexpr byte_view common_displays = "block inline inline-block table table-row table-cell list-item";

}  // namespace

void css_declarations::apply() {
  if (const property_row* row = find_property(view(name_)); row != nullptr && !value_.empty()) declare(row->what);
  name_.clear();
  value_.clear();
  in_value_ = false;
}

void css_declarations::declare(css_property what) {
  byte_view value = view(value_);
  const bool cut = value_.size() == value_.capacity();
  while (value.ends_with(' ')) value.remove_suffix(1);
  style_change& r = result_;
  bool important = false;
  if (const std::size_t bang = value.rfind('!'); bang != byte_view::npos) {
    byte_view word = value.substr(bang + 1);
    while (word.starts_with(' ')) word.remove_prefix(1);
    important = ascii::iequals(word, "important");
    odd_ = odd_ || (important && word != "important");  // some clients know it in small letters only
    if (important) value = value.substr(0, bang);
    while (value.ends_with(' ')) value.remove_suffix(1);
  }
  const std::uint32_t mine = what == property::font ? bit(property::font_size) : what == property::background_color ? bit(property::background) : bit(what);
  const auto is = [&](byte_view words) { return !cut && one_of(value, words); };
  if (value.empty()) return;
  const bool none = what == property::display && is("none");
  if (what == property::display) r.disputed = r.disputed || (r.display_none != tri::unset && none != (r.display_none == tri::yes));
  if (!important && (r.important & mine) != 0) return;
  if (important) r.important |= mine;
  switch (what) {
    case property::display:
      if (none || r.display_none != tri::yes || important || is(common_displays)) r.display_none = none ? tri::yes : tri::no;
      break;
    case property::visibility: r.invisible = is("hidden collapse") ? tri::yes : tri::no; break;
    case property::opacity: {
      const measure m = read_measure(value);
      r.faint = m.valid && ((m.in == unit::none && m.hundredths <= 5) || (m.in == unit::percent && m.hundredths <= 500));
      break;
    }
    case property::font_size:
    case property::font: {
      const bool was = r.font >= 0 && !r.tiny();
      if (what == property::font) set_font_shorthand(r, value);
      else set_font(r, value);
      odd_ = odd_ || (was && r.tiny());
      break;
    }
    case property::text: {
      const color was = r.text;
      r.text = cut ? color{} : parse_color(value, false);
      if (r.text.is == color::state::unset && !is("inherit")) r.text.is = color::state::unknown;
      if (was.is != color::state::unset && was != r.text) r.text.is = color::state::unknown;
      break;
    }
    case property::background:
    case property::background_color: set_background(r, value, what == property::background); break;
    case property::overflow: r.overflow_hidden = is("hidden clip"); break;
    case property::room: r.no_room = r.no_room || at_most_one_pixel(value); break;
    case property::position: r.positioned = is("absolute fixed"); break;
    case property::offset: r.far_away = r.far_away || far_off(value); break;
    case property::shift: r.shifted = r.shifted || far_before(value); break;
    case property::clip: r.clipped = clips(value); break;
    case property::clip_path: r.shifted = r.shifted || contains(value, "inset(50%") || contains(value, "inset(100%") || contains(value, "circle(0"); break;
    case property::transform:
      r.altered = r.altered || !is("none");
      r.shifted = r.shifted || contains(value, "scale(0)") || contains(value, "scale(0,");
      break;
    case property::altering: r.altered = r.altered || !is("none normal 1 100%"); break;
    case property::mso_hide: r.conditional = is("all"); break;
    case property::white_space: r.preformatted = is("pre pre-wrap pre-line break-spaces"); break;
  }
}

void css_declarations::finish() {
  odd_ = odd_ || quoted() || depth_ > 0;
  apply();
  if (!odd_) return;
  style_change& r = result_;
  r.disputed = true;
  if (r.tiny()) r.font = readable, r.conditional = true;
  if (r.text.is != color::state::unset) r.text.is = color::state::unknown;
}

namespace {

// Characters that mean something inside of declarations; all others are copied.
constexpr auto make_marks() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("\"'();:/*\\{}[] \t\r\n\f")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto marks = make_marks();

}  // namespace

void css_declarations::feed(byte_view text) {
  while (!text.empty()) {
    if (!in_comment_ && quote_ == 0) {
      std::size_t n = 0;
      while (n < text.size() && !marks[static_cast<unsigned char>(text[n])]) ++n;
      if (n > 0) {
        add(text.substr(0, n));
        before_ = text[n - 1];
        text.remove_prefix(n);
        if (text.empty()) return;
      }
    }
    mark(text.front());
    text.remove_prefix(1);
  }
}

void css_declarations::add(byte_view run) {
  if (in_value_) {
    append_cut(value_, run);
    return;
  }
  const std::size_t before = name_.size();
  append_cut(name_, run);
  for (std::size_t i = before; i < name_.size(); ++i) name_[i] = ascii::lower(name_[i]);
}

void css_declarations::mark(char c) {
  const char before = std::exchange(before_, c);
  if (in_comment_) {
    if (before == '*' && c == '/') in_comment_ = false, before_ = 0;
    return;
  }
  if (quote_ != 0) {
    if (c == quote_ || c == '\n') quote_ = 0;
    odd_ = odd_ || c == '\\' || c == '\n';
  } else if (before == '/' && c == '*') {
    in_comment_ = true;
    before_ = 0;
    odd_ = odd_ || depth_ > 0;  // in url(...) it is none
    if (in_value_ && !value_.empty()) value_.pop_back();
    else if (!in_value_ && !name_.empty()) name_.pop_back();
    c = ' ';  // it parts words
  } else if (c == '"' || c == '\'') {
    quote_ = c;
    odd_ = odd_ || (depth_ > 0 && before != '(' && before != ' ' && before != ',');
  } else if (c == '(') {
    if (depth_ < 255) ++depth_;
  } else if (c == ')') {
    odd_ = odd_ || depth_ == 0;
    if (depth_ > 0) --depth_;
  } else if (c == ';' && depth_ == 0) {
    return apply();
  } else if (c == ':' && !in_value_) {
    while (!name_.empty() && name_.back() == ' ') name_.pop_back();
    in_value_ = true;
    return;
  } else if (c == '\\' || c == '{' || c == '}' || c == '[' || c == ']') {
    odd_ = true;
  }
  if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '\f') return add({&c, 1});
  const bool blank = in_value_ ? value_.empty() || value_.back() == ' ' : name_.empty() || name_.back() == ' ';
  if (!blank) add(" ");
}

}  // namespace sluice::mime
