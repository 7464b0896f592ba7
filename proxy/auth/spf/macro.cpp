// SPF macros; see macro.hpp.
#include "auth/spf/macro.hpp"

#include <algorithm>
#include <charconv>

#include "core/ascii.hpp"

namespace sluice::auth::spf {
namespace {

constexpr byte_view delimiters = ".-+,/_=";

struct macro {
  char letter = 0;  // lower case; or '%', '_', '-' for the three escapes
  bool escape = false;  // upper-case letter: URL-escaped result
  bool reverse = false;
  unsigned keep = 128;  // rightmost parts to keep; a name has no more
  byte_view split = ".";
};

// Reads the macro at the start of `text`, which begins with '%', and takes it off.
bool read_macro(byte_view& text, bool explanation, macro& out) {
  if (text.size() < 2) return false;
  out = {};
  if (text[1] != '{') {
    out.letter = text[1];
    text.remove_prefix(2);
    return out.letter == '%' || out.letter == '_' || out.letter == '-';
  }
  const std::size_t end = text.find('}');
  if (end == byte_view::npos || end < 3) return false;
  byte_view inside = text.substr(2, end - 2);
  text.remove_prefix(end + 1);
  out.letter = ascii::lower(inside[0]);
  out.escape = out.letter != inside[0];
  const byte_view letters = explanation ? "slodiphvcrt" : "slodiphv";
  if (letters.find(out.letter) == byte_view::npos) return false;
  inside.remove_prefix(1);
  std::size_t digits = 0;
  while (digits < inside.size() && ascii::is_digit(inside[digits])) ++digits;
  if (digits > 0) {
    const auto [stop, error] = std::from_chars(inside.data(), inside.data() + digits, out.keep);
    if (error != std::errc{}) out.keep = 128;  // more parts than any name has
    if (out.keep == 0) return false;           // 7.1: "must be nonzero"
    inside.remove_prefix(digits);
  }
  if (!inside.empty() && ascii::lower(inside[0]) == 'r') {
    out.reverse = true;
    inside.remove_prefix(1);
  }
  if (inside.find_first_not_of(delimiters) != byte_view::npos) return false;
  if (!inside.empty()) out.split = inside;
  return true;
}

// Collects an expansion. For names the rightmost octets count, so the front goes when it is full.
class sink {
 public:
  explicit sink(bool keep_end) : keep_end_(keep_end) {}

  void put(char c) {
    if (text_.size() == text_.max_size()) {
      if (!keep_end_) return;
      text_.erase(0, text_.max_size() / 2);
      cut_ = true;
    }
    text_.push_back(c);
  }
  void put(byte_view s) {
    for (const char c : s) put(c);
  }
  byte_view text() const { return view(text_); }
  bool cut() const { return cut_; }

