// The language of the control socket: "VERB key=value key=value\n" in, "progress", "ok" and "error" lines out. Values are
// percent-encoded (RFC 3986). Pure text; what a verb does is in verbs.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::supervisor {

inline constexpr std::size_t request_bytes = 4096;
inline constexpr std::size_t request_values = 16;

using named_values = std::vector<std::pair<std::string, std::string>>;

struct request {
  std::string verb;
  std::vector<std::string> words;  // without '=': "safe-mode leave"
  named_values values;
  std::string value(std::string_view name) const;  // empty: not given
};

std::optional<request> read_request(std::string_view line);  // empty: it is none

std::string encoded(std::string_view text);
std::optional<std::string> decoded(std::string_view text);

std::string ok_line(const named_values& values);
std::string error_line(std::string_view code, std::string_view text);
std::string progress_line(unsigned percent, std::string_view text);

// A line of the updater: " 40% Determining slot states done." Empty: it tells no progress.
struct progress {
  unsigned percent = 0;
  std::string text;
};
std::optional<progress> read_progress(std::string_view line);

// The value of NAME='...' in the updater's shell output; empty: not there.
std::string shell_value(std::string_view output, std::string_view name);

}  // namespace sluice::supervisor
