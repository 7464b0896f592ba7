#include "mime/css.hpp"

#include <algorithm>
#include <utility>

#include "core/ascii.hpp"

namespace sluice::mime {
namespace {

using tri = style_change::tri;

// A number with its unit; the number in 1/100, so that no floating point is needed.
struct measure {
  bool valid = false;
  std::int32_t hundredths = 0;
  byte_view unit;
};

measure read_measure(byte_view text) {
  text = ascii::trim(text);
  measure m;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::int32_t value = 0, digits_after = -1;
  std::size_t i = 0;
  for (; i < text.size() && (ascii::is_digit(text[i]) || (text[i] == '.' && digits_after < 0)); ++i) {
    m.valid = true;
    if (text[i] == '.') {
      digits_after = 0;
    } else if (digits_after < 0) {
      value = std::min(value * 10 + (text[i] - '0') * 100, 9'000'000);
    } else if (digits_after < 2) {
      value += (text[i] - '0') * (digits_after == 0 ? 10 : 1);
      ++digits_after;
    }
  }
  m.hundredths = negative ? -value : value;
  m.unit = text.substr(i, std::min<std::size_t>(2, text.size() - i));
  return m;
}

// 1/16 px, with em taken as 16 px.
std::int32_t pixels16(const measure& m) {
  const std::int64_t v = m.hundredths;
  if (ascii::iequals(m.unit, "pt")) return static_cast<std::int32_t>(v * 16 * 4 / 300);
  if (ascii::iequals(m.unit, "em") || ascii::iequals(m.unit, "re")) return static_cast<std::int32_t>(v * 256 / 100);
  return static_cast<std::int32_t>(v * 16 / 100);
}

bool at_most_one_pixel(byte_view value) {
  const measure m = read_measure(value);
  return m.valid && m.hundredths >= 0 && !m.unit.starts_with('%') && pixels16(m) <= 16;
}
bool is_zero(byte_view value) {
  const measure m = read_measure(value);
  return m.valid && m.hundredths == 0;
}
bool far_off(byte_view value) {
  const measure m = read_measure(value);
  return m.valid && (pixels16(m) <= -900 * 16 || pixels16(m) >= 9000 * 16);
}

bool contains(byte_view text, byte_view what) {
  for (std::size_t i = 0; i + what.size() <= text.size(); ++i)
    if (ascii::iequals(text.substr(i, what.size()), what)) return true;
  return false;
}

void set_font(style_change& out, byte_view value) {
  const measure m = read_measure(value);
  if (!m.valid) {
    out.font = ascii::istarts_with(value, "inherit") ? 100 : 13 * 16;  // a keyword; all of them can be read
    out.font_relative = ascii::istarts_with(value, "inherit");
  } else if (m.unit.starts_with('%') || ascii::iequals(m.unit, "em")) {
    out.font_relative = true;
    out.font = m.unit.starts_with('%') ? m.hundredths / 100 : m.hundredths;
  } else {
    out.font_relative = false;
    out.font = std::max(0, pixels16(m));
  }
}

// font: [style weight] size[/line-height] family; the first word that is a length is the size.
void set_font_shorthand(style_change& out, byte_view value) {
  while (!value.empty()) {
    value = ascii::trim(value);
    const std::size_t end = std::min(value.find(' '), value.size());
    const byte_view word = value.substr(0, end);
    const measure m = read_measure(word);
    if (m.valid && (!m.unit.empty() || word == "0")) return set_font(out, word.substr(0, word.find('/')));
    value.remove_prefix(end);
  }
}

void set_background(style_change& out, byte_view value, bool shorthand) {
  if (contains(value, "url(") || contains(value, "gradient") || contains(value, "var(")) {
    out.background.is = color::state::unknown;
    return;
  }
  while (!value.empty()) {  // the shorthand holds other words too
    value = ascii::trim(value);
    const std::size_t paren = value.find('('), blank = value.find(' ');
    std::size_t end = std::min(blank, value.size());
    if (paren < end) end = std::min(value.find(')', paren), value.size() - 1) + 1;
    const color c = parse_color(value.substr(0, end), false);
    if (c.is != color::state::unset) out.background = c;
    else if (!shorthand) out.background.is = color::state::unknown;
    value.remove_prefix(end);
  }
}

void set_clip(style_change& out, byte_view name, byte_view value) {
  if (name == "clip") {
    byte_view inside = value.substr(std::min(value.find('('), value.size()));
    bool small = contains(value, "rect(");
    for (std::size_t i = 0; i < inside.size(); ++i)
      if (inside[i] >= '2' && inside[i] <= '9') small = false;
    if (small) out.hide = true;
  } else if (contains(value, "inset(50%") || contains(value, "inset(100%") || contains(value, "circle(0")) {
    out.hide = true;
  }
}

}  // namespace

void css_declarations::apply() {
  const byte_view name = ascii::trim(view(name_)), value = ascii::trim(view(value_));
  style_change& r = result_;
  const auto is = [&](byte_view what) { return ascii::istarts_with(value, what); };
  if (name.empty() || value.empty()) {
  } else if (name == "display") {
    r.display_none = is("none") ? tri::yes : tri::no;
  } else if (name == "visibility") {
    r.invisible = is("hidden") || is("collapse") ? tri::yes : tri::no;
  } else if (name == "opacity") {
    const measure m = read_measure(value);
    if (m.valid) r.hide = m.hundredths <= (m.unit.starts_with('%') ? 500 : 5);
  } else if (name == "font-size") {
    set_font(r, value);
  } else if (name == "font") {
    set_font_shorthand(r, value);
  } else if (name == "color") {
    const color c = parse_color(value, false);
    r.text = c.is == color::state::unset && !is("inherit") ? color{.is = color::state::unknown} : c;
  } else if (name == "background" || name == "background-color" || name == "background-image") {
    if (!is("none") && !is("inherit") && !is("initial")) set_background(r, value, name == "background");
  } else if (name == "overflow" || name == "overflow-y" || name == "overflow-x") {
    r.overflow_hidden = is("hidden") || is("clip");
  } else if (name == "width" || name == "max-width") {
    r.zero_width = at_most_one_pixel(value) || (name == "width" && is_zero(value));
  } else if (name == "height" || name == "max-height") {
    r.zero_height = at_most_one_pixel(value) || r.zero_height;
  } else if (name == "position") {
    r.positioned = is("absolute") || is("fixed");
  } else if (name == "left" || name == "top" || name == "right" || name == "bottom") {
    r.far_away = r.far_away || far_off(value);
  } else if (name == "text-indent" || name == "margin-left" || name == "margin-top" || name == "margin") {
    const measure m = read_measure(value);
    if (m.valid && pixels16(m) <= -900 * 16) r.hide = true;
  } else if (name == "clip" || name == "clip-path") {
    set_clip(r, name, value);
  } else if (name == "transform" || name == "-webkit-transform") {
    r.hide = r.hide || contains(value, "scale(0)") || contains(value, "scale(0,");
  } else if (name == "mso-hide") {
    r.conditional = is("all");
  } else if (name == "white-space") {
    r.preformatted = is("pre") || is("pre-wrap") || is("pre-line") || is("break-spaces");
  }
  name_.clear();
  value_.clear();
  in_value_ = false;
}

namespace {

// Characters that mean something inside of declarations; all others are copied.
constexpr auto make_marks() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("\"'();:/* \t\r\n\f")) table[static_cast<unsigned char>(c)] = true;
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
  for (const char c : run.substr(0, name_.capacity() - name_.size())) name_.push_back(ascii::lower(c));
}

