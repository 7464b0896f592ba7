// The memory budget (promise P3): what the configuration can use at most, added up before anything is opened. A pure
// function of the configuration and of session_cost.hpp; printed by 'sluice budget', enforced at start, and the source
// of the limits of the gauges.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "config/problem.hpp"

namespace sluice::gateway {

struct budget_row {
  std::string name;
  std::uint64_t count = 0;
  std::uint64_t each_bytes = 0;
  std::string from;  // the key that sets the count or the size; empty for fixed rows
  std::uint64_t total_bytes() const { return count * each_bytes; }
};

struct budget {
  std::vector<budget_row> process;   // must fit into limit_bytes
  std::vector<budget_row> kernel;    // on top of it; a cgroup's limit has to hold both
  std::uint64_t limit_bytes = 0;     // memory.total
  std::uint64_t dns_heap_bytes = 0;  // of c-ares
  std::uint64_t tls_heap_bytes = 0;  // memory.tls_heap, or what all sessions need when it is not set
  std::uint64_t tls_heap_floor_bytes = 0;  // below it, sessions that do nothing already use the heap up

  std::uint64_t process_bytes() const;
  std::uint64_t kernel_bytes() const;
  bool fits() const { return process_bytes() <= limit_bytes; }
};

// `m` has gone through config::fill_derived().
budget compute_budget(const config::model& m);

// "the parts add up to 40.1MiB, 8.1MiB more than memory.total: 8.0MiB window pool + ...".
std::string explain_misfit(const budget& b);

// What is allowed but will be felt, as notes for the administrator; keys without positions.
std::vector<config::problem> budget_notes(const budget& b);

// The table as lines, each with '\n': name, count x each = total, key; then the sums.
std::string budget_table(const budget& b);
// The same as one JSON object.
std::string budget_json(const budget& b);

}  // namespace sluice::gateway
