#include "config/syntax_help.hpp"

#include <algorithm>
#include <array>

#include "config/ascii.hpp"
#include "config/precheck.hpp"
#include "config/value_text.hpp"

namespace sluice::config {
namespace {

std::string_view trim(std::string_view s) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!s.empty() && blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && blank(s.back())) s.remove_suffix(1);
  return s;
}

struct parts {
  std::string_view key, value;  // of "key = value # comment"
};

parts split(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return {};
  std::string_view value = line.substr(equals + 1);
  const std::size_t quote = value.find_first_of("\"'"), hash = value.find('#');
  if (hash < quote) value = value.substr(0, hash);
  return {trim(line.substr(0, equals)), trim(value)};
}

bool is_plain_key(std::string_view key) {
  return !key.empty() &&
         std::ranges::all_of(key, [](char c) { return ascii::is_alnum(c) || c == '_' || c == '-' || c == '.'; });
}

// What to write for a value that lacks its quotes, or is a boolean of another language.
std::string remedy_for(const parts& p) {
  static constexpr std::array<std::string_view, 3> yes{"true", "yes", "on"}, no{"false", "no", "off"};
  const auto is = [&](std::string_view word) { return ascii::same_but_case(word, p.value); };
  const std::string key = std::string(p.key) + " = ";
  if (std::ranges::any_of(yes, is)) return "write " + key + "true";
  if (std::ranges::any_of(no, is)) return "write " + key + "false" + (is("off") ? " or " + key + "\"off\"" : "");
  return "texts, sizes and durations need quotes: " + key + quoted(p.value);
}

}  // namespace

std::string_view line_of(std::string_view text, std::uint32_t line) {
  for (std::uint32_t n = 1; n < line && !text.empty(); ++n) {
    const std::size_t end = text.find('\n');
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  text = text.substr(0, std::min(text.find('\n'), text.size()));
  return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
}

bool can_be_skipped(std::string_view text, std::uint32_t number) {
  const std::string_view line = line_of(text, number);
  const bool long_string = line.find("\"\"\"") != line.npos || line.find("'''") != line.npos;
  return !trim(line).empty() && line.find_first_of("[]{}") == line.npos && !long_string &&
         !inside_brackets(text, number);
}

problem explain_syntax(std::string_view text, position at, std::string_view description) {
  const std::string_view line = line_of(text, at.line);
  parts p = split(line);
  if (!is_plain_key(p.key)) p = {};  // the line begins within a string, or is something else altogether
  problem out{at, {}, {}, {}, false};
  out.key = p.key;
  const auto says = [&](std::string_view words) { return description.find(words) != std::string_view::npos; };
  const bool bare_value =
      !p.value.empty() && (ascii::is_alnum(p.value.front()) || p.value.front() == '/' || p.value.front() == '*');

  if (inside_brackets(text, at.line) && !says("end-of-file")) {
    out.key.clear();
    out.what = "expected is a further entry, or the closing bracket of the list that begins above";
  } else if (says("end-of-file")) {
    out.what = "the file ends within " + std::string(says("string")  ? "a string"
                                                     : says("array") ? "a list"
                                                                     : "a value");
    out.remedy = "look for a missing quote or bracket above";
  } else if (says("cannot redefine")) {
    const bool header = trim(line).starts_with('[');
    out.what = header ? "this table is there twice" : "this key is there twice in its table";
    out.remedy =
        header ? "[listener] and [route] are written [[listener]] and [[route]], once for each" : "remove one of them";
  } else if (says("unescaped control")) {
    out.what = "the string has no closing quote on its line";
  } else if (says("unknown escape")) {
    out.what = std::string(description.substr(description.find("unknown escape")));
    out.remedy = "write \\\\ for a backslash, or use single quotes";
  } else if (says("expected '='")) {
    out.what = "expected is KEY = VALUE";
  } else if (!p.key.empty() && p.value.empty()) {
    out.what = "there is no value behind the equals sign";
  } else if (!p.key.empty() && bare_value) {
    out.what = quoted(p.value) + " is not a TOML value";
    out.remedy = remedy_for(p);
  } else {
    const std::size_t colon = description.find(": ");
    out.what = std::string(description.starts_with("Error while") && colon != std::string_view::npos
                               ? description.substr(colon + 2)
                               : description);
  }
  return out;
}

}  // namespace sluice::config
