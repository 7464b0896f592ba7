// What the results of test mails mean: pure functions of what was seen.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "firmware/gateway/generations/test_mail_client.hpp"
#include "policy/decide.hpp"

namespace sluice::gateway {

// What a mail server said to MAIL and RCPT.
struct downstream_word {
  bool asked = false;
  bool accepted = false;
  std::string host, text;
};
downstream_word word_of(const net::probe_findings& f);

struct test_report {
  std::int64_t unix_seconds = 0;
  std::uint64_t generation = 0;
  std::uint32_t milliseconds = 0;
  std::string recipient;
  std::vector<test_mail_result> mails;  // two of each listener
  downstream_word downstream;           // the worst word of all mails
  downstream_word before;               // of the former generation's mail servers; asked only after a bad word
  bool good = false;                    // everything went as it should, the downstream included
  bool to_blame = false;                // the generation is at fault: it must not stay
  std::string text;                     // one sentence
};

// Whether the verdict of a test mail is what it must be, and if not, why in a few words.
bool judged_right(const test_mail_result& r, const policy::settings& set, std::string& why);

// Sets good, to_blame and text. A downstream that does not take the recipient counts only when the one before took it, and
// not when it takes it `again`, asked once more after that: a passing trouble is none of the generation's.
void judge(test_report& r, const policy::settings& set, bool verdicts_count, const downstream_word& again = {});

}  // namespace sluice::gateway