void css_declarations::mark(char c) {
  const char before = std::exchange(before_, c);
  if (in_comment_) {
    if (before == '*' && c == '/') in_comment_ = false, before_ = 0;
    return;
  }
  if (quote_ != 0) {
    if (c == quote_ || c == '\n') quote_ = 0;
  } else if (before == '/' && c == '*') {
    in_comment_ = true;
    before_ = 0;
    if (in_value_ && !value_.empty()) value_.pop_back();
    else if (!in_value_ && !name_.empty()) name_.pop_back();
    return;
  } else if (c == '"' || c == '\'') {
    quote_ = c;
  } else if (c == '(') {
    if (depth_ < 255) ++depth_;
  } else if (c == ')') {
    if (depth_ > 0) --depth_;
  } else if (c == ';' && depth_ == 0) {
    return apply();
  } else if (c == ':' && !in_value_) {
    in_value_ = true;
    return;
  }
  if (!ascii::is_space(c)) add({&c, 1});
  else if (in_value_ && !value_.empty()) add(" ");
}

std::uint32_t css_rules::hash_next(std::uint32_t hash, char c) {
  return (hash ^ static_cast<unsigned char>(ascii::lower(c))) * 0x01000193u;
}

std::uint32_t css_rules::hash(char kind, byte_view name) {
  std::uint32_t h = hash_next(0x811c9dc5u, kind);
  for (const char c : name) h = hash_next(h, c);
  return h;
}

