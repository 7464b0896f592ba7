// Completes a model that was read with values taken from elsewhere: from the machine, or from another key. Called once,
// after read_toml(), by whoever runs or prints a configuration; the differences of two models are taken afterwards.
#pragma once
#include <cstdint>
#include <string_view>

#include "config/model.hpp"

namespace sluice::config {

struct machine {
  std::string_view host_name = "localhost";
  std::uint64_t cores = 1;
};

// hostname, policy.authserv_id, listener.max_message_size, route.tls_name, route.connections, memory.loops and the
// quotas of [[quarantine.recipient_domain]]. memory.tls_heap is left to firmware/gateway/budget, which knows the costs.
void fill_derived(model& m, const machine& here);

}  // namespace sluice::config
