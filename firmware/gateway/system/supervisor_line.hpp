// The language of the supervisor's control socket: "VERB key=value key=value\n" out; "progress PERCENT TEXT", "ok key=value
// ..." and "error CODE TEXT" back. Values are percent-encoded (RFC 3986). Sans-I/O; supervisor_client has the socket.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::gateway {

inline constexpr std::size_t supervisor_line_octets = 4096;  // of a request, and of one line of the answer
inline constexpr std::size_t supervisor_lines = 10'000;      // of one answer: more is no answer

using named_values = std::vector<std::pair<std::string, std::string>>;

struct supervisor_line {
  enum class kind { progress, ok, error };
  kind what = kind::ok;
  unsigned percent = 0;      // progress
  std::string code, text;    // error: both; progress: text
  named_values values;       // ok
};

// With its line end; empty when it would be too long or the verb is none.
std::string request_line(std::string_view verb, const named_values& values);
// Without its line end. Nothing for what is no line of an answer.
std::optional<supervisor_line> read_line(std::string_view line);

std::string value_of(const named_values& values, std::string_view name);  // empty: not there

// Lines out of octets as they come, none longer than supervisor_line_octets.
class line_cutter {
 public:
  // Nothing: more octets are needed, or (too_long()) there will never be a line.
  std::optional<std::string> next();
  void feed(std::string_view octets) { held_ += octets; }
  bool too_long() const { return held_.size() > supervisor_line_octets && held_.find('\n') == std::string::npos; }

 private:
  std::string held_;
};

}  // namespace sluice::gateway
