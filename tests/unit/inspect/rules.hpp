// The real rules (built-in profiles and lexicon), loaded once, and what they see in a text.
#pragma once
#include <memory>
#include <stdexcept>

#include "firmware/profiles/profile_loader.hpp"
#include "inspect/fold.hpp"
#include "inspect/signals.hpp"

inline const sluice::inspect::ruleset& real_rules() {
  static const auto rules = [] {
    std::vector<sluice::profiles::profile_problem> problems;
    auto made = sluice::profiles::load_ruleset("", problems);
    for (const auto& p : problems) throw std::runtime_error(sluice::profiles::format(p));
    return made;
  }();
  return *rules;
}

inline sluice::inspect::text_signals scanned(std::string_view text) {
  static sluice::inspect::folded seen;
  sluice::inspect::text_signals out;
  sluice::inspect::fold(text, seen);
  sluice::inspect::scan_text(seen, real_rules().words(), out);
  return out;
}
