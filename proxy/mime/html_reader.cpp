// Tags and attributes: what they do to style and links. The text itself is in html_text.cpp.
#include "mime/html_reader.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/octet_block.hpp"
#include "core/utf8.hpp"

namespace sluice::mime {
namespace {

// URLs lose tabs and line ends anywhere, and white space in front (WHATWG URL 4.4).
template <std::size_t N>
void append_url(fixed_string<N>& to, byte_view piece) {
  while (to.empty() && !piece.empty() && static_cast<unsigned char>(piece.front()) <= 0x20) piece.remove_prefix(1);
  while (!piece.empty()) {
    std::size_t run = octet_block::find_control(piece);
    while (run < piece.size() && piece[run] != '\t' && piece[run] != '\n' && piece[run] != '\r') ++run;
    append_cut(to, piece.substr(0, run));
    piece.remove_prefix(std::min(run + 1, piece.size()));
  }
}

template <std::size_t N>
byte_view trimmed(fixed_string<N>& text) {
  if (text.size() == N) {  // cut, perhaps in the middle of a character
    std::size_t lead = N - 1;
    while (lead > 0 && (static_cast<unsigned char>(text[lead]) & 0xc0) == 0x80) --lead;
    if (!utf8::decode(view(text).substr(lead)).valid) text.resize(lead);
    return view(text);  // what follows is not known: blanks at the end are none of its end
  }
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= 0x20) text.pop_back();
  return view(text);
}

constexpr byte_view right_to_left_override = "\u202E", pop_directional = "\u202C";

bool has_scheme(byte_view url) {
  const std::size_t at = url.find_first_of(":/?#");
  return at != byte_view::npos && at > 0 && url[at] == ':';
}

}  // namespace

// Where the elements are no longer known for sure, nor is what they hide.
text_kind html_reader::kind_of(const html_style& style) const {
  if (style.hidden()) return elements_.overflow() ? text_kind::doubtful : text_kind::hidden;
  return style.doubtful() ? text_kind::doubtful : text_kind::visible;
}

void html_reader::tag(byte_view name, bool end) {
  tag_ = find_tag(name);
  end_ = end;
  seen_ = 0;
  gone_ = pictured_ = refresh_ = right_to_left_ = href_ = false;
  input_ = input::text;
  if (end) return;
  vml_ = name.starts_with("v:");
  declarations_.start();
  url_.clear();
  alt_.clear();
  ruled_ = rules_.of_all();
  if (in_remark_) return;
  if (tag_ == html_tag::a) {
    close_anchor();
    anchor_.clear();
  }
  if (!rules_.empty()) ruled_ |= rules_.of(css_rules::hash(' ', name));
}

bool html_reader::attribute(byte_view name) {
  attr_ = attr::none;
  switch (name.size()) {
    case 2: if (name == "id") attr_ = attr::id; break;
    case 3:
      if (name == "dir" && tag_ == html_tag::bdo) attr_ = attr::direction;
      if (name == "src") attr_ = attr::url;
      if (name == "alt") attr_ = attr::alt;
      break;
    case 4:
      if (name == "href") attr_ = attr::url, href_ = true;
      if (name == "type") attr_ = attr::kind;
      if (name == "data" && tag_ == html_tag::object) attr_ = attr::url;
      break;
    case 5:
      if (name == "style") attr_ = attr::style;
      if (name == "class") attr_ = attr::class_;
      if (name == "color") attr_ = attr::color;
      if (name == "value" && tag_ == html_tag::input) attr_ = attr::value;
      if (name == "label" && (tag_ == html_tag::option || tag_ == html_tag::optgroup)) attr_ = attr::value;
      break;
    case 6:
      if (name == "action" && tag_ == html_tag::form) attr_ = attr::url;
      if (name == "hidden") attr_ = attr::hidden;
      break;
    case 7:
      if (name == "bgcolor") attr_ = attr::background;
      if (name == "content" && tag_ == html_tag::meta) attr_ = attr::content;
      break;
    case 10:
      if (name == "http-equiv") attr_ = attr::equiv;
      if (name == "background") attr_ = attr::picture;
      if (name == "formaction") attr_ = attr::action;
      if (name == "xlink:href") attr_ = attr::url;
      break;
    case 11:
      if (name == "placeholder" && (tag_ == html_tag::input || tag_ == html_tag::textarea)) attr_ = attr::alt;
      break;
    default: break;
  }
  const std::uint32_t bit = 1u << static_cast<unsigned>(attr_);
  if (attr_ == attr::none || (seen_ & bit)) return false;  // of two equal attributes the first counts
  seen_ |= bit;
  if ((attr_ == attr::alt || attr_ == attr::value) && !alt_.empty()) append_cut(alt_, " ");
  small_.clear();
  hash_ = 0;
  return true;
}

