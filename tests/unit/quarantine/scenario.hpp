// A run through everything that changes the store, and what may be seen of it. The crash and fault tests cut it
// anywhere.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "support.hpp"

namespace sluice::quarantine::test {

// What an administrator can see of a store: messages by id with content and recipients. Equal means indistinguishable.
using picture = std::map<std::string, std::string>;

// Reads everything that is there; a message whose content does not verify shows as such.
picture look_at(quarantine::store& s);

struct step {
  const char* name;
  std::function<result<void>(bench&)> act;
  // Several transactions: what may be seen in between is not checked, only that each message is whole.
  bool is_one_transaction = true;
};

store_limits scenario_limits();
std::vector<step> scenario();

// How many operations to skip: `n` in the daily run, five times as many under sanitizers, none of them when SLUICE_LONG
// is set (./test long).
std::size_t every(std::size_t n);

// Files and rows name each other, and every message that has content verifies.
void check_consistent(bench& b);

}  // namespace sluice::quarantine::test
