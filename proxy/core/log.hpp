// One event, one line: JSON by default, plain text for people, RFC 5424 for syslog. A line is built in a fixed buffer and
// written with one system call; what does not fit is cut and marked. Values are escaped, control and bidirectional
// characters included, because many of them come from strangers. Beside the descriptor there may be sinks (log_ring,
// net/syslog_sender), which get the same event.
#pragma once
#include <cstdint>
#include <string_view>

#include "core/text.hpp"

namespace sluice::log {

enum class level : std::uint8_t { debug, info, warning, error };
enum class format : std::uint8_t { json, text, rfc5424 };

inline constexpr std::size_t line_bytes = 4096;  // of the members of a line

// May be called at any time, from one thread.
void set_format(format);
void set_level(level);
void set_descriptor(int fd);                       // default 2
int set_socket(std::string_view path);             // a datagram socket (/dev/log), a message per event; 0 or an errno value
void set_origin(std::string_view host_name, std::uint32_t enterprise_number);  // of syslog messages
bool enabled(level);

// Appends `in` as the inside of a JSON string: quotes, backslash, C0/C1 controls, DEL and Unicode bidi controls become
// \u escapes, octets that are not UTF-8 become U+FFFD. Cuts between characters; false when cut.
bool append_escaped(fixed_string<line_bytes>& out, std::string_view in);

// A finished event; the views live while a sink looks at it.
struct record {
  level how = level::info;
  std::string_view time;     // "2026-11-23T20:44:33.123Z"
  std::string_view event;
  std::string_view members;  // ,"key":value for each: valid JSON behind the members of its head
};

// Gets every event. Called on the thread that logs, one at a time: quick, without waiting, and without logging.
class sink {
 public:
  virtual ~sink() = default;
  virtual void take(const record&) noexcept = 0;
};
inline constexpr std::size_t max_sinks = 4;
bool add_sink(sink&);     // false: there are max_sinks already
void remove_sink(sink&);  // afterwards it is not called any more

class line {
 public:
  line(level, std::string_view event);  // `event` lives as long as the line: a literal
  ~line();                              // writes
  line(const line&) = delete;
  line& operator=(const line&) = delete;

  line& with(std::string_view key, std::string_view value);
  line& with(std::string_view key, std::int64_t value);
  line& with_json(std::string_view key, std::string_view json);  // `json` is already valid JSON

 private:
  bool fits(std::size_t octets);
  std::string_view event_;
  fixed_string<line_bytes> members_;
  level level_;
  bool cut_ = false;
};

}  // namespace sluice::log
