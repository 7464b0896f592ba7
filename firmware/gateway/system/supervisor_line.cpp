#include "firmware/gateway/system/supervisor_line.hpp"

#include <algorithm>
#include <charconv>

#include "status/http/route.hpp"

namespace sluice::gateway {
namespace {

bool is_verb(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '-' || c == ' '; });
}

// The first word, taken off the front of `rest`.
std::string_view word_of(std::string_view& rest) {
  const std::size_t space = std::min(rest.find(' '), rest.size());
  const std::string_view out = rest.substr(0, space);
  rest.remove_prefix(std::min(space + 1, rest.size()));
  return out;
}

}  // namespace

std::string request_line(std::string_view verb, const named_values& values) {
  if (!is_verb(verb)) return {};
  std::string out(verb);
  for (const auto& [name, value] : values) out += " " + name + "=" + status::percent_encoded(value);
  out += "\n";
  return out.size() <= supervisor_line_octets ? out : std::string();
}

std::optional<supervisor_line> read_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > supervisor_line_octets) return {};
  supervisor_line out;
  std::string_view rest = line;
  const std::string_view kind = word_of(rest);
  if (kind == "ok") {
    while (!rest.empty()) {
      const std::string_view pair = word_of(rest);
      if (pair.empty()) continue;
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || equals == 0) return {};
      auto value = status::percent_decoded(pair.substr(equals + 1), false);
      if (!value) return {};
      out.values.emplace_back(std::string(pair.substr(0, equals)), std::move(*value));
    }
    return out;
  }
  if (kind == "error") {
    out.what = supervisor_line::kind::error;
    out.code = std::string(word_of(rest));
    out.text = std::string(rest);
    if (out.code.empty()) return {};
    return out;
  }
  if (kind != "progress") return {};
  out.what = supervisor_line::kind::progress;
  const std::string_view percent = word_of(rest);
  const auto [end, ec] = std::from_chars(percent.data(), percent.data() + percent.size(), out.percent);
  if (ec != std::errc() || end != percent.data() + percent.size() || out.percent > 100) return {};
  out.text = std::string(rest);
  return out;
}

std::string value_of(const named_values& values, std::string_view name) {
  for (const auto& [key, value] : values)
    if (key == name) return value;
  return {};
}

std::optional<std::string> line_cutter::next() {
  const std::size_t end = held_.find('\n');
  if (end == std::string::npos || end > supervisor_line_octets) return {};
  std::string out = held_.substr(0, end);
  held_.erase(0, end + 1);
  return out;
}

}  // namespace sluice::gateway
