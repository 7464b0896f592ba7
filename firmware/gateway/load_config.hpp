// From a file name to a configuration that can be used: read, checked, completed, and shown to fit into its memory.
// Every command that takes --config goes through here, so that all of them accept and refuse the same files.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "config/problem.hpp"

namespace sluice::gateway {

inline constexpr const char* default_config_file = "/etc/sluice/sluice.toml";

struct loaded_config {
  config::model value;                    // complete; usable only when `usable`
  std::vector<config::problem> problems;  // with notes
  config::positions where;
  bool usable = false;
};

// The text of a file, at most a little more than a configuration may have; "-" is standard input. Empty with errno set
// when it cannot be read.
std::optional<std::string> read_config_file(const std::string& file);

// `with_files`: also look whether the files it names are there (not for a configuration of another machine).
loaded_config load_config_text(std::string_view text, bool with_files);

// For commands: reads `file`, prints what is wrong to standard error, and on failure sets `exit_code` to bad_config or
// failed and returns nothing. Notes are printed on request: `check` and `run` tell them, the others are about something else.
std::optional<config::model> load_config(const std::string& file, bool with_files, int& exit_code, bool notes = false);

// The problems as lines on standard error, in colour where wanted.
void print_problems(const std::vector<config::problem>& problems, const std::string& file);

}  // namespace sluice::gateway
