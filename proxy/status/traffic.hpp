// The last hour of mail in numbers: messages per minute by what became of them, and how long our reply took after the
// end of data. A ring of fixed size in RAM; times beyond the last bucket count in it. One lock, held for a few
// additions; called on the event loops (add) and on the management server's (look).
#pragma once
#include <array>
#include <cstdint>
#include <mutex>

namespace sluice::status {

inline constexpr std::size_t traffic_minutes = 60;
inline constexpr std::size_t latency_buckets = 32;  // bucket n ends at 2^(n/2) milliseconds: 46 s in the last but one

// What a message counts as in the picture of the hour.
enum class fate : std::uint8_t { delivered, held, turned_away, count_ };  // held: quarantined or rejected by verdict

struct traffic_minute {
  std::array<std::uint32_t, static_cast<std::size_t>(fate::count_)> messages{};
  std::uint32_t all() const { return messages[0] + messages[1] + messages[2]; }
};

// How messages came in.
enum class encryption : std::uint8_t { none, tls12, tls13, count_ };

struct traffic_view {
  std::array<traffic_minute, traffic_minutes> minutes{};  // oldest first; the last one is not over yet
  std::uint32_t hour = 0;                                 // messages of all of them
  std::uint32_t p50_ms = 0, p95_ms = 0;                   // upper ends of the buckets; 0: no message
  std::array<std::uint64_t, static_cast<std::size_t>(encryption::count_)> encryptions{};  // since the start
};

class traffic {
 public:
  void add(std::int64_t unix_seconds, fate what, encryption how, std::uint32_t milliseconds);
  traffic_view look(std::int64_t unix_seconds) const;

 private:
  struct minute {
    std::int64_t number = -1;  // since 1970
    traffic_minute seen;
    std::array<std::uint16_t, latency_buckets> latency{};
  };
  minute& at(std::int64_t number);

  mutable std::mutex mutex_;
  std::array<minute, traffic_minutes> ring_{};
  std::array<std::uint64_t, static_cast<std::size_t>(encryption::count_)> encryptions_{};
};

std::uint32_t bucket_end_ms(std::size_t bucket);
std::size_t bucket_of(std::uint32_t milliseconds);

}  // namespace sluice::status
