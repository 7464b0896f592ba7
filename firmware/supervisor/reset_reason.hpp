// Why the machine was started: what was written down before it went down, else what the watchdog tells, else power.
// The files of the supervisor's state folder (on the data partition, root's) and what they say.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace sluice::supervisor {

struct reset_reason {
  std::string what = "unknown";  // power, watchdog, reboot, update, stuck:PART, crash, button, unknown
  std::string detail;
};

std::string to_text(const reset_reason& r);
std::optional<reset_reason> reason_from(std::string_view text);

// What the scripts before the supervisor found out (RUNTIME/boot-facts): watchdog_bootstatus=, clean=yes|no, one per line.
struct boot_facts {
  std::optional<bool> watchdog;  // the hardware's word, where it gives one
  bool orderly = false;          // the system was shut down, by whomever
};
boot_facts facts_from(std::string_view text);

// `kept`: what was written before the machine went down.
reset_reason judge_reset(const std::optional<reset_reason>& kept, const boot_facts& facts);

// The word for `reboot reason=X`: X where it is one of the known ones, else "reboot".
reset_reason reason_of_request(const std::string& given);

}  // namespace sluice::supervisor
