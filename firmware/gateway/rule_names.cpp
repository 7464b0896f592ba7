#include "firmware/gateway/rule_names.hpp"

#include <string>
#include <string_view>

#include "config/nearest.hpp"
#include "core/concat.hpp"
#include "inspect/rules.hpp"

namespace sluice::gateway {
namespace {

std::string indexed(std::string_view path, std::size_t zero_based) { return concat(path, "[", std::to_string(zero_based + 1), "]"); }

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
  look(m.policy.observed_rules, "policy.observed_rules");
  for (std::size_t i = 0; i < m.policy.weights.size(); ++i) look(m.policy.weights[i].rules, concat(indexed("policy.weight", i), ".rules"));
  look(m.digest.operator_rules, "digest.operator_rules");
  for (std::size_t i = 0; i < m.digest.domains.size(); ++i) look(m.digest.domains[i].notice_rules, concat(indexed("digest.domain", i), ".notice_rules"));
}

}  // namespace sluice::gateway