 private:
  fixed_string<2 * (dns::limits::name_bytes + 3)> text_;
  bool keep_end_, cut_ = false;
};

void put_escaped(byte_view text, bool escape, sink& out) {
  static constexpr char hex[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (!escape || ascii::is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out.put(c);
    } else {
      out.put('%');
      out.put(hex[static_cast<unsigned char>(c) >> 4]);
      out.put(hex[static_cast<unsigned char>(c) & 15]);
    }
  }
}

// Splits `value`, keeps the rightmost parts after the optional reversal, joins them with dots (7.1, 7.3).
void put_transformed(byte_view value, const macro& m, sink& out) {
  struct part {
    std::uint16_t at, size;
  };
  fixed_vector<part, 176> parts;  // a sender of 320 octets that is delimiters only has more: the rest is one part
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= value.size(); ++i) {
    const bool last = i == value.size();
    if (!last && (m.split.find(value[i]) == byte_view::npos || parts.size() + 1 == parts.capacity())) continue;
    parts.push_back({static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(i - begin)});
    begin = i + 1;
  }
  const std::size_t count = parts.size();
  const std::size_t keep = m.keep < count ? m.keep : count;
  for (std::size_t k = count - keep; k < count; ++k) {
    const part& p = parts[m.reverse ? count - 1 - k : k];
    if (k != count - keep) out.put('.');
    put_escaped(value.substr(p.at, p.size), m.escape, out);
  }
}

void put_macro(const macro& m, const macro_facts& facts, sink& out) {
  fixed_string<limits::sender_bytes> sender;
  char number[24];
  ip_text address;
  fixed_string<63> nibbles;
  byte_view value;
  switch (m.letter) {
    case '%': return out.put('%');
    case '_': return out.put(' ');
    case '-': return out.put("%20");
    case 's':
      append_cut(sender, facts.local_part);
      append_cut(sender, "@");
      append_cut(sender, facts.sender_domain);
      value = view(sender);
      break;
    case 'l': value = facts.local_part; break;
    case 'o': value = facts.sender_domain; break;
    case 'd': value = facts.domain; break;
    case 'h': value = facts.helo; break;
    case 'p': value = facts.validated.empty() ? byte_view("unknown") : facts.validated; break;
    case 'r': value = facts.receiver.empty() ? byte_view("unknown") : facts.receiver; break;
    case 'v': value = facts.client.v6 ? "ip6" : "in-addr"; break;
    case 't': value = {number, static_cast<std::size_t>(std::to_chars(number, number + sizeof number, facts.now).ptr - number)}; break;
    case 'c':
    case 'i':
      address = to_text(facts.client);
      value = view(address);
      if (m.letter == 'i' && facts.client.v6) {  // nibbles in reading order (7.3)
        nibbles = reversed_labels(facts.client);
        std::reverse(nibbles.begin(), nibbles.end());
        for (char& c : nibbles) c = ascii::upper(c);
        value = view(nibbles);
      }
      break;
    default: return;
  }
  put_transformed(value.substr(0, limits::sender_bytes), m, out);
}

void expand(byte_view text, const macro_facts& facts, bool explanation, sink& out) {
  while (!text.empty()) {
    macro m;
    if (text[0] != '%') {
      out.put(text[0]);
      text.remove_prefix(1);
    } else if (read_macro(text, explanation, m)) {
      put_macro(m, facts, out);
    } else {
      return;
    }
  }
}

// toplabel of 7.1: letters, digits and inner hyphens, not digits alone.
bool is_top_label(byte_view label) {
  if (label.empty() || label.front() == '-' || label.back() == '-') return false;
  bool all_digits = true;
  for (const char c : label) {
    if (!ascii::is_alnum(c) && c != '-') return false;
    all_digits = all_digits && ascii::is_digit(c);
  }
  return !all_digits;
}

}  // namespace

bool valid_macro_string(byte_view text, bool explanation) {
  while (!text.empty()) {
    macro m;
    if (text[0] == '%') {
      if (!read_macro(text, explanation, m)) return false;
    } else {
      const bool visible = text[0] > ' ' && text[0] < 0x7f;
      if (!visible && !(explanation && text[0] == ' ')) return false;
      text.remove_prefix(1);
    }
  }
  return true;
}

bool valid_domain_spec(byte_view text) {
  if (!valid_macro_string(text)) return false;
  byte_view tail = text;  // behind the last macro
  for (byte_view rest = text; !rest.empty();) {
    macro m;
    if (rest[0] == '%') {
      read_macro(rest, false, m);
      tail = rest;
    } else {
      rest.remove_prefix(1);
    }
  }
  if (tail.empty()) return !text.empty();
  tail = dns::strip_dot(tail);
  const std::size_t dot = tail.rfind('.');
  return dot != byte_view::npos && is_top_label(tail.substr(dot + 1));
}

bool uses_validated_name(byte_view text) {
  while (!text.empty()) {
    macro m;
    if (text[0] != '%') text.remove_prefix(1);
    else if (!read_macro(text, true, m)) return false;
    else if (m.letter == 'p') return true;
  }
  return false;
}

void expand_name(byte_view spec, const macro_facts& facts, dns::name_text& out) {
  sink expanded(true);
  expand(spec, facts, false, expanded);
  byte_view name = dns::strip_dot(expanded.text());
  if (expanded.cut() && name.size() <= out.max_size()) name = dns::parent_of(name);
  while (name.size() > out.max_size()) name = dns::parent_of(name);
  out.assign(name.data(), name.size());
}

void expand_explanation(byte_view text, const macro_facts& facts, fixed_string<limits::spf_explanation_bytes>& out) {
  sink expanded(false);
  expand(text, facts, true, expanded);
  out.clear();
  for (const char c : expanded.text())
    if (c >= ' ' && c < 0x7f && out.size() < out.max_size()) out.push_back(c);
}

}  // namespace sluice::auth::spf
