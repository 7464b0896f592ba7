// The shared room of one event loop; see workspace.hpp.
#include "auth/workspace.hpp"

#include <algorithm>

#include "auth/limits.hpp"

namespace sluice::auth {

workspace::workspace(const workspace_limits& limits)
    : header_(std::make_unique<char[]>(limits::header_bytes + 2)),
      keys_(std::max<std::size_t>(limits.keys, 16)),
      evaluators_(std::max<std::size_t>(limits.evaluators, 1)) {}

std::size_t workspace::memory_bytes() const {
  return limits::header_bytes + 2 + header_index::max_fields * 16 + keys_.size() * (sizeof(awaited_key) + sizeof(void*)) +
         evaluators_.size() * (sizeof(spf::evaluator) + sizeof(void*));
}

}  // namespace sluice::auth
