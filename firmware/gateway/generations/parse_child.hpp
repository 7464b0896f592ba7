// Reading a pushed configuration where a crash does no harm: the child's side of `sluice internal parse`, which answers
// with the problems it found, and the program's side, which reads that answer as bytes of a stranger. Only what the child
// survived and found nothing wrong with is read again within the program.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"

namespace sluice::gateway {

std::string parse_in_child(std::string_view toml);
// Nothing for an answer of another form.
std::optional<std::vector<config::problem>> problems_from(std::string_view answer);

}  // namespace sluice::gateway
