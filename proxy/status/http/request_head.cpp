#include "status/http/request_head.hpp"

#include <charconv>

#include "core/ascii.hpp"

namespace sluice::status {
namespace {

bool is_token(char c) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         others.find(c) != std::string_view::npos;
}

// Visible octets between single spaces: METHOD SP target SP HTTP/1.x.
bool is_request_line(std::string_view line) {
  const std::size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || first == 0) return false;
  const std::string_view method = line.substr(0, first), version = line.substr(last + 1);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  for (const char c : method)
    if (!is_token(c)) return false;
  if (target.empty() || target.front() != '/') return false;  // origin-form only: no proxy is here
  for (const char c : target)
    if (c <= 0x20 || c == 0x7f || c == '#') return false;  // octets from 0x80 on are negative
  return version == "HTTP/1.1" || version == "HTTP/1.0";
}

struct counts {
  std::size_t fields = 0, lengths = 0, hosts = 0, authorizations = 0, cookies = 0, origins = 0;
};

bool value_is_clean(std::string_view value) {
  for (const char c : value)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return false;
  return true;
}

head_check refuse(unsigned status, const char* why) { return {status, why, 0}; }

}  // namespace

std::optional<std::size_t> head_end(std::string_view octets) {
  const std::size_t at = octets.find("\r\n\r\n");
  if (at == std::string_view::npos) return std::nullopt;
  return at + 4;
}

bool is_hopeless(std::string_view octets) {
  if (!octets.empty() && !ascii::is_alpha(octets.front())) return true;
  for (std::size_t i = 0; i < octets.size(); ++i)
    if (octets[i] == '\0' || (octets[i] == '\n' && (i == 0 || octets[i - 1] != '\r'))) return true;
  return false;
}

head_check check_head(std::string_view head) {
  head_check out;
  counts n;
  if (is_hopeless(head) || !head.ends_with("\r\n\r\n")) return refuse(400, "this is no HTTP request");
  const std::size_t line_end = head.find("\r\n");
  if (!is_request_line(head.substr(0, line_end))) return refuse(400, "the request line is not METHOD, /path and version");
  const bool old = head.substr(0, line_end).ends_with("1.0");
  head.remove_prefix(line_end + 2);
  while (!head.starts_with("\r\n")) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (++n.fields > max_head_fields) return refuse(431, "too many header fields");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return refuse(400, "a header field without a name");
    const std::string_view name = line.substr(0, colon), value = ascii::trim(line.substr(colon + 1));
    for (const char c : name)
      if (!is_token(c)) return refuse(400, "a header field's name is broken or folded");
    if (!value_is_clean(line.substr(colon + 1))) return refuse(400, "a header field with control characters");
    if (ascii::iequals(name, "Transfer-Encoding"))
      return refuse(411, "bodies come with Content-Length here, without Transfer-Encoding");
    if (ascii::iequals(name, "Expect") && !ascii::iequals(value, "100-continue")) return refuse(400, "an unknown expectation");
    n.hosts += ascii::iequals(name, "Host");
    n.authorizations += ascii::iequals(name, "Authorization");
    n.cookies += ascii::iequals(name, "Cookie");
    n.origins += ascii::iequals(name, "Origin");
    if (!ascii::iequals(name, "Content-Length")) continue;
    if (++n.lengths > 1) return refuse(400, "Content-Length twice");
    const char* last = value.data() + value.size();
    const auto parsed = std::from_chars(value.data(), last, out.content_length);
    if (value.empty() || parsed.ptr != last || parsed.ec == std::errc::invalid_argument)
      return refuse(400, "Content-Length is not a number");
    if (parsed.ec != std::errc()) return refuse(413, "the body is too large");
  }
  if (n.hosts > 1 || (n.hosts == 0 && !old)) return refuse(400, "one Host field is needed");
  if (n.authorizations > 1 || n.cookies > 1 || n.origins > 1) return refuse(400, "a credential twice");
  return out;
}

}  // namespace sluice::status
