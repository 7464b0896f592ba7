// Small texts of /sys, /proc and state files, by system calls alone: the supervisor has no use for streams.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::hal {

inline constexpr std::size_t text_file_bytes = 64 * 1024;  // what is longer is cut

std::optional<std::string> read_text(const std::string& path);
std::string first_line(const std::string& path);  // without its end and trailing blanks; empty: no such file
int write_text(const std::string& path, std::string_view text);  // into a file that is there (/sys)
// Replaces a file as a whole and waits for the medium: after a power cut it is the old or the new one.
int publish_text(const std::string& path, std::string_view text, unsigned mode = 0644);
std::vector<std::string> names_in(const std::string& directory, std::string_view begin = "");  // sorted
std::optional<long long> number_in(const std::string& path);

}  // namespace sluice::hal