void html_reader::attribute_text(byte_view text) {
  switch (attr_) {
    case attr::url:
    case attr::action:
    case attr::picture:
      if (tag_ == html_tag::a && !in_remark_) append_url(anchor_, text);
      else append_url(url_, text);
      break;
    case attr::style: declarations_.feed(text); break;
    case attr::class_:
    case attr::id:
      if (!rules_.empty()) class_text(text);
      break;
    case attr::alt:
    case attr::content:
    case attr::value: append_cut(alt_, text); break;
    default: append_cut(small_, text); break;
  }
}

void html_reader::class_text(byte_view text) {
  for (const char c : text) {
    if (ascii::is_space(c) && attr_ == attr::class_) {
      if (hash_ != 0) ruled_ |= rules_.of(hash_);
      hash_ = 0;
    } else {
      hash_ = css_rules::hash_next(hash_ != 0 ? hash_ : css_rules::hash(attr_ == attr::id ? '#' : '.', {}), c);
    }
  }
}

void html_reader::attribute_end() {
  style_change& change = declarations_.result();
  const byte_view value = ascii::trim(view(small_));
  switch (attr_) {
    case attr::style: declarations_.finish(); break;
    case attr::class_:
    case attr::id:
      if (hash_ != 0) ruled_ |= rules_.of(hash_);
      break;
    case attr::hidden: gone_ = true; break;
    case attr::color:
      if (change.text.is == color::state::unset) change.text = parse_color(value, true);
      break;
    case attr::background:
      if (change.background.is == color::state::unset) change.background = parse_color(value, true);
      break;
    case attr::picture: pictured_ = true; break;
    case attr::direction: right_to_left_ = ascii::iequals(value, "rtl"); break;
    case attr::equiv: refresh_ = ascii::iequals(value, "refresh"); break;
    case attr::kind:
      if (ascii::iequals(value, "hidden")) input_ = input::hidden;
      if (ascii::iequals(value, "image")) input_ = input::image;
      for (const byte_view picked : {"checkbox", "radio", "password", "file", "range", "color"})
        if (ascii::iequals(value, picked)) input_ = input::picked;  // its value is not shown
      break;
    default: break;
  }
}

html_token_sink::content html_reader::tag_end(bool self_closing) {
  if (in_remark_) return remark_tag_end();
  if (!end_) return start_element(self_closing);
  if (raw_ == tag_) raw_ = html_tag::other;
  if (tag_ == html_tag::br) new_line(kind_);
  if (tag_ == html_tag::style) sheet_.start();
  elements_.close(tag_, [this](html_tag tag, const html_style& style) { element_closed(tag, style); });
  choose_kind();
  return content::normal;
}

// Directly inside of a table, outside of its cells: what stands there comes out in front of the table.
bool html_reader::table_waits() const {
  using enum html_tag;
  const html_tag top = elements_.top();
  return top == table || top == tbody || top == thead || top == tfoot || top == tr || top == colgroup;
}

// A tag that browsers ignore, or whose style many clients drop.
bool html_reader::misplaced() const {
  using enum html_tag;
  switch (tag_) {
    case html:
    case head:
    case body: return true;
    case form: return elements_.is_open(form);
    case caption:
    case colgroup:
    case tbody:
    case thead:
    case tfoot:
    case tr:
    case td:
    case th: return !elements_.is_open(table);
    default: return false;
  }
}

