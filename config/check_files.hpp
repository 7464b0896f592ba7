// Looks at the files that a configuration names, as the user who runs the check: can they be read, is the data
// directory there and writable, are keys kept private. What is in them is checked by those who use them (tls builds its
// context).
#pragma once
#include <vector>

#include "config/model.hpp"
#include "config/problem.hpp"

namespace sluice::config {

void check_files(const model& m, const positions& where, std::vector<problem>& problems);

}  // namespace sluice::config
