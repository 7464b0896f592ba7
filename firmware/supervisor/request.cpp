#include "firmware/supervisor/request.hpp"

#include <array>

#include "core/concat.hpp"
#include "core/hex_digit.hpp"

namespace sluice::supervisor {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~' || c == '/' || c == ':' || c == ',';
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 32) return false;
  for (const char c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) return false;
  return true;
}

// Lines of tools go into lines of ours: one line, no control characters.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return out.substr(0, 512);
}

}  // namespace

std::string request::value(std::string_view name) const {
  for (const auto& [n, v] : values)
    if (n == name) return v;
  return {};
}

std::string encoded(std::string_view text) {
  constexpr std::array<char, 16> hex{'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'};
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (is_unreserved(c)) out += c;
    else (out += '%') += {hex[octet >> 4], hex[octet & 15]};
  }
  return out;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? ascii::hex_value(text[i + 1]) : -1, low = i + 2 < text.size() ? ascii::hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;  // no NUL either: paths end there
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::optional<request> read_request(std::string_view line) {
  request out;
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  while (!line.empty()) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), word.size() + 1));
    if (word.empty()) continue;
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (!is_name(name)) return std::nullopt;
    if (out.verb.empty()) {
      if (equals != std::string_view::npos) return std::nullopt;
      out.verb = name;
      continue;
    }
    if (out.words.size() + out.values.size() >= request_values) return std::nullopt;
    if (equals == std::string_view::npos) {
      out.words.emplace_back(name);
      continue;
    }
    auto value = decoded(word.substr(equals + 1));
    if (!value) return std::nullopt;
    out.values.emplace_back(name, std::move(*value));
  }
  if (out.verb.empty()) return std::nullopt;
  return out;
}

std::string ok_line(const named_values& values) {
  std::string out = "ok";
  for (const auto& [name, value] : values) append_to(out, " ", name, "=", encoded(value));
  return concat(out, "\n");
}

std::string error_line(std::string_view code, std::string_view text) { return concat("error ", code, " ", one_line(text), "\n"); }

std::string progress_line(unsigned percent, std::string_view text) { return concat("progress ", std::to_string(percent), " ", one_line(text), "\n"); }

std::optional<progress> read_progress(std::string_view line) {
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  progress out;
  std::size_t digits = 0;
  while (digits < line.size() && digits < 3 && line[digits] >= '0' && line[digits] <= '9') out.percent = out.percent * 10 + static_cast<unsigned>(line[digits++] - '0');
  if (digits == 0 || digits >= line.size() || line[digits] != '%' || out.percent > 100) return std::nullopt;
  line.remove_prefix(digits + 1);
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  out.text = one_line(line);
  return out;
}

std::string shell_value(std::string_view output, std::string_view name) {
  const std::string wanted = concat(name, "=");
  for (std::size_t at = 0; at < output.size();) {
    const std::size_t end = std::min(output.find('\n', at), output.size());
    std::string_view line = output.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(wanted)) continue;
    line.remove_prefix(wanted.size());
    if (line.size() >= 2 && (line.front() == '\'' || line.front() == '"') && line.back() == line.front()) line = line.substr(1, line.size() - 2);
    return one_line(line);
  }
  return {};
}

}  // namespace sluice::supervisor
