// Who wrote it; see author.hpp.
#include "auth/common/author.hpp"

#include "auth/common/base64.hpp"
#include "auth/common/idna.hpp"
#include "core/ascii.hpp"
#include "core/hex_digit.hpp"

namespace sluice::auth {
namespace {

constexpr int max_comment_depth = 16;
constexpr std::size_t max_encoded_word = 998;  // a line; RFC 2047 2 allows 75, and readers are not that strict

// What may stand in an unquoted display name besides atoms: real mail has it, and no reader takes it for an address.
constexpr bool is_phrase_char(char c) {
  return static_cast<unsigned char>(c) > ' ' && c != 0x7f && c != '<' && c != '>' && c != ',' && c != ';' && c != '"' &&
         c != '(' && c != ')' && c != '\\';
}

constexpr bool is_atom_char(char c) {
  return is_phrase_char(c) && c != '@' && c != '[' && c != ']' && c != ':';
}

// An encoded word (RFC 2047) at the start of `text` that holds an address with brackets, a comma or a NUL: a reader that
// decodes before it parses sees that address instead of the one behind it. The character set does not matter here.
bool hides_address(byte_view text) {
  if (text.substr(0, 2) != "=?") return false;
  text = text.substr(0, max_encoded_word);
  const std::size_t charset = text.find('?', 2), start = charset == byte_view::npos ? charset : charset + 3;
  if (start == byte_view::npos || start > text.size() || text[start - 1] != '?') return false;
  const std::size_t end = text.find("?=", start);
  if (end == byte_view::npos) return false;
  const byte_view word = text.substr(start, end - start);
  fixed_vector<char, max_encoded_word> decoded;
  decoded.resize(decoded.capacity());
  std::size_t size = 0;
  if (ascii::lower(text[charset + 1]) == 'b') {
    if (!decode_base64(word, {decoded.data(), decoded.size()}, size)) return false;
  } else {
    for (std::size_t i = 0; i < word.size() && size < decoded.size(); ++i) {
      char c = word[i];
      if (c == '=' && i + 2 < word.size() && ascii::hex_value(word[i + 1]) >= 0 && ascii::hex_value(word[i + 2]) >= 0) {
        c = static_cast<char>(ascii::hex_value(word[i + 1]) << 4 | ascii::hex_value(word[i + 2]));
        i += 2;
      }
      decoded[size++] = c;
    }
  }
  const byte_view shown{decoded.data(), size};
  return shown.find('@') != byte_view::npos && shown.find_first_of(byte_view("<>,\0", 4)) != byte_view::npos;
}

class from_parser {
 public:
  explicit from_parser(byte_view text) : rest_(text) {}

  // mailbox *("," mailbox); the domains are compared as they come.
  author parse() {
    author out;
    bool any = false;
    for (;;) {
      if (!skip_cfws()) return broken();
      if (rest_.empty()) break;
      if (take(',')) continue;  // obs-mbox-list
      dns::name_text domain;
      if (!mailbox(domain) || !skip_cfws()) return broken();
      if (!rest_.empty() && rest_[0] != ',') return broken();
      if (any && view(domain) != view(out.domain)) return {author_state::several, {}};
      out.domain = domain;
      any = true;
    }
    out.state = any ? author_state::one : author_state::missing;
    return out;
  }

 private:
  static author broken() { return {author_state::malformed, {}}; }

  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool skip_cfws() {
    for (;;) {
      while (!rest_.empty() && ascii::is_space(rest_[0])) rest_.remove_prefix(1);
      if (rest_.empty() || rest_[0] != '(') return true;
      if (!skip_comment()) return false;
    }
  }

  bool skip_comment() {
    int depth = 0;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') ++i;
      else if (rest_[i] == '(' && ++depth > max_comment_depth) return false;
      else if (rest_[i] == ')' && --depth == 0) {
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  bool skip_quoted() {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') ++i;
      else if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  bool skip_dot_atom() {
    std::size_t n = 0;
    while (n < rest_.size() && is_atom_char(rest_[n])) ++n;
    const byte_view atom = rest_.substr(0, n);
    if (atom.empty() || atom.front() == '.' || atom.back() == '.' || atom.find("..") != byte_view::npos) return false;
    rest_.remove_prefix(n);
    return true;
  }

  // local-part "@" domain, without anything between.
  bool addr_spec(dns::name_text& domain) {
    if (rest_.empty()) return false;
    if (!(rest_[0] == '"' ? skip_quoted() : skip_dot_atom())) return false;
    if (!take('@')) return false;
    std::size_t n = 0;
    while (n < rest_.size() && is_atom_char(rest_[n])) ++n;
    const bool good = to_ascii_domain(rest_.substr(0, n), domain) && dns::label_count(view(domain)) > 1;
    rest_.remove_prefix(n);
    return good;
  }

  // A bare address, or an optional phrase and an address in angle brackets. An '@' in the phrase is only fine when
  // brackets follow; then every reader takes what is inside.
  bool mailbox(dns::name_text& domain) {
    const byte_view begin = rest_;
    if (rest_[0] != '<' && addr_spec(domain) && skip_cfws() && (rest_.empty() || rest_[0] == ',')) return true;
    rest_ = begin;
    while (!rest_.empty() && rest_[0] != '<') {
      if (rest_[0] == '"') {
        if (!skip_quoted()) return false;
      } else if (is_phrase_char(rest_[0])) {
        if (hides_address(rest_)) return false;
        rest_.remove_prefix(1);
      } else if (!ascii::is_space(rest_[0]) && rest_[0] != '(') {
        return false;
      }
      if (!skip_cfws()) return false;
    }
    if (!take('<')) return false;
    while (!rest_.empty() && ascii::is_space(rest_[0])) rest_.remove_prefix(1);
    if (!addr_spec(domain)) return false;
    while (!rest_.empty() && ascii::is_space(rest_[0])) rest_.remove_prefix(1);
    return take('>');
  }

  byte_view rest_;
};

// A line that is no field by the rules, but that begins like a From for a reader that is less strict.
bool looks_like_from(byte_view raw) {
  raw = ascii::trim(raw);
  if (!ascii::istarts_with(raw, "from")) return false;
  raw.remove_prefix(4);
  return raw.empty() || raw[0] == ':' || ascii::is_space(raw[0]) || static_cast<unsigned char>(raw[0]) < ' ';
}

}  // namespace

const char* name_of(author_state s) {
  switch (s) {
    case author_state::one: return "one author domain";
    case author_state::missing: return "no From address";
    case author_state::several: return "more than one author domain";
    case author_state::malformed: return "From is malformed";
  }
  return "?";
}

author parse_author(byte_view value) { return from_parser(value).parse(); }

author find_author(const header_index& header) {
  author found;
  std::size_t count = 0;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const header_field f = header[i];
    const bool proper = ascii::iequals(f.name, "from") && f.raw.size() > 4 && f.raw[4] == ':';
    if (!proper && !looks_like_from(f.raw)) continue;
    ++count;
    found = proper ? parse_author(f.value) : author{author_state::malformed, {}};
  }
  if (count > 1) return {author_state::several, {}};
  return found;
}

}  // namespace sluice::auth
