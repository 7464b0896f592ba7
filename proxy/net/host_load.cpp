#include "net/host_load.hpp"

#include <algorithm>

namespace sluice::net {

host_load::entry& host_load::at(std::string_view host) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [host](const entry& e) { return e.host == host; });
  if (found != entries_.end()) return *found;
  return entries_.emplace_back(entry{std::string(host), 0, 0});
}

void host_load::forget_if_unused(std::string_view host) {
  std::erase_if(entries_, [host](const entry& e) { return e.host == host && e.open == 0 && e.waiting == 0; });
}

bool host_load::enter(std::string_view host, std::uint32_t most) {
  std::lock_guard lock(mutex_);
  entry& e = at(host);
  if (e.open >= most) return false;
  ++e.open;
  return true;
}

void host_load::leave(std::string_view host) {
  std::lock_guard lock(mutex_);
  --at(host).open;
  forget_if_unused(host);
}

void host_load::begin_wait(std::string_view host) {
  std::lock_guard lock(mutex_);
  ++at(host).waiting;
}

void host_load::end_wait(std::string_view host) {
  std::lock_guard lock(mutex_);
  --at(host).waiting;
  forget_if_unused(host);
}

bool host_load::wanted(std::string_view host) const {
  std::lock_guard lock(mutex_);
  return std::any_of(entries_.begin(), entries_.end(), [host](const entry& e) { return e.host == host && e.waiting > 0; });
}

}  // namespace sluice::net
