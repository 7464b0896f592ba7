#include "mime/html_elements.hpp"

#include <algorithm>

namespace sluice::mime {

html_style html_style::with(const style_change& c) const {
  using tri = style_change::tri;
  html_style out = *this;
  out.gone = gone || c.hides();
  if (c.invisible != tri::unset) out.invisible = c.invisible == tri::yes;
  out.conditional = conditional || c.may_hide();
  out.altered = altered || c.altered;
  out.preformatted = preformatted || c.preformatted;
  if (c.font >= 0) {
    const std::int64_t size = c.font_relative ? std::int64_t{font} * c.font / 100 : c.font;
    out.font = static_cast<std::uint16_t>(std::min<std::int64_t>(size, 0xffff));
  }
  if (c.text.is != color::state::unset) out.text = c.text;
  if (c.background.is == color::state::known || c.background.is == color::state::unknown) out.background = c.background;
  return out;
}

html_style html_style::doubted() const {
  html_style out;
  out.text.is = color::state::unknown;
  out.conditional = true;
  out.preformatted = preformatted;
  return out;
}

void html_elements::clear() {
  stack_.clear();
  styles_[0] = html_style{};
  lost_ = 0;
  overflow_ = foreign_ = false;
}

int html_elements::find(html_tag tag, std::uint16_t stops) const {
  const bool in_table = tag == html_tag::td || tag == html_tag::th || tag == html_tag::tr;
  for (int i = static_cast<int>(stack_.size()) - 1; i >= 0; --i) {
    const html_tag here = stack_[static_cast<std::size_t>(i)].tag;
    if (here == tag) return i;
    if (in_table ? here == html_tag::table || here == html_tag::template_ : (traits_of(here) & stops) != 0) return -1;
  }
  return -1;
}

bool html_elements::is_open(html_tag tag) const { return find(tag, 0) >= 0; }

void html_elements::push(html_tag tag, const html_style& style) {
  foreign_ = foreign_ || tag == html_tag::svg || tag == html_tag::math;
  if (stack_.size() == stack_.capacity()) {
    overflow_ = true;
    ++lost_;
    return;
  }
  std::size_t at = top_style();
  if (!(style == styles_[at])) {
    // Styles in use are numbered upwards with depth, so the next number is free, unless an end tag out of order left
    // an older one above.
    for (const entry& e : stack_) at = std::max<std::size_t>(at, e.style);
    if (at + 1 < styles_.size()) styles_[++at] = style;
    else overflow_ = true, at = top_style();
  }
  stack_.push_back({tag, static_cast<std::uint8_t>(at)});
}

}  // namespace sluice::mime
