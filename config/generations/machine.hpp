// The life of a generation as a state machine: offered -> applied -> proven -> confirmed, or back to the one before. It
// takes events and answers what to do, in order; it opens nothing, waits for nothing and knows no clock.
//
//   idle --offer--> applying --applied--> proving --proven--> waiting --confirm--> idle (the new one is confirmed)
//                       |                    |                   | no confirm in time, taken back
//                       | not applied        | not proven        v
//                       v                    +------------> returning --returned--> idle (the former one runs)
//                     idle
//
// An offer for the next start, with what only a start can change: idle --offer--> restarting, and the program ends. The start
// takes its mark out of the record before it runs it (boot), from where it goes on as applying; the start after that gives it up.
//
// The first generation of a box has none to go back to: it is confirmed as soon as it is applied.
//
// `save` means: record() is on the medium before the next action begins. What is saved first is what makes a crash safe:
// a candidate in the record is given up at the next start, so the record names it before it is applied, and names it as
// confirmed before anybody is told so. When save fails, the caller goes on with the machine as it was before the event
// (it is a value), except for the way back, which is gone even if it cannot be written down.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/generations/record.hpp"

namespace sluice::config::generations {

enum class state : std::uint8_t { idle, applying, proving, waiting, returning, restarting };
std::string_view name_of(state s);

struct action {
  enum class kind : std::uint8_t {
    keep,    // the text of generation `number` is on the medium
    save,    // record() is
    apply,   // generation `number` is put into force; answer with applied() or returned()
    prove,   // test mails; answer with proven()
    wait,    // for confirm(), take_back(), or tick() at deadline()
    settle,  // only one generation is left
    drop,    // the text of generation `number` is not needed any more
    restart, // the program ends, and is started again with generation `number`
  } what;
  std::uint64_t number = 0;
  bool operator==(const action&) const = default;
};
using actions = std::vector<action>;

struct moment {
  std::int64_t unix_s = 0;    // for people
  std::int64_t steady_s = 0;  // for deadlines; never jumps
};

struct offer {
  std::string hash, who;
  std::uint64_t serial = 0, octets = 0;
  way from = way::api;
  std::int64_t confirm_within_s = 600;
  bool needs_confirm = true;  // false: proven is confirmed
  bool at_start = false;      // tried at the next start; needs a confirm
};

enum class refusal : std::uint8_t { none, busy, old_serial, used_serial, nothing_to_confirm, too_early, nothing_to_undo, unchanged, another };

class machine {
 public:
  machine() = default;
  explicit machine(record r) : record_(std::move(r)) {}

  // At the start, before anything runs: a candidate of the time before is given up; one for this start is applying from now
  // on. When that cannot be saved, it must not run: abandon().
  actions boot(moment now);

  void abandon(std::string why, moment now);

  // Why an offer of this kind would be refused now. Looks only.
  refusal objection(const offer& o) const;
  actions take(offer o, moment now);  // without objection
  // The file was taken in, or looked at and refused: it is not a new one any more.
  actions saw_file(std::string hash);

  actions applied(bool good, std::string why, moment now);
  actions proven(bool good, std::string why, moment now);
  refusal may_confirm() const;
  actions confirm(std::string by, moment now);
  refusal may_take_back() const;
  actions take_back(std::string by, moment now);
  actions tick(moment now);
  actions returned(bool good);  // the former generation runs again, or could not be applied

  state at() const { return state_; }
  std::uint64_t running() const { return running_; }  // 0 before the start
  void runs(std::uint64_t number) { running_ = number; }  // told at the start
  moment deadline() const { return deadline_; }           // while waiting
  const offer& tried() const { return offer_; }           // while there is a candidate
  const record& known() const { return record_; }

 private:
  void end(result what, std::string by, std::string why, moment now);
  actions go_back(result what, std::string by, std::string why, moment now);
  actions make_final(std::string by, std::string why, moment now);
  void prune(actions& out);

  record record_;
  state state_ = state::idle;
  std::uint64_t running_ = 0;
  offer offer_;
  moment deadline_;
};

}  // namespace sluice::config::generations
