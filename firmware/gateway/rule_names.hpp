// Rules of the inspector that a configuration names by their ids: config knows their form, only here is known which there
// are. Pure.
#pragma once
#include <vector>

#include "config/model.hpp"
#include "config/problem.hpp"

namespace sluice::gateway {

// One error per id that no rule has, at its place in the file, with the nearest one that there is: policy.observed_rules,
// policy.weight (and its classes, and those of policy.exception), digest.operator_rules, digest.domain.
void check_rule_names(const config::model& m, const config::positions& where, std::vector<config::problem>& problems);

}  // namespace sluice::gateway
