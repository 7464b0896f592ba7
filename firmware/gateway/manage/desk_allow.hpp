// "Release and allow": which exceptions of the administrator's lists would let the next such mail through. Each names a
// recipient, a rule, and the one text of a slot or the one template; what cannot be named so narrowly is refused. Values in,
// values out.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "policy/lists.hpp"
#include "quarantine/message.hpp"

namespace sluice::gateway {

inline constexpr std::int64_t allow_days_default = 30, allow_days_max = 90;
inline constexpr std::size_t allow_recipients_max = 10;

struct allow_plan {
  std::vector<policy::list_entry> entries;
  std::string refused;  // why not; then there are no entries
  std::vector<std::string> lines;  // what would be allowed, for people
};
allow_plan plan_allow(const quarantine::message_detail& m, const std::vector<std::string>& recipients, std::int64_t days, const std::string& who,
                      std::int64_t now);

}  // namespace sluice::gateway
