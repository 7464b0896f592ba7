// May a configuration become the running one without a restart, and do both fit into memory while they are alive
// together? Pure functions of the two models; used before anything of a new generation is touched.
#pragma once
#include <cstdint>
#include <vector>

#include "config/model.hpp"
#include "config/problem.hpp"

namespace sluice::gateway {

// Keys that only a start can change, one problem each. `reserved_sessions`: memory.sessions of the start, above which
// their number cannot go (their windows are one mapping).
std::vector<config::problem> restart_problems(const config::model& running, const config::model& next,
                                              std::uint64_t reserved_sessions);

// Row by row the larger of both budgets: while one generation follows the other, each may still hold what it had. None,
// or one with the arithmetic.
std::vector<config::problem> memory_problems(const config::model& running, const config::model& next);

}  // namespace sluice::gateway
