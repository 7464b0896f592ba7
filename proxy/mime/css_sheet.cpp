// The text of <style> elements: which elements its rules are about, and what they do to how these are seen.
#include <algorithm>
#include <utility>

#include "core/ascii.hpp"
#include "mime/css.hpp"

namespace sluice::mime {

using tri = style_change::tri;

std::uint32_t css_rules::hash_next(std::uint32_t hash, char c) {
  return (hash ^ static_cast<unsigned char>(ascii::lower(c))) * 0x01000193u;
}

std::uint32_t css_rules::hash(char kind, byte_view name) {
  std::uint32_t h = hash_next(0x811c9dc5u, kind);
  for (const char c : name) h = hash_next(h, c);
  return h;
}

// Where `selector` stands, or the free place where it would.
std::size_t css_rules::find(std::uint32_t selector) const {
  std::size_t at = (selector >> 8) % places;
  while (entries_[at] != 0 && (entries_[at] ^ selector) > 0xff) at = (at + 1) % places;
  return at;
}

std::uint8_t css_rules::of(std::uint32_t selector) const { return static_cast<std::uint8_t>(entries_[find(selector)] & 0xff); }

// `shows`: an earlier rule's `hides` ends.
void css_rules::add(std::uint32_t selector, std::uint8_t what, bool shows) {
  std::uint32_t& entry = entries_[find(selector)];
  if (entry == 0) {
    if (what == 0) return;
    if (count_ == limits::html_selectors) return add_to_all(what);
    ++count_;
    entry = selector & ~0xffu;
  }
  if (shows) entry &= ~std::uint32_t{hides};
  entry |= what;
}

// The last compound of each selector: its class or id, else its element. "tag.x" is taken as ".x".
void css_sheet::close_selector() {
  if (begun_) {
    if (count_ < selectors_.size()) selectors_[count_++] = now_;
    else overflow_ = true;
  }
  now_ = {};
  piece_ = piece::none;
  begun_ = ended_ = false;
  depth_ = 0;
}

void css_sheet::selector_char(char c) {
  if (depth_ > 0 || c == '(' || c == '[') {  // what is inside is not read
    if (c == '(' || c == '[') ++depth_;
    if (c == ')' || c == ']') --depth_;
    if (depth_ == 255) depth_ = 254;
    now_.simple = false;
    begun_ = true;
    piece_ = piece::skipped;
    return;
  }
  if (c == ',') return close_selector();
  if (c == '/') return;  // a comment begins
  if (ascii::is_space(c)) {
    ended_ = begun_;
    return;
  }
  const bool combinator = c == '>' || c == '+' || c == '~';
  if (combinator || ended_) {
    now_ = {.hash = 0, .simple = false};
    piece_ = piece::none;
    ended_ = combinator;
    begun_ = true;
    if (combinator) return;
  }
  if (c == '.' || c == '#') {
    if (piece_ == piece::marked) now_.simple = false;  // ".a.b" is not ".b"
    now_.hash = css_rules::hash(c, {});
    piece_ = piece::marked;
  } else if (c == ':' || c == '*' || c == '&') {
    now_.simple = false;
    piece_ = piece::skipped;
  } else if (c == '\\' || c == '"' || c == '\'' || c == ']' || c == ')') {  // not read: it may be any element
    now_.hash = 0;
    now_.simple = false;
    piece_ = piece::skipped;
  } else if (piece_ != piece::skipped) {
    if (piece_ == piece::none) now_.hash = css_rules::hash(' ', {});
    if (piece_ == piece::none) piece_ = piece::name;
    now_.hash = css_rules::hash_next(now_.hash, c);
  }
  begun_ = true;
}

void css_sheet::close_block(css_rules& rules, css_declarations& block) {
  block.finish();
  if (block.odd()) rules.add_to_all(0xff);  // it may end elsewhere
  const style_change& r = block.result();
  unsigned what = 0;
  const auto sets = [&](bool any, css_property which, unsigned plain) {
    if (any) what |= plain | (r.is_important(which) ? plain << 1 : 0);
  };
  sets(r.background.is != color::state::unset, css_property::background, css_rules::background);
  sets(r.text.is != color::state::unset, css_property::text, css_rules::text);
  sets(r.font >= 0 && !r.tiny(), css_property::font_size, css_rules::font);
  if (r.display_none == tri::no && r.is_important(css_property::display)) what |= css_rules::shows_important;
  if (r.altered) what |= css_rules::text | css_rules::text_important | css_rules::font | css_rules::font_important;
  const bool hides = r.may_hide() || r.invisible == tri::yes || r.tiny() || r.text.is == color::state::transparent;
  for (std::size_t i = 0; i < count_; ++i) {
    const selector& s = selectors_[i];
    const bool plain = s.simple && groups_ == 0;
    const auto bits = static_cast<std::uint8_t>(what | (plain && hides ? css_rules::hides : 0u));
    if (s.hash == 0) rules.add_to_all(bits);
    else rules.add(s.hash, bits, plain && r.display_none == tri::no);
  }
  if (overflow_) rules.add_to_all(static_cast<std::uint8_t>(what));
  count_ = 0;
  overflow_ = false;
}

void css_sheet::feed(byte_view text, css_rules& rules, css_declarations& block) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (state_ == state::block) {
      const std::size_t n = std::min(text.find_first_of("{}", i), text.size()) - i;
      block.feed(text.substr(i, n));
      i += n;
      if (i == text.size()) return;
    }
    const char c = text[i], before = std::exchange(before_, c);
    if (state_ == state::comment) {
      if (before == '*' && c == '/') state_ = return_, before_ = 0;
      continue;
    }
    if (quote_ != 0) {
      if (c == '{') rules.add_to_all(0xff);  // unless it was none
      if ((c == quote_ && before != '\\') || c == '\n') quote_ = 0;
      if (before == '\\') before_ = 0;
      continue;
    }
    if (before == '/' && c == '*' && state_ != state::block && depth_ == 0) {
      return_ = state_;
      state_ = state::comment;
      before_ = 0;
      continue;
    }
    if ((c == '"' || c == '\'') && state_ != state::block) quote_ = c;
    switch (state_) {
      case state::selector:
        if (depth_ > 0) {
          if (c == '{') rules.add_to_all(0xff);  // the bracket was none
          selector_char(c);
        } else if (c == '{') {
          close_selector();
          block.start();
          state_ = state::block;
        } else if (c == '@' || c == '}' || c == ';' || c == '<' || c == '!' || (c == '>' && before == '-')) {  // also "<!--" and "-->"
          now_ = {};
          piece_ = piece::none;
          begun_ = ended_ = false;
          count_ = depth_ = 0;
          if (c == '@') state_ = state::at_rule;
          if (c == '}' && groups_ > 0) --groups_;
        } else if (c != '-' || begun_) {  // not the end of "<!--"
          selector_char(c);
        }
        break;
      case state::block:
        if (c == '}' && !block.quoted()) {
          close_block(rules, block);
          state_ = state::selector;
        } else {
          if (c == '{') rules.add_to_all(0xff);  // rules in rules are not read
          block.feed({&c, 1});
        }
        break;
      default:  // at_rule
        if (c == '(' && depth_ < 255) ++depth_;
        if (c == ')' && depth_ > 0) --depth_;
        if (c == ';' && depth_ > 0) break;
        if (c == '}' && groups_ > 0) --groups_;
        if (c == ';' || c == '{' || c == '}') state_ = state::selector, depth_ = 0;
        if (c == '{') groups_ = static_cast<std::uint8_t>(std::min(groups_ + 1, 255));
        break;
    }
  }
}

}  // namespace sluice::mime
