// As much CSS as decides whether text is seen: the declarations of a style attribute or rule, and the rules of a <style>
// element whose selectors are simple (.x, #x, tag). Streaming, fixed state. Called by html_reader. Rules inside @media
// and other at-rules are passed over: what they hide is hidden in some window sizes only.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "mime/limits.hpp"

namespace sluice::mime {

struct color {
  enum class state : std::uint8_t { unset, known, transparent, unknown };
  state is = state::unset;
  std::uint8_t r = 0, g = 0, b = 0;
  bool operator==(const color&) const = default;
};
// "#fff", "rgb(1,2,3)", "white"; `attribute`: also "ffffff", as in bgcolor.
color parse_color(byte_view text, bool attribute);

// What one element's declarations say; unset where they say nothing.
struct style_change {
  enum class tri : std::uint8_t { unset, no, yes };
  tri display_none = tri::unset, invisible = tri::unset;
  bool hide = false;          // opacity 0, off-screen, clipped away, scaled to nothing: children cannot undo it
  bool conditional = false;   // mso-hide:all
  bool overflow_hidden = false, zero_width = false, zero_height = false, positioned = false, far_away = false;
  bool preformatted = false;
  bool font_relative = false;  // font is a percentage of the parent's
  std::int32_t font = -1;      // 1/16 px, or percent
  color text, background;

  // Hidden whatever the surroundings are.
  bool hides() const {
    return display_none == tri::yes || hide || (overflow_hidden && (zero_width || zero_height)) || (positioned && far_away);
  }
};

class css_declarations {
 public:
  void start() { *this = css_declarations{}; }
  void feed(byte_view text);
  void finish() { apply(); }
  const style_change& result() const { return result_; }
  style_change& result() { return result_; }

 private:
  void add(byte_view run);
  void mark(char c);
  void apply();

  style_change result_;
  bool in_value_ = false, in_comment_ = false;
  char quote_ = 0, before_ = 0;
  std::uint8_t depth_ = 0;
  fixed_string<24> name_;
  fixed_string<56> value_;
};

// Which simple selectors hide, and which set a background that this reader does not know.
class css_rules {
 public:
  void clear() { count_ = 0; }
  static std::uint32_t hash(char kind, byte_view name);  // kind: '.', '#' or ' ' for an element; name in lower case
  static std::uint32_t hash_next(std::uint32_t hash, char c);
  void set(std::uint32_t selector, bool hides, bool background);
  bool hides(std::uint32_t selector) const { return flags(selector) & 1; }
  bool background(std::uint32_t selector) const { return flags(selector) & 2; }
  bool empty() const { return count_ == 0; }

 private:
  std::uint32_t flags(std::uint32_t selector) const;
  std::array<std::uint32_t, limits::html_selectors> entries_;  // hash with two flag bits at its end
  std::uint8_t count_ = 0;
};

// The text of a <style> element.
class css_sheet {
 public:
  void start();
  void feed(byte_view text, css_rules& rules);

 private:
  enum class state : std::uint8_t { selector, block, at_rule, skip_block, comment };
  void selector_char(char c);
  void close_selector();

  state state_ = state::selector, return_ = state::selector;
  char before_ = 0;
  bool simple_ = true, named_ = false, ended_ = false, marked_ = false;
  std::uint8_t depth_ = 0, selector_count_ = 0;
  std::uint32_t hash_ = 0;
  std::array<std::uint32_t, 6> selectors_{};
  css_declarations block_;
};

}  // namespace sluice::mime
