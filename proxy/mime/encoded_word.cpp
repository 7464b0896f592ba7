#include "mime/encoded_word.hpp"

#include <cstring>

#include "core/ascii.hpp"
#include "core/hex_digit.hpp"
#include "core/utf8.hpp"
#include "mime/charset.hpp"
#include "mime/transfer.hpp"

namespace sluice::mime {
namespace {

class span_sink final : public octet_sink {
 public:
  explicit span_sink(byte_span room) : room_(room) {}
  void put(byte_view octets) override {
    const byte_view fitting = full_ ? byte_view{} : utf8::cut(octets, room_.size() - size_);
    full_ = full_ || fitting.size() < octets.size();
    if (!fitting.empty()) std::memcpy(room_.data() + size_, fitting.data(), fitting.size());
    size_ += fitting.size();
  }
  std::size_t size() const { return size_; }
  bool cut() const { return full_; }

 private:
  byte_span room_;
  std::size_t size_ = 0;
  bool full_ = false;
};

class charset_sink final : public octet_sink {
 public:
  charset_sink(charset_decoder& decoder, octet_sink& out) : decoder_(decoder), out_(out) {}
  void put(byte_view octets) override { decoder_.feed(octets, out_); }

 private:
  charset_decoder& decoder_;
  octet_sink& out_;
};

struct word {
  byte_view charset, text;
  bool base64 = false;
  std::size_t length = 0;  // octets of the whole word, 0: not an encoded word
};

// "=?charset?B?text?=" at the start of `in`. The text may hold blanks, which clients tolerate.
word read_word(byte_view in) {
  word w;
  const std::size_t first = in.find('?', 2);
  if (first == byte_view::npos || first + 3 >= in.size() || in[first + 2] != '?') return {};
  w.charset = in.substr(2, first - 2);
  for (const char c : w.charset)
    if (ascii::is_space(c) || c == '=') return {};
  const char how = ascii::lower(in[first + 1]);
  if (how != 'b' && how != 'q') return {};
  w.base64 = how == 'b';
  const std::size_t begin = first + 3;
  // A '?' of Q text should be encoded; the word ends at the first "?=" (an empty text may begin with one).
  const std::size_t end = in.find("?=", begin);
  if (end == byte_view::npos) return {};
  w.text = in.substr(begin, end - begin);
  w.length = end + 2;
  return w;
}

// Q encoding (RFC 2047 section 4.2), octet by octet into the charset decoder.
bool feed_q(byte_view text, octet_sink& out) {
  bool fine = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i] == '_' ? ' ' : text[i];
    if (c == '=') {
      if (i + 2 < text.size() && ascii::hex_value(text[i + 1]) >= 0 && ascii::hex_value(text[i + 2]) >= 0) {
        c = static_cast<char>(ascii::hex_value(text[i + 1]) * 16 + ascii::hex_value(text[i + 2]));
        i += 2;
      } else {
        fine = false;
      }
    }
    out.put({&c, 1});
  }
  return fine;
}

bool only_blanks(byte_view s) { return ascii::trim(s).empty(); }

}  // namespace

decoded_text decode_words(byte_view value, byte_span out, charset_pool& pool) {
  decoded_text result;
  span_sink sink(out);
  charset_decoder raw, decoder;
  raw.open(charset{}, pool);
  byte_view open_charset;  // of the word just decoded, whose decoder may hold half a character
  bool after_word = false;
  const auto close_word = [&] {
    if (after_word) decoder.finish(sink), result.broken = result.broken || decoder.bad_octets();
    after_word = false;
  };
  while (!value.empty()) {
    const std::size_t mark = value.find("=?");
    const word w = mark == byte_view::npos ? word{} : read_word(value.substr(mark));
    const std::size_t plain = w.length > 0 ? mark : mark == byte_view::npos ? value.size() : mark + 2;
    const byte_view before = value.substr(0, plain);
    if (!(after_word && w.length > 0 && only_blanks(before))) {
      close_word();
      raw.feed(before, sink);
    }
    value.remove_prefix(plain);
    if (w.length == 0) {
      result.broken = result.broken || mark != byte_view::npos;
      continue;
    }
    raw.finish(sink);
    if (!after_word || !ascii::iequals(open_charset, w.charset)) {
      close_word();
      const charset set = find_charset(w.charset);
      if (!decoder.open(set, pool) || !set.known) result.broken = true;
      open_charset = w.charset;
    }
    charset_sink to_charset(decoder, sink);
    if (w.base64) {
      transfer_decoder base64;
      base64.open(transfer::base64);
      base64.feed(w.text, to_charset);
      base64.finish(to_charset);
      result.broken = result.broken || base64.flawed();
    } else if (!feed_q(w.text, to_charset)) {
      result.broken = true;
    }
    after_word = result.encoded = true;
    value.remove_prefix(w.length);
  }
  close_word();
  raw.finish(sink);
  result.broken = result.broken || raw.bad_octets();
  result.size = sink.size();
  result.cut = sink.cut();
  return result;
}

}  // namespace sluice::mime
