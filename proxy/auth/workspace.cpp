// The shared room of one event loop; see workspace.hpp.
#include "auth/workspace.hpp"

#include <algorithm>

#include "auth/limits.hpp"

namespace sluice::auth {

namespace {

constexpr std::size_t least_keys = 16;

}  // namespace

workspace::workspace(const workspace_limits& limits)
    : header_(std::make_unique<char[]>(limits::header_bytes + 2)),
      keys_(std::max(limits.keys, least_keys)),
      evaluators_(std::max<std::size_t>(limits.evaluators, 1)) {}

std::size_t workspace::memory_bytes(const workspace_limits& limits) {
  return limits::header_bytes + 2 + header_index::max_fields * 16 +
         std::max(limits.keys, least_keys) * (sizeof(awaited_key) + sizeof(void*)) +
         std::max<std::size_t>(limits.evaluators, 1) * (sizeof(spf::evaluator) + sizeof(void*));
}

}  // namespace sluice::auth
