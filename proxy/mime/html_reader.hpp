// HTML as people see it: UTF-8 in, visible and hidden text, titles, alternative texts and links out, while it streams.
// Does not render, run scripts or load anything; style sheets count as far as css.hpp reads them. White space is
// collapsed, block elements and <br> end lines. Called by the walker's leaf.
#pragma once
#include <array>
#include <cstdint>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "mime/css.hpp"
#include "mime/handler.hpp"
#include "mime/html_elements.hpp"
#include "mime/html_tokenizer.hpp"
#include "mime/limits.hpp"

namespace sluice::mime {

class html_sink {
 public:
  virtual void html_text(text_kind, byte_view) = 0;
  virtual void html_link(link::origin, byte_view target, byte_view shown, text_kind look) = 0;
  virtual void html_drawn() {}  // many table cells, dark and light, without text: a QR code

 protected:
  ~html_sink() = default;
};

class html_reader final : private html_token_sink {
 public:
  void start();
  void feed(byte_view utf8, html_sink& out);
  void finish(html_sink& out);
  bool too_deep() const { return elements_.overflow(); }

 private:
  enum class attr : std::uint8_t {
    none, url, action, alt, style, class_, id, hidden, color, background, picture, equiv, content, kind, value, direction
  };

  void characters(byte_view) override;
  void tag(byte_view name, bool end) override;
  bool attribute(byte_view name) override;
  void attribute_text(byte_view) override;
  void attribute_end() override;
  content tag_end(bool self_closing) override;
  void comment(byte_view text, bool last) override;

  content start_element(bool self_closing);
  void report_links(const html_style& style);
  html_style element_style();
  void element_closed(html_tag tag, const html_style& style);
  void open_anchor(const html_style& style);
  void close_anchor();
  void report(link::origin from, byte_view target, byte_view shown, text_kind look);
  text_kind kind_of(const html_style& style) const;
  bool table_waits() const;
  bool misplaced() const;
  void report_refresh();
  void class_text(byte_view text);
  content remark_tag_end();
  void choose_kind();
  void count_cell(const html_style& look);
  struct line {
    bool begun = false;  // something stands on it
    bool blank = false;  // white space waits for the next character
  };
  void put(text_kind kind, byte_view text);
  void put_collapsed(line& now, byte_view piece);
  void put_lines(text_kind kind, byte_view piece);
  void new_line(text_kind kind);
  void end_line(text_kind kind);
  void show(byte_view piece);
  void flush();

  html_tokenizer tokenizer_;
  html_elements elements_;
  css_rules rules_;
  css_sheet sheet_;
  css_declarations declarations_;  // of the tag or of the sheet's rule being read

  html_tag tag_ = html_tag::other;  // being read
  attr attr_ = attr::none;
  bool end_ = false, gone_ = false, pictured_ = false, refresh_ = false, right_to_left_ = false, href_ = false, vml_ = false;
  std::uint8_t ruled_ = 0;          // what style sheets say about it, bits of css_rules
  enum class input : std::uint8_t { text, hidden, image, picked } input_ = input::text;
  std::uint32_t seen_ = 0;          // attributes of this tag, by number
  std::uint32_t hash_ = 0;          // of the class or id being read, 0 between two
  html_tag raw_ = html_tag::other;  // inside <title>, <style>, <script> ...
  text_kind kind_ = text_kind::visible;

  bool anchor_open_ = false;
  text_kind anchor_look_ = text_kind::visible;
  fixed_string<limits::html_url_bytes> anchor_;
  fixed_string<limits::html_shown_bytes> shown_;
  fixed_string<limits::html_url_bytes> url_;
  fixed_string<limits::html_base_bytes> base_;
  fixed_string<limits::html_alt_bytes> alt_;  // alt, or content of <meta>, or value, placeholder and label of a field
  fixed_string<48> small_;                    // a short attribute

  // Comments that Outlook takes for markup: "<!--[if mso]> ... <![endif]-->".
  enum class remark : std::uint8_t { begin, plain, condition, text } remark_ = remark::begin;
  bool in_remark_ = false, remark_skip_ = false;  // skip: inside of its <style> or <xml>
  fixed_string<3> remark_word_;                   // the beginning of the comment
  html_tokenizer remark_tokens_;

  // Cells of tables since the last visible character.
  struct {
    std::uint16_t all = 0, dark = 0, changes = 0;
    bool last_dark = false;
  } cells_;

  std::array<line, 8> lines_{};  // by text_kind

  html_sink* out_ = nullptr;  // during feed() and finish()
  char* room_ = nullptr;
  std::size_t used_ = 0;
  text_kind room_kind_ = text_kind::visible;
};

}  // namespace sluice::mime
