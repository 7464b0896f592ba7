// From findings to a verdict. Pure functions of findings and settings; time and counters come in as values.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "inspect/message_inspector.hpp"
#include "inspect/rules.hpp"
#include "inspect/verdict.hpp"

namespace sluice::policy {

// Points at which an action is taken; 0 switches the action off. Findings' weights are scaled to 100 = quarantine.
struct thresholds {
  std::int32_t tag = 50;
  std::int32_t quarantine = 100;
  std::int32_t reject = 0;
};

// Other scores for some mail. Empty lists: any.
struct exception {
  std::vector<std::string> profiles;
  std::vector<std::string> recipient_domains;  // "example.org", or "*.example.org" for what is below it
  thresholds limits;
  bool observe = false;
  std::vector<inspect::sender_abuse> classes = {};  // what the message is above all; empty: any
};

struct rule_weight {
  std::vector<std::string> rules = {};
  std::int32_t percent = 100;
  std::vector<inspect::sender_abuse> classes = {};  // and all rules of these
};

struct settings {
  thresholds limits;
  bool observe = false;  // decide, show, but always forward
  // What happens to mail that could not be inspected (P6), per cause.
  inspect::action on_budget = inspect::action::defer;
  inspect::action on_broken_mime = inspect::action::tag;
  inspect::action on_encrypted = inspect::action::forward;
  inspect::action on_dns = inspect::action::forward;
  inspect::action on_safe_mode = inspect::action::defer;
  // DMARC failed and the domain's owner asked for it (RFC 7489 section 6.3).
  inspect::action on_dmarc_quarantine = inspect::action::forward;
  inspect::action on_dmarc_reject = inspect::action::forward;
  std::vector<std::string> always_hold;     // From domains whose mail is never streamed before the final verdict
  std::vector<std::string> observed_rules;  // rule ids whose points don't count
  std::vector<exception> exceptions;        // the first that fits
  std::vector<rule_weight> weights;
};

enum class dmarc_disposition : std::uint8_t { none, quarantine, reject };

struct decision {
  inspect::action act = inspect::action::forward;
  inspect::action would = inspect::action::forward;  // what observe mode suppressed; equals act otherwise
  std::int32_t score = 0;                            // of the findings that count
};

// Changes the points of findings as settings::weights say; before decide().
void weigh(inspect::findings& found, const settings& set);

// `recipient_domains`: the domains of all recipients; empty when they are too many or unknown, then only exceptions
// without recipient domains fit.
decision decide(const inspect::findings& found, const settings& set, dmarc_disposition dmarc = dmarc_disposition::none,
                std::span<const byte_view> recipient_domains = {});

// For a message that has outgrown its window: may its first bytes leave before the final verdict is known?
enum class outgrown : std::uint8_t { stream, spill };
outgrown interim(const inspect::message_inspector& seen, const settings& set);

// "v" + seconds since 1970 + the counter's low 35 bits in base32 (RFC 4648 alphabet, lower case): unique as long as the
// counter begins at random in each process, and sortable enough for people; the same id on every surface (P5).
fixed_string<24> make_verdict_id(std::uint64_t unix_seconds, std::uint64_t counter);

}  // namespace sluice::policy
