#include "status/profile_counts.hpp"

#include <algorithm>

namespace sluice::status {

void profile_counts::add(byte_view id, bool held, bool would_hold) {
  const std::lock_guard lock(mutex_);
  auto at = std::ranges::find_if(all_, [&](const profile_count& c) { return view(c.id) == id; });
  if (at == all_.end() && all_.size() < all_.capacity()) {
    profile_count fresh;
    assign_cut(fresh.id, id);
    all_.push_back(fresh);
    at = all_.end() - 1;
  }
  profile_count& count = at == all_.end() ? others_ : *at;
  ++count.seen;
  count.held += held;
  count.would_hold += would_hold;
}

profile_count profile_counts::of(byte_view id) const {
  const std::lock_guard lock(mutex_);
  const auto at = std::ranges::find_if(all_, [&](const profile_count& c) { return view(c.id) == id; });
  return at == all_.end() ? profile_count() : *at;
}

}  // namespace sluice::status
