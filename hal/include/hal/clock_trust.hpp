// Whether the time of day can be believed. A box without a battery starts at a guess; judging the end of a signature or a
// certificate by a guess refuses what is genuine. judge_clock is pure; the facts come from the kernel.
#pragma once
#include <cstdint>
#include <string_view>

namespace sluice::hal {

enum class clock_state : std::uint8_t {
  behind,        // earlier than the program was built or the box last ran: wrong for certain
  guessed,       // goes on from the last time that was saved; nothing has set it since the start
  plausible,     // a clock chip, somebody who set it since the start, or a machine that keeps its time by other means
  synchronised,  // the kernel is told by NTP
};

struct clock_facts {
  std::int64_t now = 0;         // seconds since 1970
  std::int64_t up_seconds = 0;  // since the machine started
  std::int64_t floor = 0;       // it cannot be earlier: build date, or the last time that was saved
  bool synchronised = false;    // adjtimex(2)
  bool has_chip = false;        // a real-time clock
  bool resumed = false;         // something sets the clock to the floor at a start: what follows may be that guess
};

inline constexpr std::int64_t set_by_somebody_s = 3'600;  // so far beyond the floor no start gets by itself

constexpr clock_state judge_clock(const clock_facts& f) {
  if (f.now < f.floor) return clock_state::behind;
  if (f.synchronised) return clock_state::synchronised;
  if (!f.resumed || f.has_chip || f.now - f.up_seconds > f.floor + set_by_somebody_s) return clock_state::plausible;
  return clock_state::guessed;
}

constexpr bool is_trusted(clock_state s) { return s == clock_state::plausible || s == clock_state::synchronised; }

constexpr std::string_view name_of(clock_state s) {
  switch (s) {
    case clock_state::behind: return "behind";
    case clock_state::guessed: return "guessed";
    case clock_state::plausible: return "plausible";
    case clock_state::synchronised: return "synchronised";
  }
  return "";
}

class clock_trust {
 public:
  virtual ~clock_trust() = default;
  virtual clock_facts look() = 0;                  // quick
  virtual int set(std::int64_t unix_seconds) = 0;  // 0 or an errno value; only the supervisor may
};

}  // namespace sluice::hal
