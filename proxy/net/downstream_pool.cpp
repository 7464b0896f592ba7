#include "net/downstream_pool.hpp"

#include <algorithm>

namespace sluice::net {

bool worth_keeping(const downstream& c, const route_settings& route) {
  return !c.broken() && c.transactions < route.transactions_per_connection &&
         c.refused_commands < route.refused_commands_per_connection;
}

std::unique_ptr<downstream> downstream_pool::take(std::size_t route, std::uint64_t generation, std::string_view host) {
  for (auto at = idle_.end(); at != idle_.begin();) {
    --at;
    downstream& c = **at;
    if (c.gone()) {  // the downstream has left meanwhile, which is its right
      at = idle_.erase(at);
      continue;
    }
    if (c.route_index != route || c.generation != generation || c.host_key() != host) continue;
    std::unique_ptr<downstream> out = std::move(*at);
    idle_.erase(at);
    out->introduced = false;
    return out;
  }
  return nullptr;
}

std::unique_ptr<downstream> downstream_pool::give(std::unique_ptr<downstream> c, const route_settings& route) {
  const auto same_route = [&](const auto& other) { return other->route_index == c->route_index; };
  if (!worth_keeping(*c, route) || c->gone() ||
      std::count_if(idle_.begin(), idle_.end(), same_route) >= static_cast<std::ptrdiff_t>(route.idle_connections))
    return c;
  c->idle_since = clock::now();
  idle_.push_back(std::move(c));
  return nullptr;
}

std::unique_ptr<downstream> downstream_pool::take_expired(clock::time_point now, const settings& current,
                                                          const host_load& load) {
  for (auto at = idle_.begin(); at != idle_.end(); ++at) {
    const downstream& c = **at;
    const bool foreign = c.generation != current.generation || c.route_index >= current.routes.size();
    if (!foreign && !load.wanted(c.host_key()) && now - c.idle_since < current.routes[c.route_index].idle_timeout) continue;
    std::unique_ptr<downstream> out = std::move(*at);
    idle_.erase(at);
    return out;
  }
  return nullptr;
}

}  // namespace sluice::net
