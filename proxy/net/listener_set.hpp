// The listening sockets ("doors"), which may change while sessions run. A door that is not wanted any more stops
// listening at once, so that new connections are refused, but keeps its address until settle(): going back to it cannot
// fail because somebody else has taken the address meanwhile, or because the port needs a privilege that is gone.
//
// Not here: accepting (server.cpp). All on the control loop, or before it runs.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/io.hpp"
#include "net/settings.hpp"

namespace sluice::net {

struct door {
  explicit door(executor e, asio::ip::tcp::endpoint where) : at(where), acceptor(e) {}
  asio::ip::tcp::endpoint at;  // as configured
  tcp_acceptor acceptor;
  bool open = false;
  std::uint32_t times_opened = 0;  // tells an accepting coroutine that its time is over
};

class listener_set {
 public:
  using door_list = std::vector<std::shared_ptr<door>>;
  explicit listener_set(executor e) : executor_(e) {}

  // Makes these listeners the ones that listen. `opened`: the doors that have begun to, for which nobody accepts yet.
  // Empty on success; otherwise what failed ("0.0.0.0:25: address already in use"), and all is as it was.
  std::string change(const std::vector<listener_settings>& wanted, door_list& opened);
  // Whether change() would find the addresses free, without listening on any. Empty, or why not.
  std::string try_addresses(const std::vector<listener_settings>& wanted) const;
  void settle();  // closes the doors that only keep their addresses
  void close();   // all of them

  const door_list& doors() const { return doors_; }

 private:
  std::shared_ptr<door> find(const listener_settings& l) const;
  std::string bring_up(const std::shared_ptr<door>& d, const std::vector<listener_settings>* wanted, door_list& parked);
  static void park(door& d);

  executor executor_;
  door_list doors_;  // listening or only keeping their addresses
};

}  // namespace sluice::net