html_style html_reader::element_style() {
  style_change& change = declarations_.result();
  const auto may_set = [&](unsigned plain, bool unset, css_property which) {
    return ((ruled_ & plain) != 0 && unset) || ((ruled_ & plain << 1) != 0 && !change.is_important(which));
  };
  if (ruled_ != 0 || gone_ || pictured_) {
    if (may_set(css_rules::text, change.text.is == color::state::unset, css_property::text)) change.text.is = color::state::unknown;
    if (pictured_ || may_set(css_rules::background, change.background.is == color::state::unset, css_property::background)) change.background.is = color::state::unknown;
    // A style attribute wins over a rule that hides; one that shows may win over the style attribute.
    if (change.display_none == style_change::tri::unset) change.conditional = change.conditional || gone_ || (ruled_ & css_rules::hides) != 0;
    else if ((ruled_ & css_rules::shows_important) != 0 && !change.is_important(css_property::display)) change.disputed = true;
  }
  html_style around = elements_.current();
  if (table_waits() && (traits_of(tag_) & tag_trait::table_part) == 0 && around.hidden()) around = around.doubted();
  html_style style = around.with(change);
  constexpr std::uint16_t readable = 13 * 16;
  if (style.font < readable && may_set(css_rules::font, change.font < 0, css_property::font_size)) style.font = readable;
  if (tag_ == html_tag::a && !anchor_.empty() && change.text.is == color::state::unset) style.text = {color::state::known, 0, 0, 0xee};
  if (tag_ == html_tag::template_) style.conditional = true;
  if (tag_ == html_tag::pre) style.preformatted = true;
  return style.hidden() && misplaced() && !around.hidden() ? style.doubted() : style;
}

html_token_sink::content html_reader::start_element(bool self_closing) {
  using enum html_tag;
  const auto closed = [this](html_tag tag, const html_style& style) { element_closed(tag, style); };
  elements_.make_room(tag_, closed);
  if (tag_ == a) elements_.close(a, closed);
  const std::uint16_t traits = traits_of(tag_);
  const html_style look = element_style();
  const text_kind kind = kind_of(look);
  if (traits & tag_trait::block || tag_ == br) new_line(kind);
  if (traits & tag_trait::cell) lines_[static_cast<std::size_t>(kind)].blank = true;
  report_links(look);
  if (traits & tag_trait::is_void) {
    choose_kind();  // it may have ended others
    return content::normal;
  }
  if (tag_ == td || tag_ == th) count_cell(look);
  // <o:p/>, <v:shape/>: left out, though browsers leave them open, unless that makes a difference.
  const bool foreign = self_closing && static_cast<unsigned>(tag_) >= 128 && look == elements_.current() && !elements_.is_open(tag_);
  if (!foreign) elements_.push(tag_, look);
  choose_kind();
  if (tag_ == bdo && right_to_left_) put(kind_, right_to_left_override);
  if (!(traits & tag_trait::raw)) return content::normal;
  raw_ = tag_;
  if (tag_ == html_tag::style) sheet_.start();
  if (tag_ == title || tag_ == textarea) return content::rcdata;
  return tag_ == plaintext ? content::plaintext : content::rawtext;
}

void html_reader::element_closed(html_tag tag, const html_style& style) {
  if (tag == html_tag::a) close_anchor();
  if (tag == html_tag::bdo) put(kind_of(style), pop_directional);
  if (traits_of(tag) & tag_trait::block) new_line(kind_of(style));
  if (traits_of(tag) & tag_trait::cell) lines_[static_cast<std::size_t>(kind_of(style))].blank = true;
}

