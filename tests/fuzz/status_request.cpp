// The head of an HTTP request before any parser has seen it, its path, and the pairs of its query or form.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "status/http/request_head.hpp"
#include "status/http/route.hpp"

using namespace sluice::status;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto end = head_end(text)) {
    if (*end > size || !text.substr(0, *end).ends_with("\r\n\r\n")) std::abort();
    const head_check checked = check_head(text.substr(0, *end));
    if (checked.refused != 0 && (checked.refused < 400 || checked.refused > 599 || *checked.why == '\0')) std::abort();
  } else if (is_hopeless(text) && check_head(text).refused == 0) {
    std::abort();
  }
  if (const auto segments = split_path(text)) {
    if (segments->size() > max_path_segments + 1) std::abort();
    for (const std::string& s : *segments)
      if (s == "." || s == ".." || s.find('/') != std::string::npos || s.find('\0') != std::string::npos) std::abort();
  }
  if (const auto plain = percent_decoded(text, false); plain && percent_decoded(percent_encoded(*plain), false) != plain) std::abort();
  web_request q;
  q.query = text;
  q.body = text;
  q.content_type = "application/x-www-form-urlencoded";
  if (q.form_values("a").size() > size || q.query_value("a").size() > size) std::abort();
  return 0;
}
