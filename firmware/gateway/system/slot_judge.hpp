// What the trial of a new slot ends with (design.md, P8): a pure function of what was seen so far.
#pragma once
#include <chrono>
#include <string>

namespace sluice::gateway {

struct trial_facts {
  bool any_mail = true;       // the configuration has listeners; without any there is nothing to send test mails through
  bool sent = false;          // they were sent at least once
  bool own_fault = false;     // in the last run: a listener, TLS, or a verdict; nobody but this slot is to blame
  bool downstream_away = false;  // in the last run: the mail server behind did not take the recipient
  bool reached_before = false;  // the former slot still reached its mail server when it went
  std::chrono::seconds since{0}, allowed{300};
  std::string text;           // of the last run
};

enum class trial_end { go_on, good, bad };
struct trial_word {
  trial_end what = trial_end::go_on;
  std::string why;
};

trial_word judge_trial(const trial_facts& f);

}  // namespace sluice::gateway
