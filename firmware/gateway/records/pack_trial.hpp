// Tries the rules of a profile pack on recent mail before they act. What the history keeps of a message is judged again,
// its sender, subject and authentication, by the rules in force and by the new ones; what the body gave stays. So a pack
// that takes a service's genuine mail for forged, or its subjects for somebody else's, is found out before it holds any.
#pragma once
#include <vector>

#include "core/text.hpp"
#include "inspect/ruleset.hpp"
#include "policy/decide.hpp"
#include "status/history.hpp"

namespace sluice::gateway {

inline constexpr std::size_t trial_messages = 2000;  // the newest of the history
inline constexpr std::size_t trial_page = 40;        // copied at once

struct pack_trial {
  std::uint32_t messages = 0;     // looked at
  std::uint32_t held = 0;         // were not held and would be
  std::uint32_t let_through = 0;  // were held and would not be
  fixed_string<24> first_held;    // verdict id of the newest, empty when there is none
};

// The newest messages of the history, page by page.
pack_trial try_rules(const status::history& past, const inspect::ruleset& before, const inspect::ruleset& after, const policy::settings& set);

// `after` as it acts, not observed. Mail that the lists decided, or that could not be inspected, is left out.
pack_trial try_rules(const std::vector<status::history_entry>& recent, const inspect::ruleset& before, const inspect::ruleset& after, const policy::settings& set);

}  // namespace sluice::gateway
