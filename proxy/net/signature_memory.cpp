// See signature_memory.hpp.
#include "net/signature_memory.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sluice::net {
namespace {

std::uint64_t scramble(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ull;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

// Linear counting: how many different recipients leave so many of 64 bits unset.
std::uint32_t estimate(std::uint64_t bits) {
  const int unset = 64 - std::popcount(bits);
  if (unset == 0) return 200;
  return static_cast<std::uint32_t>(std::lround(-64.0 * std::log(unset / 64.0)));
}

}  // namespace

signature_memory::signature_memory(std::size_t entries, std::uint64_t secret) : secret_(secret), entries_((entries + ways - 1) / ways * ways) {}

signature_memory::entry& signature_memory::find(std::uint64_t key, std::uint32_t now) {
  const std::size_t bucket = static_cast<std::size_t>(scramble(key ^ secret_) % (entries_.size() / ways)) * ways;
  entry* oldest = &entries_[bucket];
  for (std::size_t i = bucket; i < bucket + ways; ++i) {
    entry& e = entries_[i];
    if (e.key == key) {
      if (now - e.last > keep_seconds) e = {key, 0, now, 0};
      return e;
    }
    if (e.key == 0) {
      if (oldest->key != 0) oldest = &e;
    } else if (oldest->key != 0 && e.last < oldest->last) {
      oldest = &e;
    }
  }
  if (oldest->key == 0) ++used_;
  *oldest = {key, 0, now, 0};
  return *oldest;
}

signature_memory::seen signature_memory::remember(std::span<const std::uint64_t> signatures, std::span<const std::uint32_t> recipients, std::int64_t seconds) {
  seen most;
  if (entries_.empty()) return most;
  const auto now = static_cast<std::uint32_t>(seconds);
  std::uint64_t bits = 0;
  for (const std::uint32_t r : recipients) bits |= std::uint64_t{1} << (scramble(r ^ secret_) & 63);
  const std::lock_guard lock(guard_);
  for (const std::uint64_t key : signatures) {
    if (key == 0) continue;
    entry& e = find(key, now);
    e.last = std::max(e.last, now);
    e.recipients |= bits;
    if (e.messages != 0xFFFFFFFF) ++e.messages;
    most.messages = std::max(most.messages, e.messages);
    most.recipients = std::max(most.recipients, estimate(e.recipients));
  }
  return most;
}

std::size_t signature_memory::used() const {
  const std::lock_guard lock(guard_);
  return used_;
}

}  // namespace sluice::net
