// How strongly one piece of text reads like a lure: kinds of words that belong to one story, close together. Used for
// subjects and names of senders without a profile and for windows of body text.
#pragma once
#include <cstdint>

#include "inspect/body_state.hpp"
#include "inspect/signals.hpp"

namespace sluice::inspect {

struct lure_points {
  int points = 0;
  extent where;  // the words that weigh most
};

struct story_context {
  bool foreign_brand = false;
  bool coin_brand = false;  // and it is a wallet or an exchange
  bool own_number = false;  // the telephone numbers are the sender's own
  bool known = false;       // the sender has a profile
  bool payments = true;     // mail of this sender is about payments: amounts and a shop's number are normal
  bool invited = false;     // the text is a calendar entry of an unknown sender's
  bool topical = true;      // its mail may be about anything, coins for example
};

// One story; 0 points when its core is missing.
lure_points tell(story which, const text_signals& s, const story_context& context);

}  // namespace sluice::inspect
