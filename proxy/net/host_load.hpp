// Connections that are open to each downstream host, counted over all loops, so that a host is never given more than
// its route allows (many servers refuse the connections of one address beyond a number). A connection holds a place
// from connect to its end. Who finds no place waits for a while; as long as somebody waits, idle connections to that
// host are ended instead of being kept. Thread safe; touched per connection, not per message.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::net {

class host_load {
 public:
  // True: a place was taken, leave() gives it back. `most` at least 1.
  bool enter(std::string_view host, std::uint32_t most);
  void leave(std::string_view host);

  void begin_wait(std::string_view host);
  void end_wait(std::string_view host);
  bool wanted(std::string_view host) const;  // somebody waits

 private:
  struct entry {
    std::string host;
    std::uint32_t open = 0, waiting = 0;
  };
  entry& at(std::string_view host);
  void forget_if_unused(std::string_view host);

  mutable std::mutex mutex_;
  std::vector<entry> entries_;  // hosts with a connection or somebody who waits: a handful
};

}  // namespace sluice::net
