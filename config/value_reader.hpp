// One value of a file into its member: type, unit, range. Knows the schema but not the parser.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/problem.hpp"
#include "config/schema.hpp"

namespace sluice::config {

// A value as the parser gives it; text is owned by the parser.
struct raw_value {
  std::variant<std::monostate, bool, std::int64_t, std::string_view, std::vector<raw_value>> held;
  std::string_view other;  // what it is when none of these: "a date or time"
  position at;
};

// Stores the value, or appends what is wrong with it; `path` is the key as messages call it.
void read_value(const key& k, const raw_value& v, void* section, const std::string& path,
                std::vector<problem>& problems);

}  // namespace sluice::config