// What an element points to, apart from an anchor, which is reported when it ends; and the text that its attributes show.
void html_reader::report_links(const html_style& seen) {
  using enum html_tag;
  const text_kind look = kind_of(seen);
  const byte_view target = trimmed(url_);
  bool shows_alt = false;
  switch (tag_) {
    case a: return open_anchor(seen);
    case base:
      if (!base_.empty() || target.empty()) return;
      assign_cut(base_, target);
      return out_->html_link(link::origin::other, target, {}, text_kind::hidden);
    case meta:
      if (refresh_) report_refresh();
      return;
    case area: report(link::origin::area, target, {}, look); shows_alt = true; break;
    case form:
    case button: return report(link::origin::form, target, {}, look);
    case img: report(link::origin::image, target, {}, look); shows_alt = true; break;
    case input:
      if (input_ == input::hidden) return;
      report(input_ == input::image ? link::origin::image : link::origin::form, target, {}, look);
      shows_alt = input_ == input::image;
      if (input_ != input::text) break;
      put(look, trimmed(alt_));
      lines_[static_cast<std::size_t>(look)].blank = true;
      return;
    case option:
    case optgroup:
    case textarea:
      put(look, trimmed(alt_));
      lines_[static_cast<std::size_t>(look)].blank = true;
      return;
    case body:
    case table:
    case td:
    case th: return report(link::origin::image, target, {}, look);
    default: return report(vml_ && href_ ? link::origin::anchor : link::origin::other, target, {}, vml_ && look == text_kind::visible ? text_kind::doubtful : look);
  }
  const byte_view alt = trimmed(alt_);
  if (!shows_alt || alt.empty()) return;
  put(look == text_kind::visible ? text_kind::alt : look, alt);
  new_line(text_kind::alt);
}

// In a comment for Outlook: what it points to and what it says, without regard to its style.
html_token_sink::content html_reader::remark_tag_end() {
  lines_[static_cast<std::size_t>(text_kind::conditional)].blank = true;
  remark_skip_ = false;
  if (end_) return content::normal;
  const bool sets = tag_ == html_tag::link || tag_ == html_tag::base;
  if (!sets) report(href_ ? link::origin::anchor : link::origin::image, trimmed(url_), {}, text_kind::conditional);
  put(text_kind::conditional, trimmed(alt_));
  remark_skip_ = tag_ == html_tag::style || tag_ == html_tag::script || tag_ == html_tag::xml;
  return remark_skip_ ? content::rawtext : content::normal;
}

void html_reader::open_anchor(const html_style& style) {
  anchor_open_ = !trimmed(anchor_).empty();
  anchor_look_ = kind_of(style);
  shown_.clear();
}

void html_reader::close_anchor() {
  if (!anchor_open_) return;
  anchor_open_ = false;
  report(link::origin::anchor, view(anchor_), trimmed(shown_), anchor_look_);
}

// Resolves against <base href> (RFC 3986 section 5.3, without removing dot segments).
void html_reader::report(link::origin from, byte_view target, byte_view shown, text_kind look) {
  if (target.empty()) return;
  flush();
  if (base_.empty() || has_scheme(target) || target.front() == '#' || target.starts_with("//")) {
    out_->html_link(from, target, shown, look);
    return;
  }
  fixed_string<limits::html_base_bytes + limits::html_url_bytes + 1> whole;
  const byte_view base = view(base_);
  const std::size_t authority = base.find("//");
  const std::size_t path = base.find('/', authority == byte_view::npos ? 0 : authority + 2);
  if (path == byte_view::npos) {
    append_cut(whole, base);
    if (target.front() != '/') whole.push_back('/');
  } else {
    append_cut(whole, base.substr(0, target.front() == '/' ? path : base.rfind('/') + 1));
  }
  append_cut(whole, target);
  out_->html_link(from, view(whole), shown, look);
}

void html_reader::report_refresh() {
  const byte_view value = view(alt_);
  for (std::size_t i = 0; i + 4 < value.size(); ++i) {
    if (!ascii::istarts_with(value.substr(i), "url")) continue;
    byte_view rest = ascii::trim(value.substr(i + 3));
    if (!rest.starts_with('=')) continue;
    rest = ascii::trim(rest.substr(1));
    if (!rest.empty() && (rest.front() == '"' || rest.front() == '\'')) rest = rest.substr(1, rest.find(rest.front(), 1) - 1);
    return report(link::origin::meta_refresh, rest, {}, text_kind::conditional);
  }
}

void html_reader::choose_kind() {
  kind_ = kind_of(elements_.current());
  if (kind_ == text_kind::hidden && table_waits()) kind_ = text_kind::doubtful;
}

}  // namespace sluice::mime
