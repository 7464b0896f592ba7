// Names of the extensions, our EHLO reply and the reading of others'.
#include "smtp/extension_set.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "core/ascii.hpp"
#include "smtp/limits.hpp"

namespace sluice::smtp {
namespace {

constexpr const char* keywords[] = {"PIPELINING",          "SIZE",     "8BITMIME", "SMTPUTF8", "DSN",
                                    "ENHANCEDSTATUSCODES", "CHUNKING", "STARTTLS", "XCLIENT",  "XFORWARD"};
static_assert(std::size(keywords) == static_cast<std::size_t>(extension::count_));

constexpr const char* attribute_names[] = {"NAME",  "ADDR",     "PORT",     "PROTO", "HELO",
                                           "LOGIN", "DESTADDR", "DESTPORT", "IDENT", "SOURCE"};
static_assert(std::size(attribute_names) == client_attributes);

// The next word of `line`, separated by blanks; empty at its end.
byte_view take_word(byte_view& line) {
  while (!line.empty() && ascii::is_blank(line.front())) line.remove_prefix(1);
  std::size_t n = 0;
  while (n < line.size() && !ascii::is_blank(line[n])) ++n;
  const byte_view word = line.substr(0, n);
  line.remove_prefix(n);
  return word;
}

std::uint16_t attributes_in(byte_view words) {
  unsigned bits = 0;
  for (byte_view word = take_word(words); !word.empty(); word = take_word(words))
    for (std::size_t i = 0; i < client_attributes; ++i)
      if (ascii::iequals(word, attribute_names[i])) bits |= 1U << i;
  return static_cast<std::uint16_t>(bits);
}

// A number that is no number or too large counts as "no limit stated" (RFC 1870 4: the parameter is optional).
std::uint64_t size_in(byte_view words) {
  const byte_view word = take_word(words);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc{} && end == word.data() + word.size() ? value : 0;
}

class line_writer {
 public:
  explicit line_writer(byte_span out) : out_(out) {}
  void text(byte_view s) {
    if (s.size() > out_.size() - at_) {
      full_ = true;
      return;
    }
    std::memcpy(out_.data() + at_, s.data(), s.size());
    at_ += s.size();
  }
  void number(std::uint64_t value) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    text({digits, static_cast<std::size_t>(end - digits)});
  }
  std::size_t size() const { return full_ ? 0 : at_; }

 private:
  byte_span out_;
  std::size_t at_ = 0;
  bool full_ = false;
};

void write_attributes(line_writer& out, std::uint16_t bits) {
  for (std::size_t i = 0; i < client_attributes; ++i) {
    if (((bits >> i) & 1U) == 0) continue;
    out.text(" ");
    out.text(attribute_names[i]);
  }
}

}  // namespace

const char* keyword_of(extension e) { return e < extension::count_ ? keywords[static_cast<std::size_t>(e)] : ""; }
const char* keyword_of(client_attribute a) { return attribute_names[static_cast<std::size_t>(a)]; }

extension_set mirrored(const extension_set& own, const extension_set& other) {
  extension_set result = own;
  for (extension e : {extension::eight_bit_mime, extension::smtputf8, extension::dsn})
    if (!other.has(e)) result.remove(e);
  if (other.has(extension::size) && other.size_limit != 0)
    result.size_limit = own.size_limit == 0 ? other.size_limit : std::min(own.size_limit, other.size_limit);
  return result;
}

void add_ehlo_line(extension_set& set, byte_view line) {
  const byte_view keyword = take_word(line);
  for (std::size_t i = 0; i < std::size(keywords); ++i) {
    if (!ascii::iequals(keyword, keywords[i])) continue;
    const auto e = static_cast<extension>(i);
    set.add(e);
    if (e == extension::size) set.size_limit = size_in(line);
    if (e == extension::xclient) set.xclient = attributes_in(line);
    if (e == extension::xforward) set.xforward = attributes_in(line);
    return;
  }
}

std::size_t write_ehlo_lines(const extension_set& set, byte_view hostname, byte_span out) {
  line_writer lines(out);
  lines.text(hostname);
  for (std::size_t i = 0; i < std::size(keywords); ++i) {
    const auto e = static_cast<extension>(i);
    if (!set.has(e)) continue;
    lines.text("\n");
    lines.text(keywords[i]);
    if (e == extension::size && set.size_limit != 0) {
      lines.text(" ");
      lines.number(set.size_limit);
    }
    if (e == extension::xclient) write_attributes(lines, set.xclient);
    if (e == extension::xforward) write_attributes(lines, set.xforward);
  }
  return lines.size();
}

}  // namespace sluice::smtp
