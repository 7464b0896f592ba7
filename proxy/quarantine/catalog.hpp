// Looking into the store: lists, one message in full, figures. Reads only. Internal to the quarantine.
#pragma once
#include "quarantine/index.hpp"

namespace sluice::quarantine::catalog {

result<list_page> list(index&, const list_filter&, std::int64_t before, std::size_t limit);
result<message_detail> show(index&, std::string_view id);
result<store_stats> stats(index&);
result<store_totals> totals(index&);
// An empty id means the whole audit, newest first; with an id, that message's, oldest first.
result<std::vector<audit_entry>> audit(index&, std::string_view id, std::int64_t before, std::size_t limit);
// The envelope with the recipients that delivery attempt `attempt` covers; 0 means all of them.
result<envelope> envelope_of(index&, std::int64_t seq, std::int64_t attempt);

}  // namespace sluice::quarantine::catalog
