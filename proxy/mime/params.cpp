#include "mime/params.hpp"

#include <algorithm>
#include <cstring>

#include "core/ascii.hpp"
#include "core/utf8.hpp"
#include "mime/charset.hpp"
#include "mime/encoded_word.hpp"

namespace sluice::mime {
namespace {

// Length of the comment at the start of `in` (RFC 5322 3.2.2, nested); an unclosed one spans all.
std::size_t comment_length(byte_view in) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == '\\') ++i;
    else if (in[i] == '(') ++depth;
    else if (in[i] == ')' && --depth == 0) return i + 1;
  }
  return in.size();
}

bool skip_blanks(byte_view& in) {
  bool comment = false;
  while (!in.empty()) {
    if (ascii::is_space(in.front())) {
      in.remove_prefix(1);
    } else if (in.front() == '(') {
      in.remove_prefix(comment_length(in));
      comment = true;
    } else {
      break;
    }
  }
  return comment;
}

// Up to the next ';' outside of quotes.
std::size_t until_semicolon(byte_view in) {
  bool quoted = false;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == '\\' && quoted) ++i;
    else if (in[i] == '"') quoted = !quoted;
    else if (in[i] == ';' && !quoted) return i;
  }
  return in.size();
}

// Splits "name*0*" into its parts.
void split_name(byte_view name, param& out) {
  if (name.ends_with('*')) {
    out.encoded = true;
    name.remove_suffix(1);
  }
  const std::size_t star = name.rfind('*');
  if (star != byte_view::npos && star + 1 < name.size() && name.size() - star <= 5 &&
      std::all_of(name.begin() + static_cast<std::ptrdiff_t>(star) + 1, name.end(), ascii::is_digit)) {
    out.section = 0;
    for (const char c : name.substr(star + 1)) out.section = out.section * 10 + (c - '0');
    if (name[star + 1] == '0' && name.size() - star > 2) out.odd = true;  // leading zeros
    name = name.substr(0, star);
  }
  assign_cut(out.name, name);
}

// The name in front of '=', lower case, without blanks around it and without comments.
void read_name(byte_view text, param& out) {
  fixed_string<48> name;
  while (!text.empty()) {
    if (text.front() == '(') {
      out.odd = true;
      text.remove_prefix(comment_length(text));
      continue;
    }
    const char c = ascii::lower(text.front());
    append_cut(name, {&c, 1});
    text.remove_prefix(1);
  }
  byte_view word = ascii::trim(view(name));
  if (word.size() != name.size()) out.odd = true;
  // "junk name=value": the last word is the name, and some clients see it so.
  if (const std::size_t blank = word.find_last_of(" \t\r\n\"',"); blank != byte_view::npos && blank + 1 < word.size()) {
    word.remove_prefix(blank + 1);
    out.odd = true;
  }
  split_name(word, out);
}

// The value in quotes at the start of `in`; returns what it spans with the quotes.
std::size_t read_quoted(byte_view in, param& out) {
  out.quoted = true;
  for (std::size_t i = 1; i < in.size(); ++i) {
    if (in[i] == '\\') {
      ++i;
    } else if (in[i] == '"') {
      out.value = in.substr(1, i - 1);
      return i + 1;
    }
  }
  out.value = in.substr(1);
  out.odd = true;  // no closing quote
  return in.size();
}

// The value without quotes: up to ';', or up to a blank when another "name=" follows the blank (a forgotten ';').
std::size_t read_token(byte_view in, param& out) {
  std::size_t end = until_semicolon(in);
  const byte_view all = ascii::trim(in.substr(0, end));
  out.value = all;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] == '(') {  // a comment, or a name like "report (1).pdf"
      out.odd = true;
      if (i == 0 || !ascii::is_space(all[i - 1])) continue;
      out.value = ascii::trim(all.substr(0, i));
      return end;
    }
    if (!ascii::is_space(all[i])) continue;
    const byte_view after = ascii::trim(all.substr(i));
    const std::size_t equal = after.find('=');
    out.odd = true;
    if (equal == byte_view::npos || equal == 0 || after.substr(0, equal).find_first_of(" \t\"?()") != byte_view::npos) continue;
    out.value = all.substr(0, i);
    return static_cast<std::size_t>(after.data() - in.data());
  }
  return end;
}

// "name=file;.zip": what follows the ';' is no parameter, and some clients take it for a part of the value.
void take_junk(byte_view rest, param& out) {
  if (rest.empty() || rest.front() != ';') return;
  const byte_view segment = rest.substr(1, until_semicolon(rest.substr(1)));
  if (ascii::trim(segment).empty() || segment.find('=') != byte_view::npos || segment.find('(') != byte_view::npos) return;
  out.odd = true;
  out.raw = {out.raw.data(), static_cast<std::size_t>(segment.data() + segment.size() - out.raw.data())};
}

}  // namespace

bool param_reader::next(param& out) {
  while (true) {
    bool comment = false;
    while (!rest_.empty() && (rest_.front() == ';' || ascii::is_space(rest_.front()) || rest_.front() == '(')) {
      if (rest_.front() == ';') rest_.remove_prefix(1);
      comment = skip_blanks(rest_) || comment;
    }
    if (rest_.empty()) return false;
    out = param{};
    out.odd = comment;
    const std::size_t part = until_semicolon(rest_);
    const std::size_t equal = rest_.substr(0, part).find('=');
    if (equal == byte_view::npos) {  // junk without '='
      rest_.remove_prefix(part);
      continue;
    }
    read_name(rest_.substr(0, equal), out);
    byte_view value = rest_.substr(equal + 1);
    out.raw = ascii::trim(value.substr(0, until_semicolon(value)));
    if (skip_blanks(value)) out.odd = true;
    if (!value.empty() && value.front() == '"') {
      const std::size_t used = read_quoted(value, out);
      value.remove_prefix(used);
      const std::size_t junk = until_semicolon(value);
      if (!ascii::trim(value.substr(0, junk)).empty()) out.odd = true;
      byte_view left = value.substr(0, junk);
      skip_blanks(left);
      // Junk that is a parameter of its own is read as one; other junk is passed over.
      rest_ = left.find('=') != byte_view::npos ? byte_view{left.data(), static_cast<std::size_t>(rest_.data() + rest_.size() - left.data())}
                                                : value.substr(junk);
    } else {
      const std::size_t used = read_token(value, out);
      rest_ = value.substr(used);
      if (out.name.empty() || out.value.empty()) continue;
    }
    if (out.name.empty()) continue;
    take_junk(rest_, out);
    return true;
  }
}

field_head read_head(byte_view value) {
  field_head head;
  bool blank = false;
  while (!value.empty() && value.front() != ';') {
    const char c = value.front();
    if (c == '(') {
      value.remove_prefix(comment_length(value));
      head.odd = blank = true;
    } else if (ascii::is_space(c)) {
      blank = true;
      value.remove_prefix(1);
    } else {
      const bool slash = c == '/' || (!head.token.empty() && head.token[head.token.size() - 1] == '/');
      if (blank && !head.token.empty() && !slash) {  // a second word: parameters without the ';', or junk
        head.odd = true;
        break;
      }
      if (blank && !head.token.empty()) head.odd = true;
      blank = false;
      if (c == '"' || static_cast<unsigned char>(c) < 0x20) head.odd = true;
      else if (head.token.size() < head.token.capacity()) head.token.push_back(ascii::lower(c));
      else head.odd = true;
      value.remove_prefix(1);
    }
  }
  head.params = value;
  return head;
}

}  // namespace sluice::mime
