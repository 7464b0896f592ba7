// Rules between keys: what no single row of the schema can say. Pure; called by read_toml() on a model whose single
// values are in range.
#pragma once
#include <vector>

#include "config/model.hpp"
#include "config/problem.hpp"

namespace sluice::config {

void check_model(const model& m, const positions& where, std::vector<problem>& problems);

// True when the route list entry covers the recipient domain (or domain pattern) `domain`; both lower case.
bool covers(std::string_view pattern, std::string_view domain);
// The route for a domain or pattern of model::domains: exact, then the longest wildcard, then the default; or null.
const route* find_route(const model& m, std::string_view domain);

}  // namespace sluice::config
