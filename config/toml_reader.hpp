// Reads a TOML configuration into a model: strict, with every problem reported at once, each with line and column, the
// key, the nearest known key, the expected unit and a remedy. The .cpp is the only user of toml++ in config.
//
// Does not open files and does not look at the machine (certificate files, host name, memory): see check_files.hpp and
// derive.hpp. Called by firmware/gateway (run, check, budget) and by the generations of the management API.
#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "config/model.hpp"
#include "config/problem.hpp"

namespace sluice::config {

inline constexpr std::size_t max_file_bytes = 64 * 1024;  // a full configuration is about 16 KiB
inline constexpr std::size_t max_problems = 50;           // further ones are counted in a last entry

struct read_result {
  model value;                    // meaningful only when ok()
  std::vector<problem> problems;  // errors, then notes, in order of position; at most max_problems + 1
  positions where;                // of every known key in the file, for checks that follow
  bool ok() const;                // no problem other than notes
};

// `text` is the whole file. Never throws on bad input; runs all range and cross-field checks.
read_result read_toml(std::string_view text);

}  // namespace sluice::config
