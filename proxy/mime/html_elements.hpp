// The stack of open elements with the style each one is shown in, bounded in depth and in the number of different
// styles. Closes elements the way browsers do. Called by html_reader.
#pragma once
#include <array>
#include <cstdint>
#include <cstdlib>

#include "core/text.hpp"
#include "mime/css.hpp"
#include "mime/html_tags.hpp"
#include "mime/limits.hpp"

namespace sluice::mime {

// How text of an element looks, after inheritance.
struct html_style {
  color text{color::state::known, 0, 0, 0};
  color background{color::state::known, 255, 255, 255};
  std::uint16_t font = 16 * 16;  // 1/16 px
  bool gone : 1 = false;         // display:none: children cannot undo it
  bool invisible : 1 = false;    // visibility: children can
  bool conditional : 1 = false;  // only some clients show it: children cannot undo it
  bool altered : 1 = false;      // font and colours are not what is seen
  bool preformatted : 1 = false;

  html_style with(const style_change&) const;
  bool unreadable() const {  // too small, or in the colour of its background
    constexpr std::uint16_t one_pixel = 16;
    constexpr int near = 16;  // of 255 in each channel: #eee on white is still below what people see
    if (font <= one_pixel) return true;
    if (text.is != color::state::known || background.is != color::state::known) return false;
    return std::abs(text.r - background.r) <= near && std::abs(text.g - background.g) <= near && std::abs(text.b - background.b) <= near;
  }
  bool hidden() const { return gone || (!altered && unreadable()); }  // in all clients
  bool doubtful() const { return conditional || invisible || text.is == color::state::transparent || (altered && unreadable()); }  // in some
  html_style doubted() const;  // as it looks where what hides it does not count
  bool operator==(const html_style&) const = default;
};

class html_elements {
 public:
  void clear();
  const html_style& current() const { return styles_[top_style()]; }
  html_tag top() const { return stack_.empty() ? html_tag::other : stack_.back().tag; }
  bool overflow() const { return overflow_; }

  // Ends what the start of `tag` ends by itself (<p>, <li>, <td> ...), calling closed(tag, style) for each element.
  template <class Closed>
  void make_room(html_tag tag, Closed closed);
  void push(html_tag tag, const html_style& style);
  template <class Closed>
  void close(html_tag tag, Closed closed);
  bool is_open(html_tag tag) const;

 private:
  struct entry {
    html_tag tag;
    std::uint8_t style;
  };
  std::size_t top_style() const { return stack_.empty() ? 0 : stack_.back().style; }
  // Index of the innermost `tag`, or -1 when an element with one of `stops` is met before.
  int find(html_tag tag, std::uint16_t stops) const;
  template <class Closed>
  void pop_to(int index, Closed closed);

  fixed_vector<entry, limits::html_depth> stack_;
  std::array<html_style, limits::html_styles> styles_;
  std::uint32_t lost_ = 0;  // elements that did not fit
  bool overflow_ = false;
  bool foreign_ = false;  // there was an <svg> or <math>
};

template <class Closed>
void html_elements::pop_to(int index, Closed closed) {
  while (static_cast<int>(stack_.size()) > index) {
    const entry last = stack_.back();
    closed(last.tag, styles_[last.style]);
    stack_.pop_back();
  }
}

template <class Closed>
void html_elements::make_room(html_tag tag, Closed closed) {
  using enum html_tag;
  const std::uint16_t traits = traits_of(tag);
  const auto end = [&](html_tag which, std::uint16_t stops) {
    if (const int at = find(which, stops); at >= 0) pop_to(at, closed);
  };
  if (traits & tag_trait::closes_p) end(p, tag_trait::scope);
  if (foreign_ && tag < html_tag{128} && tag != svg && tag != math && tag != title && tag != a) {  // HTML ends a drawing
    end(svg, 0);
    end(math, 0);
  }
  switch (tag) {
    case h1:
    case h2:
    case h3:
    case h4:
    case h5:
    case h6:
      if (top() >= h1 && top() <= h6) pop_to(static_cast<int>(stack_.size()) - 1, closed);
      return;
    case button: return end(button, 0);
    case input:
    case textarea:
    case select: return end(select, tag_trait::scope);
    case li: return end(li, tag_trait::scope);
    case dd:
    case dt: end(dd, tag_trait::scope); return end(dt, tag_trait::scope);
    case option: return end(option, tag_trait::special);
    case td:
    case th: end(td, 0); return end(th, 0);
    case tr: end(td, 0); end(th, 0); return end(tr, 0);
    case tbody:
    case thead:
    case tfoot: return end(tr, 0);
    default: return;
  }
}

template <class Closed>
void html_elements::close(html_tag tag, Closed closed) {
  if (lost_ > 0) {
    --lost_;
    return;
  }
  const std::uint16_t traits = traits_of(tag);
  const std::uint16_t stops = traits & tag_trait::special ? tag_trait::scope : tag_trait::special;
  const int at = find(tag, traits & tag_trait::formatting ? tag_trait::scope : stops);
  if (at < 0) return;
  if (!(traits & tag_trait::formatting) || at + 1 == static_cast<int>(stack_.size())) return pop_to(at, closed);
  // </font> while a block inside is open: the block stays open, without what it had inherited from <font>.
  const std::uint8_t inherited = stack_[static_cast<std::size_t>(at)].style;
  const std::uint8_t outer = at == 0 ? std::uint8_t{0} : stack_[static_cast<std::size_t>(at) - 1].style;
  closed(tag, styles_[inherited]);
  stack_.erase(stack_.begin() + at);
  for (auto e = stack_.begin() + at; e != stack_.end(); ++e) {
    html_style& own = styles_[e->style];
    if (e->style == inherited) e->style = outer;
    else if (own.hidden() && !styles_[outer].hidden()) own = own.doubted();  // perhaps by what it had inherited
  }
}

}  // namespace sluice::mime
