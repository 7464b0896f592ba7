// Joins the sections of a parameter, decodes charsets and percent encoding (RFC 2231) and encoded words (RFC 2047, which
// has no place here but is what many clients write and all read).
#include <algorithm>

#include "core/ascii.hpp"
#include "core/hex_digit.hpp"
#include "core/utf8.hpp"
#include "mime/charset.hpp"
#include "mime/encoded_word.hpp"
#include "mime/params.hpp"

namespace sluice::mime {
namespace {

using text256 = fixed_string<256>;

class text_sink final : public octet_sink {
 public:
  explicit text_sink(text256& out) : out_(out) {}
  void put(byte_view octets) override {
    const byte_view fitting = utf8::cut(octets, out_.capacity() - out_.size());
    out_.append(fitting.data(), fitting.size());
  }

 private:
  text256& out_;
};

// Without the backslashes of a quoted string.
text256 unquote(const param& p) {
  text256 out;
  for (std::size_t i = 0; i < p.value.size() && out.size() < out.capacity(); ++i) {
    if (p.quoted && p.value[i] == '\\' && i + 1 < p.value.size()) ++i;
    out.push_back(p.value[i]);
  }
  return out;
}

text256 shown(const param& p, charset_pool& pool, bool& odd) {
  const text256 raw = unquote(p);
  char room[256];
  const decoded_text text = decode_words(view(raw), room, pool);
  odd = odd || text.cut || (text.encoded && text.broken);
  return {room, text.size};
}

// One parameter in RFC 2231 form while its sections are put together.
class joiner {
 public:
  joiner(text256& out, charset_pool& pool) : sink_(out), pool_(pool) { decoder_.open(charset{}, pool); }

  void add(const param& p, bool& odd) {
    text256 text = unquote(p);
    byte_view octets = view(text);
    if (!p.encoded) {
      decoder_.finish(sink_);
      charset_decoder plain;
      plain.open(charset{}, pool_);
      plain.feed(octets, sink_);
      plain.finish(sink_);
      first_ = false;
      return;
    }
    if (first_) octets = open(octets, odd);
    else if (octets.size() > charset_.size() && !charset_.empty() && ascii::istarts_with(octets, view(charset_)) &&
             octets[charset_.size()] == '\'')
      octets.remove_prefix(charset_.size() + 1);  // some producers repeat the charset in each section
    first_ = false;
    percent(octets);
  }
  void finish() { decoder_.finish(sink_); }

 private:
  byte_view open(byte_view octets, bool& odd) {
    const std::size_t one = octets.find('\'');
    const std::size_t two = one == byte_view::npos ? one : octets.find('\'', one + 1);
    if (two == byte_view::npos) {
      odd = true;  // no charset'language' in front
      return octets;
    }
    assign_cut(charset_, octets.substr(0, one));
    const charset set = find_charset(view(charset_));
    if (!set.known || !decoder_.open(set, pool_)) odd = true;
    return octets.substr(two + 1);
  }

  void percent(byte_view octets) {
    for (std::size_t i = 0; i < octets.size(); ++i) {
      char c = octets[i];
      if (c == '%' && i + 2 < octets.size() && ascii::hex_value(octets[i + 1]) >= 0 && ascii::hex_value(octets[i + 2]) >= 0) {
        c = static_cast<char>(ascii::hex_value(octets[i + 1]) * 16 + ascii::hex_value(octets[i + 2]));
        i += 2;
      }
      decoder_.feed({&c, 1}, sink_);
    }
  }

  text_sink sink_;
  charset_pool& pool_;
  charset_decoder decoder_;
  fixed_string<32> charset_;
  bool first_ = true;
};

struct survey {  // what forms of the parameter there are
  int plain = 0, extended = 0, sections = 0, lowest = 1000, highest = -1;
  bool unordered = false, odd = false;
};

template <class Visit>
void each(byte_view value, byte_view name, Visit visit) {
  param_reader reader(read_head(value).params);
  param p;
  while (reader.next(p))
    if (view(p.name) == name) visit(p);
}

survey look(byte_view value, byte_view name) {
  survey s;
  int last = -1;
  each(value, name, [&](const param& p) {
    s.odd = s.odd || p.odd;
    if (p.section < 0) {
      ++(p.encoded ? s.extended : s.plain);
      return;
    }
    ++s.sections;
    s.unordered = s.unordered || p.section <= last;
    last = p.section;
    s.lowest = std::min(s.lowest, p.section);
    s.highest = std::max(s.highest, p.section);
  });
  return s;
}

// The sections by number; `limit` keeps an absurd numbering cheap.
text256 join(byte_view value, byte_view name, const survey& s, charset_pool& pool, bool& odd) {
  text256 out;
  joiner all(out, pool);
  constexpr int limit = 64;
  for (int n = s.lowest; n <= s.highest && n < s.lowest + limit; ++n) {
    bool taken = false;
    each(value, name, [&](const param& p) {
      if (p.section != n) return;
      if (taken) odd = true;
      else all.add(p, odd);
      taken = true;
    });
    odd = odd || !taken;
  }
  all.finish();
  return out;
}

}  // namespace

param_value read_param(byte_view value, byte_view name, charset_pool& pool) {
  param_value result;
  const survey s = look(value, name);
  result.found = s.plain + s.extended + s.sections > 0;
  result.odd = s.odd || s.unordered || s.extended > 1 || (s.sections > 0 && s.lowest != 0);
  const auto add = [&](const text256& text) {
    if (result.text.empty()) result.text = text;
    else if (text != result.text && result.other.empty()) result.other = text;
  };
  // RFC 2231/5987 order of preference: extended, sections, plain. The first distinct other reading is kept beside it.
  each(value, name, [&](const param& p) {
    if (p.section >= 0 || !p.encoded) return;
    text256 text;
    joiner one(text, pool);
    one.add(p, result.odd);
    one.finish();
    add(text);
  });
  if (s.sections > 0) add(join(value, name, s, pool, result.odd));
  each(value, name, [&](const param& p) {
    if (p.section >= 0 || p.encoded) return;
    add(shown(p, pool, result.odd));
    if (!p.odd) return;
    param whole = p;  // up to the next parameter, with all that some clients drop
    whole.value = p.raw;
    whole.quoted = p.quoted;
    add(shown(whole, pool, result.odd));
  });
  if (!result.other.empty()) result.odd = true;
  return result;
}

}  // namespace sluice::mime
