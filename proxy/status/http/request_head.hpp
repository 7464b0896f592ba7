// The octets of a request's head, looked at before any parser: what two parsers could read in two ways is refused, not
// repaired, so that nothing can be smuggled past a proxy in front of us. RFC 9112 sections 2.2, 3, 5.1, 5.2, 6.1, 6.3.
//
// Sans-I/O. Caller: server.cpp; the rest of the parsing is Beast's.
#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace sluice::status {

inline constexpr std::size_t max_head_octets = 8 * 1024;  // request line and fields with the empty line: else 431
inline constexpr std::size_t max_head_fields = 64;        // else 431

struct head_check {
  unsigned refused = 0;      // status for the answer; 0: fine
  const char* why = "";      // static
  std::size_t content_length = 0;
};

// Length of the head with its empty line, or nothing while it is not complete.
std::optional<std::size_t> head_end(std::string_view octets);

// What has come of a head can no longer become one: it begins with no method, has a NUL or a line end without CR.
bool is_hopeless(std::string_view octets);

// `head` is complete, up to its empty line, or hopeless.
head_check check_head(std::string_view head);

}  // namespace sluice::status
