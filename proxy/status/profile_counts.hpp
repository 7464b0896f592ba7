// How often each sender profile was seen since the start, and what became of its mail. A table of fixed size: profiles
// beyond it are counted together under no name.
#pragma once
#include <cstdint>
#include <mutex>

#include "core/bytes.hpp"
#include "core/text.hpp"

namespace sluice::status {

inline constexpr std::size_t counted_profiles = 320;  // built-in ones and the largest pack

struct profile_count {
  fixed_string<32> id;
  std::uint32_t seen = 0;
  std::uint32_t held = 0;        // quarantined or rejected by verdict
  std::uint32_t would_hold = 0;  // forwarded by observe mode
};

class profile_counts {
 public:
  void add(byte_view id, bool held, bool would_hold);
  profile_count of(byte_view id) const;

 private:
  mutable std::mutex mutex_;
  fixed_vector<profile_count, counted_profiles> all_;
  profile_count others_;
};

}  // namespace sluice::status
