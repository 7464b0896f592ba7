// May the running program still reach what a new generation names? What it gave up at its start (Landlock) it cannot have
// back: such a generation is refused with its key, its path and what to do, before anything of it is applied.
#pragma once
#include <vector>

#include "config/model.hpp"
#include "config/problem.hpp"
#include "firmware/gateway/sandbox/sandbox.hpp"

namespace sluice::gateway {

// What holds for this process since close_sandbox(); null where files are not restricted (before it, --no-sandbox, a kernel
// without Landlock).
const file_rules* rules_of_sandbox();

// An error for each named file that exists, or is to be made, outside of `rules`; it takes the place of the plainer ones of the
// same key. Looks at the file system: what can be opened all the same is no problem.
void check_reach(const file_rules& rules, const config::model& m, const config::positions& where, std::vector<config::problem>& problems);

}  // namespace sluice::gateway
