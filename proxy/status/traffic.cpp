#include "status/traffic.hpp"

#include <algorithm>
#include <limits>

namespace sluice::status {
namespace {

// 2^(n/2), rounded: 1, 1, 2, 3, 4, 6, 8, 11, 16, 23, 32, ... An array, so that no floating point decides a bucket.
constexpr std::array<std::uint32_t, latency_buckets> ends = [] {
  std::array<std::uint32_t, latency_buckets> out{};
  for (std::size_t i = 0; i < latency_buckets; ++i) {
    const std::uint64_t power = std::uint64_t{1} << (i / 2);
    out[i] = static_cast<std::uint32_t>(i % 2 == 0 ? power : (power * 1'414'214 + 500'000) / 1'000'000);
  }
  return out;
}();

std::uint32_t percentile(const std::array<std::uint64_t, latency_buckets>& count, std::uint64_t all, unsigned percent) {
  if (all == 0) return 0;
  const std::uint64_t wanted = (all * percent + 99) / 100;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < latency_buckets; ++i) {
    seen += count[i];
    if (seen >= wanted) return ends[i];
  }
  return ends.back();
}

std::size_t place_of(std::int64_t number) { return static_cast<std::size_t>(number % static_cast<std::int64_t>(traffic_minutes)); }

}  // namespace

std::uint32_t bucket_end_ms(std::size_t bucket) { return ends[std::min(bucket, latency_buckets - 1)]; }

std::size_t bucket_of(std::uint32_t milliseconds) {
  return std::min<std::size_t>(static_cast<std::size_t>(std::lower_bound(ends.begin(), ends.end(), milliseconds) - ends.begin()), latency_buckets - 1);
}

traffic::minute& traffic::at(std::int64_t number) {
  minute& m = ring_[place_of(number)];
  if (m.number != number) {
    m = minute();
    m.number = number;
  }
  return m;
}

void traffic::add(std::int64_t unix_seconds, fate what, encryption how, std::uint32_t milliseconds) {
  if (unix_seconds < 0) return;
  const std::lock_guard lock(mutex_);
  minute& m = at(unix_seconds / 60);
  ++encryptions_[static_cast<std::size_t>(how)];
  ++m.seen.messages[static_cast<std::size_t>(what)];
  std::uint16_t& bucket = m.latency[bucket_of(milliseconds)];
  if (bucket != std::numeric_limits<std::uint16_t>::max()) ++bucket;
}

traffic_view traffic::look(std::int64_t unix_seconds) const {
  traffic_view out;
  std::array<std::uint64_t, latency_buckets> latency{};
  std::uint64_t timed = 0;
  const std::int64_t last = unix_seconds / 60, first = last - static_cast<std::int64_t>(traffic_minutes) + 1;
  const std::lock_guard lock(mutex_);
  for (std::int64_t n = std::max<std::int64_t>(first, 0); n <= last; ++n) {
    const minute& m = ring_[place_of(n)];
    if (m.number != n) continue;
    out.minutes[static_cast<std::size_t>(n - first)] = m.seen;
    out.hour += m.seen.all();
    for (std::size_t i = 0; i < latency_buckets; ++i) {
      latency[i] += m.latency[i];
      timed += m.latency[i];
    }
  }
  out.encryptions = encryptions_;
  out.p50_ms = percentile(latency, timed, 50);
  out.p95_ms = percentile(latency, timed, 95);
  return out;
}

}  // namespace sluice::status
