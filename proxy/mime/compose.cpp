#include "mime/compose.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "core/utf8.hpp"

namespace sluice::mime {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

void append_hex(std::string& out, char escape, char c) {
  const auto octet = static_cast<unsigned char>(c);
  out += escape;
  out += hex_digits[octet >> 4];
  out += hex_digits[octet & 15];
}

// One line, without control characters.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return out;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Text that a reader would take for an encoded word must become one.
bool is_plain(std::string_view line) { return is_ascii(line) && line.find("=?") == std::string_view::npos; }

// "=?utf-8?q?...?=" words, each with whole characters and at most 75 octets; broken octets become U+FFFD.
std::string encoded_words(std::string_view text) {
  constexpr std::string_view begin = "=?utf-8?q?", end = "?=";
  constexpr std::size_t room = 60 - begin.size() - end.size();  // the first one has the name before it
  std::string out, word;
  const auto flush = [&] {
    if (word.empty()) return;
    append_to(out, (out.empty() ? "" : " "), begin, word, end);
    word.clear();
  };
  while (!text.empty()) {
    const utf8::decoded d = utf8::decode(text);
    const std::string_view octets = d.valid ? text.substr(0, d.length) : std::string_view("\xEF\xBF\xBD");
    std::string one;
    for (const char c : octets) {
      if (ascii::is_alnum(c)) one += c;  // the narrowest set, good in phrases too (RFC 2047 section 5)
      else if (c == ' ') one += '_';
      else append_hex(one, '=', c);
    }
    if (word.size() + one.size() > room) flush();
    word += one;
    text.remove_prefix(d.length);
  }
  flush();
  return out;
}

// Breaks before a space where a line would be too long; words longer than a line stay whole.
std::string folded(std::string_view name, std::string_view value) {
  std::string out = concat(name, ":");
  std::size_t column = out.size();
  while (!value.empty()) {
    std::size_t end = value.find(' ', 1);
    if (end == std::string_view::npos) end = value.size();
    const std::string_view word = value.substr(0, end);
    const bool spaced = word.front() == ' ';
    if (column + word.size() + (spaced ? 0 : 1) > composed_line_octets && column > name.size() + 1) {
      out += "\r\n";
      column = 0;
    }
    if (!spaced) out += ' ';
    out += word;
    column += word.size() + (spaced ? 0 : 1);
    value.remove_prefix(end);
  }
  return concat(out, "\r\n");
}

// Runs of spaces, and those at the ends, are one or none: a folded line of white space only would end the header.
std::string single_spaced(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c;
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

std::string composed_field(std::string_view name, std::string_view ascii_value) {
  return folded(name, single_spaced(one_line(ascii_value)));
}

std::string composed_text_field(std::string_view name, std::string_view utf8_text) {
  const std::string line = single_spaced(one_line(utf8_text));
  // A word without spaces that is longer than a line may have is encoded too, because encoded words can be folded.
  std::size_t longest = 0, run = 0;
  for (const char c : line) longest = std::max(longest, run = c == ' ' ? 0 : run + 1);
  return folded(name, is_plain(line) && longest <= composed_line_octets ? line : encoded_words(line));
}

std::string composed_mailbox(std::string_view utf8_name, std::string_view address) {
  const std::string name = single_spaced(one_line(utf8_name)), plain = one_line(address);
  if (name.empty()) return plain;
  if (!is_plain(name)) return concat(encoded_words(name), " <", plain, ">");
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return concat(out, "\" <", plain, ">");
}

std::string composed_message_head(const composed_head& h) {
  const std::string domain(h.from.substr(h.from.rfind('@') + 1));
  return concat(composed_field("From", composed_mailbox(h.from_name, h.from)), composed_field("To", composed_mailbox({}, h.to)),
         composed_text_field("Subject", h.subject), composed_field("Date", h.date),
         composed_field("Message-ID", concat("<", h.unique, "@", domain, ">")),
         composed_field("Auto-Submitted", h.auto_submitted), composed_field("MIME-Version", "1.0"));
}

std::string composed_text_part(std::string_view type, std::string_view utf8_text) {
  return concat(composed_field("Content-Type", concat(type, "; charset=utf-8")),
         composed_field("Content-Transfer-Encoding", "quoted-printable"), "\r\n", quoted_printable(utf8_text));
}

std::string quoted_printable(std::string_view text) {
  std::string out, line;
  // A soft break keeps lines at 76 octets with its "=" (RFC 2045 section 6.7).
  const auto add = [&](std::string_view one) {
    if (line.size() + one.size() > composed_line_octets - 1) {
      append_to(out, line, "=\r\n");
      line.clear();
    }
    line += one;
  };
  const auto end_line = [&] {
    if (!line.empty() && line.back() == ' ') {  // white space at the end of a line may be lost on the way
      line.pop_back();
      add("=20");
    }
    append_to(out, line, "\r\n");
    line.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (c == '\n') {
      end_line();
    } else if ((c >= 0x21 && c <= 0x7e && c != '=' && !(c == '.' && line.empty())) || c == ' ') {
      add({&c, 1});
    } else {
      std::string one;
      append_hex(one, '=', c);
      add(one);
    }
  }
  if (!line.empty()) end_line();
  return out;
}

std::string composed_delimiter(std::string_view boundary) { return concat("--", boundary, "\r\n"); }

std::string composed_end(std::string_view boundary) { return concat("--", boundary, "--\r\n"); }

}  // namespace sluice::mime
