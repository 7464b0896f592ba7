// Who goes first when room is needed, and what goes by age. Internal to the quarantine.
//
// Eviction is oldest first and never touches what is younger than minimum_age_s, nor a message with a release under
// way. A sender domain has at most its share of the bytes, so that one sender cannot push everybody else's mail out.
#pragma once
#include <span>
#include <string>

#include "quarantine/index.hpp"

namespace sluice::quarantine {

// Makes room for a message of `bytes` within the change. Errors: store_full, sender_share_full, domain_full; the caller
// rolls back, so that nothing was evicted in vain.
result<void> make_room(change&, const std::string& sender_domain, std::span<const std::string> recipient_domains,
                       std::uint64_t bytes, unix_time now);

result<upkeep_report> keep_up(index&, unix_time now);

}  // namespace sluice::quarantine
