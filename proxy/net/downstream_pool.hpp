// Idle downstream connections of one event loop, for the next client session of the same route. Bounded per route;
// retired after so many transactions, refused commands or seconds of idleness, and when the generation that opened them
// is no longer in force.
#pragma once
#include <list>
#include <memory>

#include "net/downstream.hpp"

namespace sluice::net {

class downstream_pool {
 public:
  // The most recently used connection to `host` that still stands; null when there is none.
  std::unique_ptr<downstream> take(std::size_t route, std::uint64_t generation, std::string_view host);
  // Keeps the connection when it is worth keeping; otherwise gives it back for the caller to end.
  std::unique_ptr<downstream> give(std::unique_ptr<downstream> connection, const route_settings& route);
  // Connections whose time has come, or whose place others wait for; the caller ends them politely.
  std::unique_ptr<downstream> take_expired(clock::time_point now, const settings& current, const host_load& load);

  std::size_t size() const { return idle_.size(); }
  void clear() { idle_.clear(); }

 private:
  std::list<std::unique_ptr<downstream>> idle_;  // oldest first
};

bool worth_keeping(const downstream& connection, const route_settings& route);

}  // namespace sluice::net
