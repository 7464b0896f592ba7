// The real rules (built-in profiles and lexicon), loaded once.
#pragma once
#include <memory>
#include <stdexcept>

#include "firmware/profiles/profile_loader.hpp"

inline const sluice::inspect::ruleset& real_rules() {
  static const auto rules = [] {
    std::vector<sluice::profiles::profile_problem> problems;
    auto made = sluice::profiles::load_ruleset("", problems);
    for (const auto& p : problems) throw std::runtime_error(sluice::profiles::format(p));
    return made;
  }();
  return *rules;
}
