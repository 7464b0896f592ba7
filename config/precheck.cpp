// A lexer that knows just enough of TOML 1.0 to tell strings and comments from the rest.
#include "config/precheck.hpp"

#include <algorithm>
#include <array>

#include "config/ascii.hpp"
#include "config/value_text.hpp"

namespace sluice::config {
namespace {

enum class within : std::uint8_t { bare, comment, basic, literal, long_basic, long_literal };

class scanner {
 public:
  explicit scanner(std::string_view text) : text_(text) {}

  std::vector<problem> run() {
    while (at_ < text_.size() && found_.size() < max_problems) step();
    return std::move(found_);
  }

  unsigned depth_before(std::uint32_t line) {
    while (at_ < text_.size() && line_ < line) step();
    return depth_;
  }

 private:
  void step() {
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '\n') return new_line();
    if (c == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') return advance(1);
    if (c >= 0x80) return beyond_ascii();
    if ((c < 0x20 && c != '\t') || c == 0x7f) {
      report("control character " + quoted(text_.substr(at_, 1)), "remove it; in a string write the escape");
      return advance(1);
    }
    switch (where_) {
      case within::bare:
        return bare(static_cast<char>(c));
      case within::comment:
        return advance(1);
      case within::basic:
      case within::long_basic:
        if (c == '\\' && at_ + 1 < text_.size() && static_cast<unsigned char>(text_[at_ + 1]) >= 0x20 &&
            static_cast<unsigned char>(text_[at_ + 1]) < 0x7f)
          return advance(2);
        return maybe_end('"', where_ == within::long_basic);
      case within::literal:
      case within::long_literal:
        return maybe_end('\'', where_ == within::long_literal);
    }
  }

  void bare(char c) {
    const std::string_view rest = text_.substr(at_);
    if (c == '#') {
      where_ = within::comment;
    } else if (rest.starts_with("\"\"\"")) {
      where_ = within::long_basic;
      return advance(3);
    } else if (rest.starts_with("'''")) {
      where_ = within::long_literal;
      return advance(3);
    } else if (c == '"') {
      where_ = within::basic;
    } else if (c == '\'') {
      where_ = within::literal;
    } else {
      if (c == '[' && depth_ == 0 &&
          text_.substr(line_start_, at_ - line_start_).find_first_not_of(" \t") == text_.npos)
        header();
      count_depth(c);
    }
    advance(1);
  }

  // "[" or "[[" at the beginning of a line must be followed by a key: the parser relies on that.
  void header() {
    const auto after_blanks = [this](std::size_t i) {
      return std::min(text_.find_first_not_of(" \t", i), text_.size());
    };
    std::size_t i = after_blanks(at_ + 1);
    if (i < text_.size() && text_[i] == '[') i = after_blanks(i + 1);
    const char c = i < text_.size() ? text_[i] : '\n';
    if (!ascii::is_alnum(c) && std::string_view("_-\"'").find(c) == std::string_view::npos)
      report("there is no table name behind the bracket", "write for example [limit] or [[listener]]");
  }

  void count_depth(char c) {
    if (c == '.' && ++dots_ == max_dots + 1) report("too many dots in one key", "no key has more than two");
    if (c == '=' || c == ',') dots_ = 0;
    if (c == '[' || c == '{') {
      if (depth_ < max_nesting) open_[depth_] = c;
      if (++depth_ == max_nesting + 1) report("brackets are nested too deeply", "");
    }
    if (c != ']' && c != '}') return;
    const bool fits = depth_ == 0 || depth_ > max_nesting || (c == ']') == (open_[depth_ - 1] == '[');
    if (!fits) report("this bracket does not fit the one that is open", "");
    if (depth_ > 0) --depth_;
  }

  // Three quotes end a long string; up to two more before them belong to its content (TOML 1.0, "Strings").
  void maybe_end(char quote, bool is_long) {
    if (text_[at_] != quote) return advance(1);
    if (!is_long) {
      where_ = within::bare;
      return advance(1);
    }
    std::size_t run = 0;
    while (run < 5 && at_ + run < text_.size() && text_[at_ + run] == quote) ++run;
    if (run >= 3) where_ = within::bare;
    advance(run);
  }

  void new_line() {
    if (at_ - line_start_ > max_line_bytes) report("line of more than 16 KiB", "");
    if (where_ == within::comment || where_ == within::basic || where_ == within::literal) where_ = within::bare;
    dots_ = 0;  // no key goes on in the next line; arrays do, so the depth stays
    ++at_;
    ++line_;
    column_ = 1;
    line_start_ = at_;
  }

  void beyond_ascii() {
    const std::size_t size = utf8_length();
    if (size == 0) {
      report("byte that is not UTF-8", "save the file as UTF-8");
      return advance(1);
    }
    const std::string_view shown = text_.substr(at_, size);
    if (shown == "\xEF\xBB\xBF" && at_ == 0)
      report("byte order mark", "save the file as UTF-8 without it");
    else if (is_invisible(shown))
      report("invisible character that changes the order or spacing of text", "remove it");
    else if (where_ == within::bare)
      report(quoted(shown) + " outside a string or comment", "keys and values are ASCII; texts need quotes");
    at_ += size;
    ++column_;
  }

  // C1 controls, zero-width, line separators and bidirectional controls: text that reads otherwise than it is.
  static bool is_invisible(std::string_view c) {
    if (c.size() == 2) return c[0] == '\xC2' && static_cast<unsigned char>(c[1]) <= 0xA0;
    if (c.size() != 3) return false;
    const auto low = static_cast<unsigned char>(c[2]);
    if (c.starts_with("\xE2\x80")) return (low >= 0x8B && low <= 0x8F) || (low >= 0xA8 && low <= 0xAE);
    if (c.starts_with("\xE2\x81")) return low >= 0xA0 && low <= 0xAF;
    return c == "\xEF\xBB\xBF";
  }

  std::size_t utf8_length() const;

  void advance(std::size_t n) {
    at_ += n;
    column_ += static_cast<std::uint32_t>(n);
  }

  void report(std::string what, std::string remedy) {
    found_.push_back({{line_, column_}, {}, std::move(what), std::move(remedy), false});
  }

  std::string_view text_;
  std::vector<problem> found_;
  std::size_t at_ = 0, line_start_ = 0;
  std::uint32_t line_ = 1, column_ = 1;
  unsigned depth_ = 0, dots_ = 0;
  std::array<char, max_nesting> open_{};
  within where_ = within::bare;
};

// Octets of the UTF-8 sequence here (RFC 3629: no overlong forms, no surrogates); 0 when there is none.
std::size_t scanner::utf8_length() const {
  const auto byte = [&](std::size_t i) {
    return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0u;
  };
  const unsigned first = byte(0), second = byte(1);
  const std::size_t size = first >= 0xC2 && first < 0xE0   ? 2
                           : first >= 0xE0 && first < 0xF0 ? 3
                           : first >= 0xF0 && first < 0xF5 ? 4
                                                           : 0;
  if (size == 0) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool outside = (first == 0xED && second >= 0xA0) || (first == 0xF4 && second >= 0x90);
  return overlong || outside ? 0 : size;
}

}  // namespace

std::vector<problem> precheck(std::string_view text) {
  if (text.size() > max_file_bytes)
    return {{{}, {}, "the file is longer than " + format_size(max_file_bytes), {}, false}};
  return scanner(text).run();
}

bool inside_brackets(std::string_view text, std::uint32_t line) { return scanner(text).depth_before(line) > 0; }

}  // namespace sluice::config
