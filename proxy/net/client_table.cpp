#include "net/client_table.hpp"

#include <sys/random.h>

#include <cstring>

#include "net/plain_address.hpp"

namespace sluice::net {
namespace {

constexpr std::size_t ways = 8;  // places where one client may stand; the oldest idle one makes room

// Keyed mixing (splitmix64), so that nobody can aim at one set of the table.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

client_table::client_table(std::size_t entries, client_limits limits)
    : entries_((entries + ways - 1) / ways * ways), limits_(limits), seed_(0x5eed) {
  // Without entropy the table still works, it is only easier to aim at.
  [[maybe_unused]] const auto n = ::getrandom(&seed_, sizeof seed_, GRND_NONBLOCK);
}

client_table::key client_table::key_of(const asio::ip::address& address) {
  key k{};
  const asio::ip::address plain = plain_address(address);
  if (plain.is_v6()) {
    const auto bytes = plain.to_v6().to_bytes();
    std::memcpy(k.data(), bytes.data(), 8);
  } else {
    const auto bytes = plain.to_v4().to_bytes();
    k[0] = k[1] = 0xff;  // ff00::/8 is multicast: no client has such a /64
    std::memcpy(k.data() + 4, bytes.data(), 4);
  }
  return k;
}

void client_table::roll(entry& e, clock::time_point now) {
  if (now - e.minute >= std::chrono::minutes(1)) {
    e.minute = now;
    e.recent = 0;
    e.invalid = 0;
  }
  e.seen = now;
}

client_table::entry* client_table::find(const key& client, clock::time_point now, bool make) {
  std::uint64_t word;
  std::memcpy(&word, client.data(), sizeof word);
  const std::size_t set = static_cast<std::size_t>(mix(word ^ seed_)) % (entries_.size() / ways) * ways;
  entry* victim = nullptr;
  for (std::size_t i = set; i < set + ways; ++i) {
    entry& e = entries_[i];
    if (e.used && e.client == client) return &e;
    if (e.used && e.connections > 0) continue;
    if (victim == nullptr || !e.used || (victim->used && e.seen < victim->seen)) victim = &e;
  }
  if (!make || victim == nullptr) return nullptr;
  *victim = entry{};
  victim->client = client;
  victim->used = true;
  victim->minute = now;
  return victim;
}

client_table::admission client_table::enter(const key& client, clock::time_point now) {
  std::lock_guard lock(mutex_);
  entry* e = find(client, now, true);
  if (e == nullptr) return admission::table_full;
  roll(*e, now);
  if (e->connections >= limits_.connections) return admission::too_many_connections;
  if (e->recent >= limits_.connections_per_minute) return admission::too_fast;
  if (e->invalid >= limits_.invalid_recipients_per_minute) return admission::too_many_invalid;
  ++e->connections;
  ++e->recent;
  return admission::granted;
}

void client_table::leave(const key& client) {
  std::lock_guard lock(mutex_);
  entry* e = find(client, {}, false);
  if (e != nullptr && e->connections > 0) --e->connections;
}

void client_table::invalid_recipient(const key& client, clock::time_point now) {
  std::lock_guard lock(mutex_);
  if (entry* e = find(client, now, false)) {
    roll(*e, now);
    ++e->invalid;
  }
}

bool client_table::blocked(const key& client, clock::time_point now) {
  std::lock_guard lock(mutex_);
  entry* e = find(client, now, false);
  if (e == nullptr) return false;
  roll(*e, now);
  return e->invalid >= limits_.invalid_recipients_per_minute;
}

void client_table::set_limits(client_limits limits) {
  std::lock_guard lock(mutex_);
  limits_ = limits;
}

}  // namespace sluice::net
