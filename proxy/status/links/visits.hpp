// How many requests each client of the links' listener may make in a minute: a small table of fixed size. An IPv6 client is
// its /64. When the table is full of clients of this minute, the one with the fewest requests goes. On one loop.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.hpp"

namespace sluice::status {

inline constexpr std::size_t visit_entries = 128;

class visits {
 public:
  explicit visits(std::uint64_t per_minute) : per_minute_(per_minute) { all_.reserve(visit_entries); }
  void set_limit(std::uint64_t per_minute) { per_minute_ = per_minute; }

  // Counts one; false: too many, and refused() grows. `now` in UTC seconds.
  bool take(std::string_view address, std::int64_t now);
  std::uint64_t refused() const { return refused_; }

 private:
  struct entry {
    fixed_string<40> client;
    std::int64_t minute = 0;
    std::uint64_t count = 0;
  };

  std::uint64_t per_minute_, refused_ = 0;
  std::vector<entry> all_;
};

std::string client_of(std::string_view address);  // "192.0.2.1", "2001:db8:1:2::/64"

}  // namespace sluice::status
