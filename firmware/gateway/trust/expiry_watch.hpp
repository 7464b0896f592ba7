// Certificates that end soon, told once a day each: a warning within tls.expiry_notice, an error within tls.expiry_alarm
// and after the end. A plain value without a clock.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tls/context.hpp"

namespace sluice::gateway {

struct expiry_limits {
  std::int64_t notice_s = 21 * 86'400, alarm_s = 7 * 86'400;
};

enum class expiry : std::uint8_t { fine, notice, alarm, expired };

inline expiry expiry_of(const tls::certificate_info& c, std::int64_t now, expiry_limits l) {
  const std::int64_t left = c.not_after - now;
  return left < 0 ? expiry::expired : left <= l.alarm_s ? expiry::alarm : left <= l.notice_s ? expiry::notice : expiry::fine;
}

// "mx.example.org ends in 6 days"; empty when it is fine.
inline std::string expiry_text(const tls::certificate_info& c, std::int64_t now, expiry_limits l) {
  const expiry e = expiry_of(c, now, l);
  const std::string name = c.names.empty() ? c.subject : c.names.front();
  const std::int64_t days = (c.not_after - now) / 86'400;
  if (e == expiry::fine) return {};
  if (e == expiry::expired) return name + " has expired";
  return name + " ends " + (days == 0 ? "within a day" : days == 1 ? "in 1 day" : "in " + std::to_string(days) + " days");
}

class expiry_watch {
 public:
  struct due {
    const tls::certificate_info* certificate;
    expiry what;
  };

  // Those to tell now; empty for the rest of the day. A clock that was set back tells again, at most.
  std::vector<due> look(const std::vector<tls::certificate_info>& all, std::int64_t now, expiry_limits l) {
    const std::int64_t day = now / 86'400;
    if (day != day_) told_.clear();
    day_ = day;
    std::vector<due> out;
    for (const tls::certificate_info& c : all) {
      const expiry what = expiry_of(c, now, l);
      const std::string mark = c.sha256 + static_cast<char>('0' + static_cast<int>(what));
      bool known = what == expiry::fine;
      for (const std::string& t : told_) known = known || t == mark;
      if (known) continue;
      told_.push_back(mark);
      out.push_back({&c, what});
    }
    return out;
  }

 private:
  std::int64_t day_ = -1;
  std::vector<std::string> told_;  // of today; as many as there are certificates, three times at most
};

}  // namespace sluice::gateway
