#include "firmware/gateway/generations/live_fit.hpp"

#include <algorithm>

#include "config/diff.hpp"
#include "core/concat.hpp"
#include "firmware/gateway/budget.hpp"

namespace sluice::gateway {
namespace {

constexpr const char* remedy = "push it with a restart (?restart=true, sluice config push --restart), restart with this configuration, or leave it as it is";

std::string mebibytes(std::uint64_t bytes) {
  const std::uint64_t hundredths = bytes * 100 / (1024 * 1024);
  const std::uint64_t rest = hundredths % 100;
  return concat(std::to_string(hundredths / 100), (rest < 10 ? ".0" : "."), std::to_string(rest), "MiB");
}

const budget_row* row_named(const budget& b, const std::string& name) {
  const auto at = std::ranges::find(b.process, name, &budget_row::name);
  return at == b.process.end() ? nullptr : &*at;
}

}  // namespace

std::vector<config::problem> restart_problems(const config::model& running, const config::model& next,
                                              std::uint64_t reserved_sessions) {
  std::vector<config::problem> out;
  for (const config::change& c : config::diff(running, next))
    if (c.when == config::reload::restart)
      out.push_back({{}, c.key, concat("is ", c.before, " and changes only with a restart"), remedy, false});
  if (next.memory.sessions > reserved_sessions)
    out.push_back({{}, "memory.sessions",
                   concat("was ", std::to_string(reserved_sessions), " at the start and can go above it only with a restart"),
                   remedy, false});
  return out;
}

std::vector<config::problem> memory_problems(const config::model& running, const config::model& next) {
  const budget before = compute_budget(running), after = compute_budget(next);
  const std::uint64_t limit = std::max(before.limit_bytes, after.limit_bytes);
  std::uint64_t sum = after.process_bytes();
  std::string parts;
  for (const budget_row& b : before.process) {
    const budget_row* a = row_named(after, b.name);
    const std::uint64_t now = a == nullptr ? 0 : a->total_bytes();
    if (b.total_bytes() <= now) continue;
    sum += b.total_bytes() - now;
    append_to(parts, " + ", mebibytes(b.total_bytes() - now), " that the running one has more of ", b.name);
  }
  if (sum <= limit) return {};
  return {{{}, "memory.total",
           concat("beside the running configuration it does not fit: ", mebibytes(after.process_bytes()), " of its own", parts, " is ",
               mebibytes(sum), ", ", mebibytes(sum - limit), " more than the ", mebibytes(limit), " allowed"),
           "make the change in two steps, first what gets smaller; or push it with a restart (?restart=true, sluice config push --restart)", false}};
}

}  // namespace sluice::gateway
