#include "mime/html_tokenizer.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/ascii.hpp"
#include "core/hex_digit.hpp"
#include "core/octet_block.hpp"
#include "mime/html_entities.hpp"
#include "mime/utf8_buffer.hpp"

namespace sluice::mime {
namespace {

using octet_block::find_either;

bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

// What ends a name of a tag, and the name of an attribute.
constexpr std::uint8_t ends_tag = 1, ends_attribute = 2;
constexpr auto make_ends() {
  std::array<std::uint8_t, 256> table{};
  for (const char c : std::string_view(" \t\n\f\r/>")) table[static_cast<unsigned char>(c)] = ends_tag | ends_attribute;
  table['='] = ends_attribute;
  return table;
}
constexpr auto ends = make_ends();

}  // namespace

void html_tokenizer::start() {
  state_ = return_ = state::data;
  content_ = content::normal;
  name_size_ = raw_size_ = held_size_ = 0;
  end_tag_ = wanted_ = tag_reported_ = false;
}

void html_tokenizer::feed(byte_view in, html_token_sink& out) {
  while (!in.empty()) {
    switch (state_) {
      case state::data: content_ == content::normal ? in_data(in, out) : in_raw(in, out); break;
      case state::tag_open:
      case state::end_tag_open: tag_opened(in, out); break;
      case state::value_double:
      case state::value_single:
      case state::value_bare: in_value(in, out); break;
      case state::markup:
      case state::bogus: in_markup(in, out); break;
      case state::comment_start:
      case state::comment_start_dash:
      case state::comment:
      case state::comment_dash:
      case state::comment_end:
      case state::comment_bang: in_comment(in, out); break;
      case state::reference: in_reference(in, out); break;
      default: in_tag(in, out); break;
    }
  }
}

void html_tokenizer::finish(html_token_sink& out) {
  if (state_ == state::reference) {
    end_reference(false, '\0', out);
    held_size_ = 0;
    state_ = return_;
  }
  if (state_ == state::tag_open) out.characters("<");
  if (state_ == state::end_tag_open) out.characters("</");
  if (state_ == state::data && held_size_ > 0) out.characters({held_, held_size_});
  if (state_ >= state::comment_start && state_ <= state::comment_bang) out.comment({}, true);
  start();
}

void html_tokenizer::in_data(byte_view& in, html_token_sink& out) {
  const std::size_t n = find_either(in, '<', '&');
  if (n > 0) out.characters(in.substr(0, n));
  in.remove_prefix(n);
  if (in.empty()) return;
  held_size_ = 0;
  if (in.front() == '<') {
    state_ = state::tag_open;
  } else {
    return_ = state::data;
    state_ = state::reference;
  }
  in.remove_prefix(1);
}

// Inside <title>, <textarea>, <style>, <script>: only the matching end tag counts, and references in rcdata.
void html_tokenizer::in_raw(byte_view& in, html_token_sink& out) {
  if (held_size_ == 0) {
    const std::size_t n = content_ == content::plaintext ? in.size() : find_either(in, '<', content_ == content::rcdata ? '&' : '<');
    if (n > 0) out.characters(in.substr(0, n));
    in.remove_prefix(n);
    if (in.empty()) return;
    if (in.front() == '&') {
      in.remove_prefix(1);
      return_ = state::data;
      state_ = state::reference;
      return;
    }
    held_[held_size_++] = '<';
    in.remove_prefix(1);
    return;
  }
  const char c = in.front();
  const std::size_t at = held_size_;
  if (at == 1 ? c == '/' : at - 2 < raw_size_ && ascii::lower(c) == raw_name_[at - 2]) {
    held_[held_size_++] = c;
    in.remove_prefix(1);
    return;
  }
  if (at == 2u + raw_size_ && (blank(c) || c == '/' || c == '>')) {
    std::memcpy(name_, raw_name_, raw_size_);
    name_size_ = raw_size_;
    end_tag_ = true;
    tag_reported_ = false;
    held_size_ = 0;
    content_ = content::normal;
    state_ = state::tag_name;
    return;
  }
  out.characters({held_, held_size_});  // no end tag; `c` is read again
  held_size_ = 0;
}

void html_tokenizer::tag_opened(byte_view& in, html_token_sink& out) {
  const char c = in.front();
  if (ascii::is_alpha(c)) {
    end_tag_ = state_ == state::end_tag_open;
    name_size_ = 0;
    tag_reported_ = false;
    state_ = state::tag_name;
  } else if (state_ == state::end_tag_open) {
    state_ = c == '>' ? state::data : state::bogus;  // "</>" is dropped
    if (c == '>') in.remove_prefix(1);
  } else if (c == '/') {
    state_ = state::end_tag_open;
    in.remove_prefix(1);
  } else if (c == '!') {
    state_ = state::markup;
    held_size_ = 0;
    in.remove_prefix(1);
  } else if (c == '?') {
    state_ = state::bogus;
  } else {
    out.characters("<");
    state_ = state::data;
  }
}

void html_tokenizer::add_name(char c) {
  if (name_size_ < name_bytes) name_[name_size_++] = ascii::lower(c);
}

void html_tokenizer::begin_attribute(html_token_sink& out) {
  wanted_ = !end_tag_ && name_size_ > 0 && out.attribute({name_, name_size_});
}

void html_tokenizer::end_attribute(html_token_sink& out) {
  if (wanted_) out.attribute_end();
  wanted_ = false;
}

void html_tokenizer::end_tag(html_token_sink& out, bool self_closing) {
  content_ = out.tag_end(self_closing);
  if (end_tag_) content_ = content::normal;
  state_ = state::data;
  held_size_ = 0;
}

// Names and what stands between attributes.
void html_tokenizer::in_tag(byte_view& in, html_token_sink& out) {
  const bool naming = state_ == state::attribute_name;
  if (naming || state_ == state::tag_name) {
    std::size_t n = 0;
    const std::uint8_t end = naming ? ends_attribute : ends_tag;
    for (; n < in.size() && (ends[static_cast<unsigned char>(in[n])] & end) == 0; ++n)
      if (name_size_ < name_bytes) name_[name_size_++] = ascii::lower(in[n]);
    in.remove_prefix(n);
    if (in.empty()) return;
  }
  const char c = in.front();
  if (state_ == state::tag_name && !tag_reported_) {
    tag_reported_ = true;
    if (!end_tag_) std::memcpy(raw_name_, name_, name_size_), raw_size_ = name_size_;
    out.tag({name_, name_size_}, end_tag_);
  }
  if (naming) begin_attribute(out);
  const bool named = naming || state_ == state::after_attribute_name;
  if (state_ == state::before_value && !blank(c)) {
    if (c == '>') end_attribute(out), end_tag(out, false);
    else state_ = c == '"' ? state::value_double : c == '\'' ? state::value_single : state::value_bare;
    if (state_ != state::value_bare) in.remove_prefix(1);
    return;
  }
  if (state_ == state::self_closing && c == '>') {
    in.remove_prefix(1);
    return end_tag(out, true);
  }
  if (blank(c)) {
    if (state_ != state::before_value) state_ = named ? state::after_attribute_name : state::before_attribute;
  } else if (c == '=' && named) {
    state_ = state::before_value;
  } else {
    end_attribute(out);  // one without a value
    if (c == '>') {
      end_tag(out, false);
    } else if (c == '/') {
      state_ = state::self_closing;
    } else {
      state_ = state::attribute_name;
      name_size_ = 0;
      add_name(c);  // also a '=' in front of a name
    }
  }
  in.remove_prefix(1);
}

void html_tokenizer::in_value(byte_view& in, html_token_sink& out) {
  std::size_t n = 0;
  if (state_ == state::value_bare) {
    while (n < in.size() && !blank(in[n]) && in[n] != '>' && in[n] != '&') ++n;
  } else {
    const char quote = state_ == state::value_double ? '"' : '\'';
    if (wanted_) {
      n = find_either(in, quote, '&');
    } else {
      const std::size_t end = in.find(quote);
      n = end == byte_view::npos ? in.size() : end;
    }
  }
  if (n > 0 && wanted_) out.attribute_text(in.substr(0, n));
  in.remove_prefix(n);
  if (in.empty()) return;
  const char c = in.front();
  if (c == '&') {
    in.remove_prefix(1);
    held_size_ = 0;
    return_ = state_;
    state_ = state::reference;
    return;
  }
  end_attribute(out);
  const bool bare = state_ == state::value_bare;
  state_ = state::before_attribute;
  if (!bare) in.remove_prefix(1);
}

// After "<!": a comment, or something that is dropped up to '>'.
void html_tokenizer::in_markup(byte_view& in, html_token_sink&) {
  if (state_ == state::markup) {
    const char c = in.front();
    if (c == '-') {
      in.remove_prefix(1);
      if (++held_size_ == 2) state_ = state::comment_start, held_size_ = 0;
      return;
    }
    state_ = state::bogus;
    held_size_ = 0;
  }
  const std::size_t end = in.find('>');
  if (end == byte_view::npos) {
    in = {};
  } else {
    in.remove_prefix(end + 1);
    state_ = state::data;
  }
}

void html_tokenizer::in_comment(byte_view& in, html_token_sink& out) {
  if (state_ == state::comment) {
    const std::size_t n = in.find('-');
    const byte_view run = in.substr(0, n);
    if (!run.empty()) out.comment(run, false);
    in.remove_prefix(run.size());
    if (in.empty()) return;
    in.remove_prefix(1);
    state_ = state::comment_dash;
    return;
  }
  const char c = in.front();
  const auto back = [&](byte_view lost) {
    if (!lost.empty()) out.comment(lost, false);
    state_ = state::comment;
  };
  const auto close = [&] {
    out.comment({}, true);
    state_ = state::data;
    held_size_ = 0;
    in.remove_prefix(1);
  };
  switch (state_) {
    case state::comment_start:
      if (c == '>') return close();
      if (c != '-') return back({});
      state_ = state::comment_start_dash;
      break;
    case state::comment_start_dash:
      if (c == '>') return close();
      if (c != '-') return back("-");
      state_ = state::comment_end;
      break;
    case state::comment_dash:
      if (c != '-') return back("-");
      state_ = state::comment_end;
      break;
    case state::comment_end:
      if (c == '>') return close();
      if (c == '!') {
        state_ = state::comment_bang;
      } else if (c == '-') {
        out.comment("-", false);
      } else {
        return back("--");
      }
      break;
    default:  // comment_bang
      if (c == '>') return close();
      if (c != '-') return back("--!");
      out.comment("--!", false);
      state_ = state::comment_dash;
      break;
  }
  in.remove_prefix(1);
}

void html_tokenizer::text(byte_view piece, html_token_sink& out) {
  if (piece.empty()) return;
  if (return_ == state::data) out.characters(piece);
  else if (wanted_) out.attribute_text(piece);
}

// Collects the reference without '&': letters and digits, or "#", "#x" and digits.
void html_tokenizer::in_reference(byte_view& in, html_token_sink& out) {
  const char c = in.front();
  const bool numeric = held_size_ > 0 && held_[0] == '#';
  const bool hex = held_size_ > 1 && numeric && (held_[1] == 'x' || held_[1] == 'X');
  const char low = ascii::lower(c);
  bool more = ascii::is_alnum(c);
  if (held_size_ == 0) more = more || c == '#';
  else if (held_size_ == 1 && numeric) more = ascii::is_digit(c) || low == 'x';
  else if (numeric) more = ascii::is_digit(c) || (hex && low >= 'a' && low <= 'f');
  if (more && numeric && held_size_ == sizeof held_) {  // leading zeros or an absurd number: drop a digit, keep it absurd
    const std::size_t first = hex ? 2 : 1;
    if (held_[first] == '0') std::memmove(held_ + first, held_ + first + 1, sizeof held_ - first - 1), --held_size_;
    else held_[first] = '9', --held_size_;
  }
  if (more && held_size_ < sizeof held_) {
    held_[held_size_++] = c;
    in.remove_prefix(1);
    return;
  }
  end_reference(c == ';', c, out);
  if (c == ';' && held_size_ == 0) in.remove_prefix(1);  // used up
  held_size_ = 0;
  state_ = return_;
}

// Reports what was held as decoded text; sets held_size_ to 0 when a ';' belongs to it.
void html_tokenizer::end_reference(bool semicolon, char next, html_token_sink& out) {
  const byte_view name{held_, held_size_};
  const bool numeric = !name.empty() && name[0] == '#';
  if (numeric) {
    const bool hex = name.size() > 1 && ascii::lower(name[1]) == 'x';
    const byte_view digits = name.substr(hex ? 2 : 1);
    std::uint32_t code = 0;
    for (const char d : digits) {
      const auto v = static_cast<std::uint32_t>(ascii::hex_value(d));
      code = code > 0x110000 ? code : code * (hex ? 16 : 10) + v;
    }
    if (!digits.empty()) {
      char room[4];
      text({room, utf8_buffer::encode(numeric_entity(code), room)}, out);
      held_size_ = 0;
      return;
    }
  } else if (!name.empty()) {
    const entity_match found = find_entity(name, semicolon);
    const bool with_semicolon = semicolon && found.length == name.size();
    const char after = found.length < name.size() ? name[found.length] : next;
    const bool in_attribute = return_ != state::data;
    if (!found.text.empty() && !(in_attribute && !with_semicolon && (after == '=' || ascii::is_alnum(after)))) {
      text(found.text, out);
      text(name.substr(found.length), out);
      held_size_ = with_semicolon ? 0 : 1;
      return;
    }
  }
  text("&", out);
  text(name, out);
  held_size_ = 1;
}

}  // namespace sluice::mime
