#include "firmware/gateway/rule_names.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "config/nearest.hpp"
#include "core/concat.hpp"
#include "inspect/rules.hpp"

namespace sluice::gateway {
namespace {

std::string indexed(std::string_view path, std::size_t zero_based) { return concat(path, "[", std::to_string(zero_based + 1), "]"); }

std::string class_remedy_for(std::string_view written) {
  const std::string_view best = config::nearest(written, inspect::abuse_names);
  return best.empty() ? "one of slot, takeover, resent, spoofed, other" : concat("did you mean \"", best, "\"?");
}

std::string remedy_for(std::string_view written) {
  std::vector<std::string_view> known;
  for (const inspect::rule_info& r : inspect::all_rules()) known.push_back(r.id);
  const std::string_view best = config::nearest(written, known);
  return best.empty() ? "firmware/docs/metrics.md lists all rules" : concat("did you mean \"", best, "\"?");
}

}  // namespace

void check_rule_names(const config::model& m, const config::positions& where, std::vector<config::problem>& problems) {
  const auto look = [&](const std::vector<std::string>& ids, const std::string& key) {
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (inspect::rule_named(ids[i]) == inspect::rule::count_)
        problems.push_back({where.find(indexed(key, i)), key, concat("there is no rule \"", ids[i], "\""), remedy_for(ids[i]), false});
  };
  const auto look_classes = [&](const std::vector<std::string>& names, const std::string& key) {
    for (std::size_t i = 0; i < names.size(); ++i)
      if (std::ranges::find(inspect::abuse_names, names[i]) == inspect::abuse_names.end())
        problems.push_back({where.find(indexed(key, i)), key, concat("there is no class \"", names[i], "\""), class_remedy_for(names[i]), false});
  };
  for (std::size_t i = 0; i < m.policy.exceptions.size(); ++i) look_classes(m.policy.exceptions[i].classes, concat(indexed("policy.exception", i), ".classes"));
  for (std::size_t i = 0; i < m.policy.weights.size(); ++i) look_classes(m.policy.weights[i].classes, concat(indexed("policy.weight", i), ".classes"));
  look(m.policy.observed_rules, "policy.observed_rules");
  for (std::size_t i = 0; i < m.policy.weights.size(); ++i) look(m.policy.weights[i].rules, concat(indexed("policy.weight", i), ".rules"));
  look(m.digest.operator_rules, "digest.operator_rules");
  for (std::size_t i = 0; i < m.digest.domains.size(); ++i) look(m.digest.domains[i].notice_rules, concat(indexed("digest.domain", i), ".notice_rules"));
}

}  // namespace sluice::gateway
