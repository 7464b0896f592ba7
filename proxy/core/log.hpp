// One event, one line: JSON by default, plain text for people. A line is built in a fixed buffer and written with one
// system call; what does not fit is cut and marked. Values are escaped, control and bidirectional characters included,
// because many of them come from strangers.
#pragma once
#include <cstdint>
#include <string_view>

#include "core/text.hpp"

namespace sluice::log {

enum class level : std::uint8_t { debug, info, warning, error };
enum class format : std::uint8_t { json, text };

inline constexpr std::size_t line_bytes = 4096;

// Set once at start, before other threads run.
void set_format(format);
void set_level(level);
void set_descriptor(int fd);  // default 2
bool enabled(level);

// Appends `in` as the inside of a JSON string: quotes, backslash, C0/C1 controls, DEL and Unicode bidi controls become
// \u escapes, octets that are not UTF-8 become U+FFFD. Cuts between characters; false when cut.
bool append_escaped(fixed_string<line_bytes>& out, std::string_view in);

class line {
 public:
  line(level, std::string_view event);
  ~line();  // writes
  line(const line&) = delete;
  line& operator=(const line&) = delete;

  line& with(std::string_view key, std::string_view value);
  line& with(std::string_view key, std::int64_t value);
  line& with_json(std::string_view key, std::string_view json);  // `json` is already valid JSON

 private:
  void key(std::string_view);
  fixed_string<line_bytes> text_;
  level level_;
  bool cut_ = false;
};

}  // namespace sluice::log
