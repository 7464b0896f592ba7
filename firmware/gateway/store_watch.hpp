// What the metrics tell of the quarantine, counted on the storage thread every few seconds (its states, which means reading
// every row, once a minute), read from any thread; and what the kernel says of the process.
#pragma once
#include <mutex>

#include "quarantine/store.hpp"
#include "status/snapshot.hpp"

namespace sluice::gateway {

status::process_facts look_at_process();  // of /proc/self

class store_watch {
 public:
  void look(quarantine::store& store, std::int64_t now);  // on the storage thread
  void fill(status::snapshot& s) const;

 private:
  std::int64_t next_count_ = 0;
  mutable std::mutex mutex_;
  status::quarantine_facts held_;
};

}  // namespace sluice::gateway
