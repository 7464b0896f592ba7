// What an administrator does to named recipients of a held message. Each call is one transaction: all of it happens and
// is audited, or nothing. Internal to the quarantine.
#pragma once
#include "quarantine/index.hpp"

namespace sluice::quarantine::actions {

result<std::vector<action_result>> release(index&, std::string_view id, const selection&, std::string_view who,
                                           unix_time now);
result<std::vector<action_result>> remove(index&, std::string_view id, const selection&, std::string_view who,
                                          unix_time now);

// The same within a transaction of the caller, who commits.
result<std::vector<action_result>> release_within(index&, std::string_view id, const selection&, std::string_view who,
                                                  unix_time now);
result<std::vector<action_result>> remove_within(change&, std::string_view id, const selection&, std::string_view who,
                                                 unix_time now);

}  // namespace sluice::quarantine::actions
