#include "firmware/gateway/system/slot_judge.hpp"

#include "core/concat.hpp"

namespace sluice::gateway {

trial_word judge_trial(const trial_facts& f) {
  if (!f.any_mail) return {trial_end::good, "there is no listener, so nothing but the page had to work"};
  if (f.sent && !f.own_fault && !f.downstream_away) return {trial_end::good, f.text};
  if (f.since < f.allowed) return {trial_end::go_on, f.text};
  if (!f.sent) return {trial_end::bad, "no test mail could be sent"};
  if (f.own_fault) return {trial_end::bad, f.text};
  if (f.reached_before) return {trial_end::bad, concat(f.text, "; the former slot reached its mail server until it went")};
  return {trial_end::good, concat(f.text, "; the former slot did not reach it either, so that does not count")};
}

}  // namespace sluice::gateway
