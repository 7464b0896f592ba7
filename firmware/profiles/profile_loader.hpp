// Reads sender profiles (TOML, config/profiles/*.toml) and the lexicon into a ruleset. The ones built into the binary
// are used unless a directory overrides them: a file there with the same id replaces the built-in one, others are added.
// Strict: unknown keys, wrong types and bad templates are errors with file, line and column. Runs at start and when a
// generation is applied; allocates.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/profiles/pack.hpp"
#include "inspect/profile.hpp"
#include "inspect/ruleset.hpp"

namespace sluice::profiles {

struct profile_problem {
  std::string file;
  unsigned line = 0, column = 0;  // 0 when the whole file is meant
  std::string text;
};

std::string format(const profile_problem& problem);  // "file:line:column: text"

// One profile from TOML text. False when `problems` got a new entry.
bool read_profile(std::string_view text, const std::string& file, inspect::profile& out, std::vector<profile_problem>& problems);

// `directory` may be empty (built-in profiles only). Null when there was any problem.
struct pack_report {
  std::size_t added = 0, replaced = 0, left_out = 0;
};

// `packed` comes after the built-in profiles and before the directory's. Tried out (`observe`), its new profiles are
// observed and those that would replace others are left out, so that what protected before goes on.
std::shared_ptr<const inspect::ruleset> load_ruleset(const std::string& directory, std::vector<profile_problem>& problems, const pack* packed = nullptr,
                                                     bool observe = false, pack_report* report = nullptr);

// All of them, later ones replacing earlier ones with the same id. Empty when there was any problem.
std::vector<inspect::profile> load_profiles(const std::string& directory, std::vector<profile_problem>& problems);

// Where the text of a profile comes from: the directory's file, else the built-in one. Empty when there is none.
std::string profile_text(const std::string& directory, const std::string& id);

}  // namespace sluice::profiles
