// The two test mails (design.md, section 2): a clean one, and one as a swindler would have a well-known sender send it.
// Texts of our own. Both are small enough for the guaranteed part of a window, so that they never spill or stream.
#pragma once
#include <cstdint>
#include <string>

#include "inspect/ruleset.hpp"

namespace sluice::gateway {

enum class test_sample : std::uint8_t { clean, scam };
const char* name_of(test_sample s);

struct test_mail {
  std::string sender;   // of the From field; the envelope's is empty
  std::string profile;  // that a scam abuses; empty when the rules know none of those there is a sample for
  std::string content;  // lines end with CRLF; no line begins with a dot
};

// `rules` decide which sender the scam pretends to be: one that they have a profile of.
test_mail make_test_mail(test_sample s, const inspect::ruleset& rules, const std::string& hostname, const std::string& recipient,
                         std::int64_t unix_seconds);

}  // namespace sluice::gateway
