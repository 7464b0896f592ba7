#include "mime/rtf_reader.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/hex_digit.hpp"
#include "mime/html_entities.hpp"
#include "mime/utf8_buffer.hpp"

namespace sluice::mime {
namespace {

// Groups whose text is no text of the message.
constexpr byte_view tables[] = {"colortbl", "datastore", "filetbl", "fonttbl", "info", "latentstyles", "listoverride", "listtable", "objdata", "pict", "revtbl", "rsidtbl", "stylesheet", "themedata", "xmlnstbl"};

// Words that stand for one character.
struct character {
  byte_view word;
  char16_t code;
};
constexpr character characters[] = {{"bullet", 0x2022}, {"cell", ' '},      {"emdash", 0x2014},    {"emspace", ' '},      {"endash", 0x2013}, {"enspace", ' '},  {"ldblquote", 0x201C}, {"line", '\n'}, {"lquote", 0x2018},
                                    {"page", '\n'},     {"par", '\n'},      {"rdblquote", 0x201D}, {"row", '\n'},         {"rquote", 0x2019}, {"sect", '\n'},    {"tab", '\t'}};

char32_t narrow(unsigned char octet) { return octet < 0x80 ? octet : numeric_entity(octet); }  // windows-1252

}  // namespace

void rtf_reader::feed(byte_view rtf, octet_sink& shown, octet_sink& hidden) {
  utf8_buffer to_shown(shown), to_hidden(hidden);
  for (const char c : rtf) octet(c, {to_shown, to_hidden});
}

void rtf_reader::octet(char c, targets out) {
  switch (state_) {
    case state::binary:
      if (--number_ == 0) state_ = state::text;
      return;
    case state::hex:
      number_ = number_ << 4 | static_cast<std::uint32_t>(std::max(0, ascii::hex_value(c)));
      has_number_ = !has_number_;
      if (has_number_) return;
      state_ = state::text;
      return put(narrow(static_cast<unsigned char>(number_)), out);
    case state::control: return control(c, out);
    case state::word:
      if (ascii::is_alpha(c)) {
        if (word_.size() < word_.capacity()) word_.push_back(c);
        return;
      }
      number_ = 0;
      negative_ = c == '-';
      has_number_ = false;
      state_ = state::number;
      if (negative_) return;
      [[fallthrough]];
    case state::number:
      if (ascii::is_digit(c)) {
        has_number_ = true;
        number_ = std::min<std::uint32_t>(number_, 100000000u) * 10 + static_cast<std::uint32_t>(c - '0');
        return;
      }
      state_ = state::text;
      word_ended(out);
      if (c == ' ') return;  // belongs to the word
      if (state_ == state::binary) return octet(c, out);
      break;
    case state::text: break;
  }
  switch (c) {
    case '{': return begin_group();
    case '}': return end_group();
    case '\\': state_ = state::control; return;
    case '\r':
    case '\n':
    case '\0': return;
    default: return put(narrow(static_cast<unsigned char>(c)), out);
  }
}

void rtf_reader::begin_group() {
  skip_ = 0;
  ignorable_ = false;
  if (depth_ == outer_.size()) {
    ++beyond_;
    return;
  }
  outer_[depth_++] = now_;
}

void rtf_reader::end_group() {
  skip_ = 0;
  ignorable_ = false;
  if (beyond_ > 0) {
    --beyond_;
    return;
  }
  if (depth_ > 0) now_ = outer_[--depth_];
}

void rtf_reader::control(char c, targets out) {
  state_ = state::text;
  if (ascii::is_alpha(c)) {
    word_.clear();
    word_.push_back(c);
    state_ = state::word;
    return;
  }
  switch (c) {
    case '\'':
      number_ = 0;
      has_number_ = false;
      state_ = state::hex;
      return;
    case '*': ignorable_ = true; return;
    case '~': return put(' ', out);
    case '_': return put('-', out);
    case '\r':
    case '\n': return put('\n', out);
    case '{':
    case '}':
    case '\\': return put(static_cast<unsigned char>(c), out);
    default: return;
  }
}

void rtf_reader::word_ended(targets out) {
  const byte_view word = view(word_);
  const std::int32_t value = negative_ ? -static_cast<std::int32_t>(number_) : static_cast<std::int32_t>(number_);
  const bool on = !has_number_ || number_ != 0, ignorable = ignorable_;
  ignorable_ = false;
  if (word == "bin") {
    if (number_ != 0 && !negative_) state_ = state::binary;
    return;
  }
  if (word == "u") return unicode(value, out);
  if (skip_ > 0) {
    --skip_;
    return;
  }
  if (word == "uc") now_.fallback = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
  else if (word == "v") now_.hidden = on;
  else if (word == "plain") now_.hidden = false;
  else if (word == "htmlrtf") now_.wrapping = on;
  else if (word == "fldinst") now_.hidden = true;
  else if (word == "htmltag") now_.wrapping = false;
  else if (beyond_ == 0 && (ignorable || std::binary_search(std::begin(tables), std::end(tables), word))) now_.skipped = true;
  else if (const auto* found = std::find_if(std::begin(characters), std::end(characters), [word](const character& k) { return k.word == word; }); found != std::end(characters)) put(found->code, out);
}

// UTF-16, signed, with `fallback` characters behind it for readers that do not know it.
void rtf_reader::unicode(std::int32_t value, targets out) {
  char32_t code = static_cast<std::uint16_t>(value);
  skip_ = 0;
  if (code >= 0xD800 && code < 0xDC00) {
    high_ = static_cast<std::uint16_t>(code);
  } else {
    if (code >= 0xDC00 && code < 0xE000) code = high_ != 0 ? 0x10000 + (static_cast<char32_t>(high_ - 0xD800) << 10) + (code - 0xDC00) : char32_t{0xFFFD};
    high_ = 0;
    put(code, out);
  }
  skip_ = now_.fallback;
}

void rtf_reader::put(char32_t code, targets out) {
  if (skip_ > 0) {
    --skip_;
    return;
  }
  if (now_.skipped || now_.wrapping || code == 0) return;
  (now_.hidden ? out.hidden : out.shown).put(code);
}

}  // namespace sluice::mime
