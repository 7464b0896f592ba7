// Who gave a wrong password waits, longer each time: per address up to a quarter of an hour, per user name up to a
// minute (so that nobody is locked out for good by somebody else's guesses). A table of fixed size; when it is full the
// entry with the oldest failure goes. Time comes in as UTC seconds.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/text.hpp"

namespace sluice::status {

inline constexpr unsigned free_failures = 5;           // wrong answers before the first wait
inline constexpr std::int64_t address_wait_s = 900;    // longest wait of an address
inline constexpr std::int64_t user_wait_s = 60;        // longest wait of a user name
inline constexpr std::int64_t forgiven_after_s = 3600;  // a failure this old counts no more
inline constexpr std::size_t lockout_entries = 64;
inline constexpr unsigned setup_tries_per_minute = 5;

class lockout {
 public:
  // Seconds until another answer is looked at; 0: now.
  std::int64_t wait_of(std::string_view address, std::string_view user, std::int64_t now) const;
  void failed(std::string_view address, std::string_view user, std::int64_t now);
  void succeeded(std::string_view address, std::string_view user);
  void not_looked_at(std::string_view address, std::string_view user);  // what was counted as failed before it could be looked at

 private:
  struct entry {
    fixed_string<48> who;  // "a" + address or "u" + name
    unsigned failures = 0;
    std::int64_t last = 0;
  };
  static std::int64_t wait(const entry& e, std::int64_t now);
  void count(char kind, std::string_view who, std::int64_t now);

  std::vector<entry> all_;
};

// So many tries in each minute, whoever makes them.
class minute_limit {
 public:
  bool take(std::int64_t now);

 private:
  std::int64_t minute_began_ = 0;
  unsigned taken_ = 0;
};

}  // namespace sluice::status
