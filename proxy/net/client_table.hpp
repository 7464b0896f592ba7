// Limits per client: concurrent connections, connections per minute, recipients that turned out not to exist. A client
// is an IPv4 address or an IPv6 /64. The table has a fixed size; when it is full of clients that are connected right
// now, a newcomer is refused. One table for all loops, touched at admission and at the end of a session only.
#pragma once
#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <mutex>
#include <vector>

#include "net/io.hpp"

namespace sluice::net {

struct client_limits {
  std::uint32_t connections = 20;                 // at the same time
  std::uint32_t connections_per_minute = 120;     // new ones
  std::uint32_t invalid_recipients_per_minute = 30;  // refused with 5xx, by us or the downstream
};

class client_table {
 public:
  enum class admission : std::uint8_t { granted, too_many_connections, too_fast, too_many_invalid, table_full };
  using key = std::array<unsigned char, 8>;  // ::ffff:0:0/96 of IPv4 has a range of its own, else the /64

  client_table(std::size_t entries, client_limits limits);

  static key key_of(const asio::ip::address& address);

  admission enter(const key& client, clock::time_point now);
  void leave(const key& client);
  void invalid_recipient(const key& client, clock::time_point now);
  bool blocked(const key& client, clock::time_point now);  // too many invalid recipients
  void set_limits(client_limits limits);
  std::size_t bytes() const { return entries_.size() * sizeof(entry); }

 private:
  struct entry {
    key client{};
    bool used = false;
    std::uint32_t connections = 0;
    std::uint32_t recent = 0;           // connections in the current minute
    std::uint32_t invalid = 0;          // invalid recipients in the current minute
    clock::time_point minute{};         // begin of the current minute
    clock::time_point seen{};
  };
  entry* find(const key& client, clock::time_point now, bool make);
  static void roll(entry& e, clock::time_point now);

  std::mutex mutex_;
  std::vector<entry> entries_;
  client_limits limits_;
  std::uint64_t seed_;
};

}  // namespace sluice::net
