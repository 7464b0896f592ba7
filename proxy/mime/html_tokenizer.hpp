// A streaming HTML tokenizer in the manner of WHATWG 13.2.5, in fixed state: any cut of the input gives the same tokens.
// Differences: names are cut at fixed lengths, a tag at the end of the input is dropped as the standard says, DOCTYPE and
// processing instructions are dropped, script data has no escaped states, NUL is passed on. Called by html_reader.
#pragma once
#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::mime {

class html_token_sink {
 public:
  enum class content : std::uint8_t { normal, rcdata, rawtext, plaintext };

  virtual void characters(byte_view text) = 0;              // character references are decoded
  virtual void tag(byte_view name, bool end) = 0;           // lower-case name, cut at html_tokenizer::name_bytes
  virtual bool attribute(byte_view name) = 0;               // false: the value is not wanted
  virtual void attribute_text(byte_view text) = 0;          // a piece of the wanted value
  virtual void attribute_end() = 0;                         // of a wanted attribute
  virtual content tag_end(bool self_closing) = 0;           // how to read what follows a start tag
  virtual void comment(byte_view text, bool last) = 0;      // a piece of "<!--...-->"; bogus comments are not reported

 protected:
  ~html_token_sink() = default;
};

class html_tokenizer {
 public:
  static constexpr std::size_t name_bytes = 20;

  void start();
  void feed(byte_view text, html_token_sink& out);
  void finish(html_token_sink& out);

 private:
  enum class state : std::uint8_t {
    data, tag_open, end_tag_open, tag_name, before_attribute, attribute_name, after_attribute_name, before_value,
    value_double, value_single, value_bare, after_value, self_closing, markup, bogus, comment_start, comment_start_dash,
    comment, comment_dash, comment_end, comment_bang, reference
  };

  void in_data(byte_view& in, html_token_sink& out);
  void in_raw(byte_view& in, html_token_sink& out);
  void tag_opened(byte_view& in, html_token_sink& out);
  void in_tag(byte_view& in, html_token_sink& out);
  void in_value(byte_view& in, html_token_sink& out);
  void in_markup(byte_view& in, html_token_sink& out);
  void in_comment(byte_view& in, html_token_sink& out);
  void in_reference(byte_view& in, html_token_sink& out);
  void end_reference(bool semicolon, char next, html_token_sink& out);
  void text(byte_view piece, html_token_sink& out);
  void begin_attribute(html_token_sink& out);
  void end_attribute(html_token_sink& out);
  void end_tag(html_token_sink& out, bool self_closing);
  void add_name(char c);

  using content = html_token_sink::content;
  state state_ = state::data, return_ = state::data;  // return_: where a character reference stands
  content content_ = content::normal;
  bool end_tag_ = false, wanted_ = false, tag_reported_ = false;
  std::uint8_t name_size_ = 0, raw_size_ = 0, held_size_ = 0;
  char name_[name_bytes];       // of the tag or attribute being read
  char raw_name_[name_bytes];   // the element whose end tag closes rcdata or rawtext
  char held_[40];               // a character reference, "</name" in rawtext, or what follows "<!"
};

}  // namespace sluice::mime
