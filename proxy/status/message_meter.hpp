// What is counted per message, for /metrics: how messages ended, how long we took, how large they were, which rules fired,
// which profiles they belonged to. Fixed buckets and bounded tables of relaxed atomics: written by the event loops, read
// at any time. Our own test mails are not counted.
#pragma once
#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "inspect/rules.hpp"
#include "net/observer.hpp"

namespace sluice::status {

inline constexpr std::size_t most_profiles = 64;  // those beyond are counted as "other"
inline constexpr std::size_t outcome_count = static_cast<std::size_t>(net::outcome::abandoned) + 1;
inline constexpr std::size_t verdict_count = static_cast<std::size_t>(inspect::action::reject) + 1;
inline constexpr std::size_t rule_count = static_cast<std::size_t>(inspect::rule::count_);
inline constexpr std::size_t unscanned_count = inspect::unscanned_causes;

// Upper borders; one more bucket above the last.
inline constexpr std::array<double, 14> second_borders{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120};
inline constexpr std::array<double, 9> octet_borders{1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24, 1 << 26};

enum class message_tls : std::uint8_t { none, tls_1_2, tls_1_3, count_ };
const char* name_of(message_tls v);  // "none", "1.2", "1.3"

template <std::size_t Borders>
struct histogram_figures {
  std::array<std::uint64_t, Borders + 1> buckets{};  // each for itself
  double sum = 0;
};

// The counts at one moment.
struct message_figures {
  std::array<std::array<std::uint64_t, verdict_count>, outcome_count> ends{};
  std::array<std::uint64_t, static_cast<std::size_t>(message_tls::count_)> tls{};
  std::array<std::uint64_t, unscanned_count> unscanned{};
  std::array<std::uint64_t, rule_count> rules{};
  histogram_figures<second_borders.size()> after_end;
  histogram_figures<octet_borders.size()> octets;
  std::vector<std::pair<std::string, std::array<std::uint64_t, verdict_count>>> profiles;  // in order of their first message
};

class message_meter {
 public:
  void count(const net::message_event& e);
  message_figures figures() const;

 private:
  template <std::size_t Borders>
  struct histogram {
    std::array<std::atomic<std::uint64_t>, Borders + 1> buckets{};
    std::atomic<std::uint64_t> sum{0};
    void add(const std::array<double, Borders>& borders, double value, std::uint64_t exact) {
      std::size_t i = 0;
      while (i < Borders && value > borders[i]) ++i;
      buckets[i].fetch_add(1, std::memory_order_relaxed);
      sum.fetch_add(exact, std::memory_order_relaxed);
    }
  };
  struct profile_row {
    fixed_string<32> id;
    std::array<std::uint64_t, verdict_count> count{};
  };
  void count_profile(byte_view id, std::size_t verdict);

  std::array<std::array<std::atomic<std::uint64_t>, verdict_count>, outcome_count> ends_{};
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(message_tls::count_)> tls_{};
  std::array<std::atomic<std::uint64_t>, unscanned_count> unscanned_{};
  std::array<std::atomic<std::uint64_t>, rule_count> rules_{};
  histogram<second_borders.size()> after_end_;  // sum in milliseconds
  histogram<octet_borders.size()> octets_;
  mutable std::mutex profiles_mutex_;
  fixed_vector<profile_row, most_profiles + 1> profiles_;
};

}  // namespace sluice::status
