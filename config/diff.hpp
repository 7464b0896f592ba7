// What differs between the running configuration and a new one, and what each change takes to become effective. Used on
// reload (SIGHUP, a pushed generation) to decide what is opened anew, and to tell the operator what waits for a
// restart.
#pragma once
#include <string>
#include <vector>

#include "config/model.hpp"
#include "config/schema.hpp"

namespace sluice::config {

struct change {
  std::string key;          // "deadline.command", "route[10.0.0.5:25].tls", or "listener[0.0.0.0:25]" for a whole table
  std::string before, now;  // as TOML; empty when the table was added or removed
  reload when = reload::session;
};

// Tables of a list are matched by the key that names them (address, host, certificate, domain), not by their order.
// Both models have gone through fill_derived() on the same machine.
std::vector<change> diff(const model& before, const model& now);

// The class that covers all changes: restart over reopen over session.
reload strongest(const std::vector<change>& changes);

}  // namespace sluice::config
