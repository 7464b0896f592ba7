// Releases, or mail of our own, on their way to the downstream: which is due, and what became of it. Internal to the
// quarantine.
//
// At least once: an attempt is recorded (id, recipients) before it starts and its outcome after it ended. The only way
// to a second delivery is a stop of the process between the downstream's 250 and the commit of record().
#pragma once
#include <vector>

#include "quarantine/index.hpp"

namespace sluice::quarantine {

struct outbox_tables;

class outbox {
 public:
  enum class of_what : std::uint8_t { releases, own_mail };
  outbox(index& i, of_what what);
  result<std::optional<unix_time>> next_due_time();
  result<std::optional<release_job>> next_due(unix_time now);
  result<void> record(std::int64_t attempt, std::span<const delivery_result>, unix_time now);
  result<void> record_damage(std::int64_t attempt, unix_time now);

 private:
  struct claim {
    std::int64_t attempt = 0;
    message_row message;
  };
  result<std::optional<claim>> claim_one(unix_time now);
  // An outcome that could not be written (index locked, disk full). It is known, so nothing else is delivered before it
  // is on the medium: otherwise the same recipients would be in delivery until the next start.
  struct outcome {
    std::int64_t attempt = 0;
    std::vector<delivery_result> results;
    bool damaged = false;
    unix_time at = 0;
  };
  result<void> write(const outcome&);
  result<void> write_unwritten();

  index& index_;
  const outbox_tables& tables_;
  const bool own_;
  std::vector<outcome> unwritten_;  // one per delivery under way at most
};

// Seconds to wait after the n-th failed attempt (n >= 1). RFC 5321 section 4.5.4.1 wants 30 minutes at least in the
// long run; the first tries are closer together because a human is waiting.
std::int64_t retry_delay_s(std::uint32_t attempts);

}  // namespace sluice::quarantine
