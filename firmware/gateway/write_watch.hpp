// Tells when the spool has written more in one day (UTC) than the flash is meant to take: spool.daily_write_alarm. The
// wear is the sum over weeks, so one alarm a day is enough; a restart begins the day anew.
#pragma once
#include <cstdint>

namespace sluice::gateway {

class write_watch {
 public:
  // `written`: octets since the start, never falling; `limit` 0: never. True once on each day that passes the limit.
  bool passes(std::int64_t unix_seconds, std::uint64_t written, std::uint64_t limit) {
    const std::int64_t day = unix_seconds / seconds_per_day;
    if (day != day_) {
      day_ = day;
      at_begin_ = last_;
      told_ = false;
    }
    last_ = written;
    if (told_ || limit == 0 || today() <= limit) return false;
    told_ = true;
    return true;
  }
  std::uint64_t today() const { return last_ - at_begin_; }

 private:
  static constexpr std::int64_t seconds_per_day = 86'400;
  std::int64_t day_ = -1;
  std::uint64_t at_begin_ = 0, last_ = 0;
  bool told_ = false;
};

}  // namespace sluice::gateway
