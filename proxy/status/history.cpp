#include "status/history.hpp"

#include <algorithm>

namespace sluice::status {

void history::add(history_entry e) {
  std::lock_guard lock(mutex_);
  if (ring_.empty()) return;
  e.serial = ++added_;
  ring_[(added_ - 1) % ring_.size()] = std::move(e);
}

std::vector<history_entry> history::page(std::uint64_t before, std::size_t limit) const {
  std::lock_guard lock(mutex_);
  std::vector<history_entry> out;
  const std::uint64_t oldest = added_ > ring_.size() ? added_ - ring_.size() + 1 : 1;
  std::uint64_t serial = before == 0 ? added_ : std::min(before - 1, added_);
  for (; serial >= oldest && serial > 0 && out.size() < limit; --serial)
    out.push_back(ring_[(serial - 1) % ring_.size()]);
  return out;
}

std::uint64_t history::count() const {
  std::lock_guard lock(mutex_);
  return added_;
}

}  // namespace sluice::status
