#include "status/http/multipart.hpp"

#include <algorithm>
#include <cstring>

#include "core/ascii.hpp"

namespace sluice::status {
namespace {

constexpr std::size_t most_boundary = 70;  // RFC 2046 section 5.1.1

// The value of `name="..."` or `name=...` in a field of parameters.
std::string parameter_of(std::string_view field, std::string_view name) {
  for (std::size_t at = field.find(';'); at != std::string_view::npos; at = field.find(';', at + 1)) {
    std::string_view rest = field.substr(at + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    if (rest.size() <= name.size() || !ascii::iequals(rest.substr(0, name.size()), name) || rest[name.size()] != '=') continue;
    rest.remove_prefix(name.size() + 1);
    if (!rest.starts_with('"')) return std::string(rest.substr(0, rest.find_first_of("; \t")));
    rest.remove_prefix(1);
    return std::string(rest.substr(0, rest.find('"')));
  }
  return {};
}

}  // namespace

std::string boundary_of(std::string_view content_type) {
  constexpr std::string_view kind = "multipart/form-data";
  if (!ascii::iequals(content_type.substr(0, kind.size()), kind)) return {};
  std::string out = parameter_of(content_type, "boundary");
  const bool good = !out.empty() && out.size() <= most_boundary && std::ranges::all_of(out, [](char c) { return c > ' ' && c < 0x7f; });
  return good ? out : std::string();
}

bool multipart_reader::broken() {
  at_ = state::broken;
  held_.clear();
  return true;
}

bool multipart_reader::read_head() {
  const std::size_t end = held_.find("\r\n\r\n");
  if (end == std::string::npos) return held_.size() > part_head_octets ? broken() : false;
  const std::string head = held_.substr(0, end + 2);
  held_.erase(0, end + 2);  // the last CRLF stays: an empty part ends with it
  name_.clear();
  bool is_file = false;
  for (std::size_t at = 0; at < head.size();) {
    const std::size_t line_end = std::min(head.find("\r\n", at), head.size());
    const std::string_view line(head.data() + at, line_end - at);
    at = line_end + 2;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !ascii::iequals(line.substr(0, colon), "Content-Disposition")) continue;
    name_ = parameter_of(line, "name");
    is_file = line.find("filename=") != std::string_view::npos;
    if (is_file) file_name_ = parameter_of(line, "filename");
  }
  if (name_.empty() || (!is_file && fields_.size() >= form_fields)) return broken();
  at_ = is_file ? state::file : state::field;
  if (!is_file) return true;
  if (held_.compare(0, delimiter_.size(), delimiter_) != 0) held_.erase(0, 2);
  return true;
}

bool multipart_reader::advance() {
  for (;;) {
    switch (at_) {
      case state::file:
      case state::end:
      case state::broken: return true;
      case state::preamble: {
        const std::size_t found = held_.find(delimiter_);
        if (found == std::string::npos) return held_.size() > part_head_octets ? broken() : false;
        held_.erase(0, found + delimiter_.size());
        at_ = state::delimiter;
        break;
      }
      case state::delimiter:
        if (held_.size() < 2) return false;
        if (held_.starts_with("--")) {
          at_ = state::end;
          held_.clear();
          return true;
        }
        if (!held_.starts_with("\r\n")) return broken();
        held_.erase(0, 2);
        at_ = state::head;
        break;
      case state::head:
        // A file's first octets are needed to see whether it is empty.
        if (const std::size_t end = held_.find("\r\n\r\n"); end != std::string::npos && held_.size() < end + 4 + delimiter_.size()) return false;
        if (!read_head()) return false;
        break;
      case state::field: {
        const std::size_t found = held_.find(delimiter_);
        if (found == std::string::npos) return held_.size() > form_field_octets + delimiter_.size() ? broken() : false;
        if (found > form_field_octets + 2) return broken();
        fields_.emplace_back(name_, found >= 2 ? held_.substr(2, found - 2) : std::string());
        held_.erase(0, found + delimiter_.size());
        at_ = state::delimiter;
        break;
      }
    }
  }
}

std::size_t multipart_reader::take(char* to, std::size_t n) {
  if (at_ != state::file) return 0;
  const std::size_t found = held_.find(delimiter_);
  const std::size_t certain = found != std::string::npos ? found : held_.size() - std::min(held_.size(), delimiter_.size() - 1);
  const std::size_t out = std::min(n, certain);
  std::memcpy(to, held_.data(), out);
  held_.erase(0, out);
  if (found != std::string::npos && out == found) {
    at_ = state::end;
    held_.clear();
  }
  return out;
}

}  // namespace sluice::status
