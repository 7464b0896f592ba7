// The profile pack in force: checks the configured file (signature, serial, every profile in it), keeps a copy of the
// last good one in data_directory and goes on with that when the configured one is bad or older. So a bad pack never
// replaces a good one, and an old one never a newer one, over restarts too. A new one is tried on recent mail before it
// acts. Start and reload only; blocking.
#pragma once
#include <memory>
#include <string>

#include "config/model.hpp"
#include "firmware/profiles/pack.hpp"
#include "hal/include/hal/files.hpp"
#include "inspect/ruleset.hpp"
#include "policy/decide.hpp"
#include "status/history.hpp"

namespace sluice::gateway {

struct pack_choice {
  profiles::pack used;   // no profiles when there is none
  std::string refused;   // why the configured file is not used; empty when it is, or none is configured
};

pack_choice choose_pack(hal::files& files, const config::model& m);

// What new rules are tried on before they act.
struct rules_in_force {
  std::shared_ptr<const inspect::ruleset> rules;
  policy::settings policy;
  const status::history& past;
};

// Built-in profiles, the pack's, and the directory's, each replacing what came before. Null with a reason. With a past, a
// pack that would newly hold more of its messages than inspect.pack_new_holds is observed; so it is from then on, over
// restarts and other changes, until the limit is above what it would have held. Without one (at the start) nothing is tried.
std::shared_ptr<const inspect::ruleset> load_rules(hal::files& files, const config::model& m, std::string& error, const rules_in_force* now = nullptr);

}  // namespace sluice::gateway
