// As much CSS as decides whether text is seen: the declarations of a style attribute or rule, and the rules of a <style>
// element by the last part of their selectors (.x, #x, tag). Streaming, fixed state. Called by html_reader.
//
// Mail clients drop properties, whole style sheets and what they cannot parse. Text is called hidden only where all of them
// hide it: by an undisputed display:none, by its size, by its colour. Whatever else hides is doubtful: some readers see it.
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

enum class css_property : std::uint8_t {
  display, visibility, opacity, font_size, font, text, background, background_color, overflow, room, position, offset, shift, clip, clip_path, transform,
  altering, mso_hide, white_space
};

// What one element's declarations say; unset where they say nothing.
struct style_change {
  enum class tri : std::uint8_t { unset, no, yes };
  tri display_none = tri::unset, invisible = tri::unset;
  bool disputed = false;  // display:none, and another display or a rule that may win
  bool faint = false, clipped = false, shifted = false, conditional = false;
  bool overflow_hidden = false, no_room = false, positioned = false, far_away = false;
  bool preformatted = false;
  bool altered = false;        // by shadows, filters or scaling: sizes and colours are not what is seen
  bool font_relative = false;  // font is a percentage of the parent's
  std::int32_t font = -1;      // 1/16 px, or percent
  color text, background;
  std::uint32_t important = 0;  // properties, as bits

  bool is_important(css_property p) const { return (important >> static_cast<unsigned>(p) & 1) != 0; }
  bool tiny() const { return font >= 0 && !font_relative && font <= 16; }
  // In all clients, whatever the surroundings are: children cannot undo it.
  bool hides() const { return display_none == tri::yes && !disputed; }
  // In those that know what it takes.
  bool may_hide() const {
    return display_none == tri::yes || faint || shifted || conditional || (overflow_hidden && no_room) || (positioned && (far_away || clipped));
  }
};

class css_declarations {
 public:
  void start() { *this = css_declarations{}; }
  void feed(byte_view text);
  void finish();
  bool quoted() const { return quote_ != 0 || in_comment_; }  // a '}' that stands here ends nothing
  bool odd() const { return odd_; }  // after finish(): parsers may disagree where it ends
  const style_change& result() const { return result_; }
  style_change& result() { return result_; }

 private:
  void add(byte_view run);
  void mark(char c);
  void apply();
  void declare(css_property what);

  style_change result_;
  bool in_value_ = false, in_comment_ = false;
  bool odd_ = false;  // parsers may disagree about it
  char quote_ = 0, before_ = 0;
  std::uint8_t depth_ = 0;
  fixed_string<24> name_;
  fixed_string<56> value_;
};

// What rules say about elements, by the class, id or name of their selector's last part.
class css_rules {
 public:
  // Bits. All but `hides` mean: perhaps, so that an element's own style does not settle it (`_important`), or what it
  // inherits does not.
  static constexpr std::uint8_t hides = 1, shows_important = 2, background = 4, background_important = 8, text = 16, text_important = 32,
                                font = 64, font_important = 128;

  void clear() { *this = css_rules{}; }
  static std::uint32_t hash(char kind, byte_view name);  // kind: '.', '#' or ' ' for an element; name in lower case
  static std::uint32_t hash_next(std::uint32_t hash, char c);
  void add(std::uint32_t selector, std::uint8_t what, bool shows);
  void add_to_all(std::uint8_t what) { all_ = static_cast<std::uint8_t>(all_ | (what & ~hides)); }
  std::uint8_t of(std::uint32_t selector) const;
  std::uint8_t of_all() const { return all_; }
  bool empty() const { return count_ == 0; }

 private:
  static constexpr std::size_t places = 96;
  static_assert(limits::html_selectors < places);
  std::size_t find(std::uint32_t selector) const;

  std::array<std::uint32_t, places> entries_{};  // hash with the bits at its end; 0 is free
  std::uint8_t count_ = 0, all_ = 0;
};

// The text of a <style> element.
class css_sheet {
 public:
  void start() { *this = css_sheet{}; }
  void feed(byte_view text, css_rules& rules, css_declarations& block);  // the same block until the next start()

 private:
  enum class state : std::uint8_t { selector, block, at_rule, comment };
  enum class piece : std::uint8_t { none, name, marked, skipped };  // of a selector: what the next letter belongs to
  struct selector {
    std::uint32_t hash = 0;  // 0: of no name
    bool simple = true;      // nothing else has to fit
  };
  void selector_char(char c);
  void close_selector();
  void close_block(css_rules& rules, css_declarations& block);

  state state_ = state::selector, return_ = state::selector;
  piece piece_ = piece::none;
  char before_ = 0, quote_ = 0;
  bool ended_ = false, begun_ = false, overflow_ = false;
  std::uint8_t groups_ = 0;  // open at-rules: what they hide is hidden in some window sizes only
  std::uint8_t depth_ = 0;   // open brackets of a selector
  std::uint8_t count_ = 0;
  selector now_;
  std::array<selector, 8> selectors_{};
};

}  // namespace sluice::mime
