// The life of the service as a machine: what happened goes in with its time, what is to be done comes out. It knows no
// process, device, clock or file; the loop in box does what it says.
//
//   waiting -> starting -> running -> (stuck) -> waiting ...      stopping -> ended
//
// A hang: the hardware watchdog is not fed any more and resets the machine; without one the process is killed. A crash:
// started again, after 1, 2, 4, ... seconds; too many of them: safe mode, or the other system when this one is on trial. A
// service that was ready and asks to be started again is no crash, and waits for nothing.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "firmware/supervisor/notice.hpp"

namespace sluice::supervisor {

using milliseconds = std::chrono::milliseconds;

struct life_limits {
  milliseconds vote_period{10'000};     // a vote at least so often
  milliseconds start_limit{180'000};    // until READY=1: small boxes rebuild an index
  milliseconds stop_limit{60'000};      // from SIGTERM to SIGKILL; above deadline.stop_grace
  milliseconds abort_limit{3'000};      // from SIGABRT to SIGKILL
  milliseconds bite_limit{120'000};     // a watchdog that did not reset by then never will: reboot
  milliseconds first_pause{1'000}, longest_pause{60'000};
  milliseconds failure_window{600'000};
  unsigned failures_to_safe_mode = 5;   // within the window
};

enum class phase : std::uint8_t { ended, waiting, starting, running, stuck, stopping };
const char* name_of(phase p);

struct action {
  enum class kind : std::uint8_t {
    start,        // the service
    start_safe,   // in safe mode
    ask_to_stop,  // SIGTERM
    abort,        // SIGABRT: it leaves a trace where traces are kept
    kill,         // SIGKILL, and everything it started
    well,         // it is ready
    hangs,        // words: the part; feeding ends, the reason is kept
    recovered,    // it votes again before the reset came
    again,        // it asked to be started again; start follows
    failed,       // words: how it ended
    safe_mode,    // entered
    give_up,      // the system on trial is worth nothing
    ended,        // a stop that was asked for is complete
    reboot,       // the watchdog did not bite
  } what;
  std::string words;
};

class life {
 public:
  explicit life(life_limits limits, bool has_watchdog) : limits_(limits), has_watchdog_(has_watchdog) {}

  using actions = std::vector<action>;  // a few at a time, in order
  actions begin(milliseconds now, bool safe);
  actions heard(milliseconds now, const notice& n);
  actions exited(milliseconds now, const std::string& how, bool asks_again = false);
  actions tick(milliseconds now);
  actions stop(milliseconds now);             // for good
  actions leave_safe_mode(milliseconds now);  // stops it and starts it normally

  bool may_feed() const { return phase_ != phase::stuck; }
  void set_on_trial(bool on_trial) { on_trial_ = on_trial; }  // too many failures end in give_up instead of safe mode
  phase now() const { return phase_; }
  bool is_safe() const { return safe_; }
  unsigned restarts() const { return restarts_; }
  const std::string& last_failure() const { return last_failure_; }

 private:
  action start(milliseconds now);
  void hang(milliseconds now, const std::string& part, actions& out);
  milliseconds pause() const;

  life_limits limits_;
  bool has_watchdog_;
  phase phase_ = phase::ended;
  bool safe_ = false, on_trial_ = false, anew_ = false, has_child_ = false, is_killed_ = false;
  unsigned restarts_ = 0;
  milliseconds since_{0};    // when the phase began
  milliseconds voted_{0};
  std::string stuck_part_, last_failure_;
  std::vector<milliseconds> failures_;
};

}  // namespace sluice::supervisor
