// A new slot on trial: sends the test mails until they pass or the time is over, and has the supervisor mark the slot good,
// or bad, which brings the former one back. Does nothing on a slot that is good already. On the control loop.
#pragma once
#include <functional>
#include <string>

#include "config/model.hpp"
#include "firmware/gateway/generations/generation_runner.hpp"
#include "firmware/gateway/system/slot_judge.hpp"
#include "firmware/gateway/system/supervisor_client.hpp"
#include "firmware/gateway/system/uplink_memory.hpp"

namespace sluice::gateway {

class slot_trial {
 public:
  struct view {
    enum class state { unknown, none, trying, good, bad };
    state at = state::unknown;
    std::int64_t since = 0;  // UTC seconds
    std::string text;        // of the last run, or why it ended as it did
  };

  slot_trial(net::worker& home, const supervisor_client& box, generation_runner& live, uplink_memory& memory)
      : home_(home), box_(box), live_(live), memory_(memory) {}

  net::awaitable<void> run();  // until it is decided, or the program stops
  const view& look() const { return view_; }
  // The slot is a good one: what it sees of its mail server may be written down for the next.
  bool may_note() const { return view_.at == view::state::none || view_.at == view::state::good; }
  void marked_by_hand(bool good);

 private:
  net::awaitable<bool> pause(std::chrono::milliseconds time);  // false: the program stops, or somebody decided by hand
  net::awaitable<named_values> ask_status();
  net::awaitable<void> tell(trial_word word);

  net::worker& home_;
  const supervisor_client& box_;
  generation_runner& live_;
  uplink_memory& memory_;
  view view_;
  bool decided_ = false;
};

std::string_view name_of(slot_trial::view::state s);

}  // namespace sluice::gateway