std::uint32_t css_rules::flags(std::uint32_t selector) const {
  for (std::size_t i = 0; i < count_; ++i)
    if ((entries_[i] | 3u) == (selector | 3u)) return entries_[i] & 3u;
  return 0;
}

void css_rules::set(std::uint32_t selector, bool hides, bool background) {
  const std::uint32_t entry = (selector & ~3u) | (hides ? 1u : 0u) | (background ? 2u : 0u);
  for (std::size_t i = 0; i < count_; ++i)
    if ((entries_[i] | 3u) == (selector | 3u)) {
      entries_[i] = entry | (entries_[i] & 2u);  // a later rule decides about display
      return;
    }
  if ((hides || background) && count_ < entries_.size()) entries_[count_++] = entry;
}

void css_sheet::start() { *this = css_sheet{}; }

void css_sheet::close_selector() {
  if (simple_ && named_ && selector_count_ < selectors_.size()) selectors_[selector_count_++] = hash_;
  simple_ = true;
  named_ = ended_ = marked_ = false;
}

// ".x", "#x", "tag" and "tag.x" (taken as ".x"); everything else is not simple.
void css_sheet::selector_char(char c) {
  if (c == ',') return close_selector();
  if (ascii::is_space(c)) {
    ended_ = named_;
    return;
  }
  const bool letter = ascii::is_alnum(c) || c == '-' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  if (ended_ || (!letter && c != '.' && c != '#')) {
    simple_ = false;
    named_ = true;
  } else if (!letter) {
    if (marked_) simple_ = false;  // ".a.b" is not ".b"
    hash_ = css_rules::hash(c, {});
    named_ = marked_ = true;
  } else if (c != '-' || named_) {  // not the end of "<!--"
    if (!named_) hash_ = css_rules::hash(' ', {});
    named_ = true;
    hash_ = css_rules::hash_next(hash_, c);
  }
}

void css_sheet::feed(byte_view text, css_rules& rules) {
  for (const char c : text) {
    const char before = std::exchange(before_, c);
    if (state_ == state::comment) {
      if (before == '*' && c == '/') state_ = return_, before_ = 0;
      continue;
    }
    if (before == '/' && c == '*' && state_ != state::block) {
      return_ = state_;
      state_ = state::comment;
      before_ = 0;
      if (return_ == state::selector) simple_ = true, named_ = ended_ = marked_ = false;
      continue;
    }
    switch (state_) {
      case state::selector:
        if (c == '@') {
          state_ = state::at_rule;
        } else if (c == '{') {
          close_selector();
          block_.start();
          state_ = state::block;
        } else if (c == '}' || c == '<' || c == '!' || c == '>') {  // a stray end, "<!--" and "-->"
          if (c != '>' || before == '-') simple_ = true, named_ = ended_ = marked_ = false;
          else selector_char(c);
        } else {
          selector_char(c);
        }
        break;
      case state::block:
        if (c == '}') {
          block_.finish();
          const style_change& r = block_.result();
          const bool hides = r.hides() || r.invisible == tri::yes || (r.font >= 0 && !r.font_relative && r.font <= 16);
          for (std::size_t i = 0; i < selector_count_; ++i)
            rules.set(selectors_[i], hides, r.background.is != color::state::unset);
          selector_count_ = 0;
          state_ = state::selector;
        } else {
          block_.feed({&c, 1});
        }
        break;
      case state::at_rule:
        if (c == ';') state_ = state::selector;
        if (c == '{') state_ = state::skip_block, depth_ = 1;
        break;
      default:  // skip_block
        if (c == '{' && depth_ < 255) ++depth_;
        if (c == '}' && --depth_ == 0) state_ = state::selector;
        break;
    }
  }
}

}  // namespace sluice::mime
