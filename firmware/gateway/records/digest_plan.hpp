// When who is told: the part of the configuration that digests need, and the arithmetic of schedules. Pure; times are UTC
// seconds.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"

namespace sluice::gateway {

struct digest_plan {
  struct domain {
    std::string name;
    std::vector<std::int64_t> times_s;  // seconds of the day, ascending; empty: by interval
    std::int64_t interval_s = 86'400;
    bool notice = false;
    std::vector<std::string> notice_rules;
  };
  struct recipient {
    std::string address;  // lower case
    bool digest = false, notice = false;
  };

  std::vector<domain> domains;
  std::vector<recipient> recipients;
  std::size_t rows = 20;
  std::uint64_t notices_per_hour = 10;  // for one recipient
  bool links = false;
  std::string link_url;
  std::int64_t link_lifetime_s = 0;
  std::vector<std::string> operator_rules;
  std::string hostname, from;

  bool wants_digest(std::string_view address) const;
  bool wants_notice(std::string_view address) const;
};

digest_plan plan_of(const config::model& m);

// The last scheduled moment at or before `now`. Intervals are counted from 1970-01-01 00:00 UTC, so that a restart moves
// nothing.
std::int64_t last_moment(const digest_plan::domain& d, std::int64_t now);

// Is a message with findings of these rules told at once?
bool notice_fits(const digest_plan::domain& d, const std::vector<std::string>& rules);

}  // namespace sluice::gateway
