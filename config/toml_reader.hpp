// Reads a TOML configuration into a model: strict, with every problem reported at once, each with line and column, the
// key, the nearest known key, the expected unit and a remedy. The .cpp is the only user of toml++ in config.
//
// Does not open files and does not look at the machine (certificate files, host name, memory): see check_files() and
// fill_derived(). Called by firmware/gateway (run, check, budget) and by the generations of the management API.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"

namespace sluice::config {

struct problem {
  std::uint32_t line = 0, column = 0;  // 1-based; 0: concerns the file as a whole
  std::string key;                     // dotted path as the user would write it, e.g. "listener[2].address"; may be empty
  std::string what;                    // one sentence, without a final full stop
  std::string remedy;                  // what to write instead; may be empty
  bool is_note = false;                // a note does not make the configuration invalid
};

// "FILE:LINE:COLUMN: error: key: what (remedy)"; the form editors and compilers know. Control bytes are escaped.
std::string format(const problem& p, std::string_view file_name);

struct read_result {
  model value;                   // meaningful only when ok()
  std::vector<problem> problems; // in order of position, at most max_problems
  bool ok() const;               // no problem other than notes
};

inline constexpr std::size_t max_file_bytes = 64 * 1024;  // a full configuration is about 12 KiB
inline constexpr std::size_t max_problems = 50;           // further ones are counted in a last entry

// `text` is the whole file. Never throws on bad input; runs all range and cross-field checks.
read_result read_toml(std::string_view text);

}  // namespace sluice::config
