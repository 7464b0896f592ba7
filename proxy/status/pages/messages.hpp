// The view Messages: the recent history with its search, and one message with its verdict in words.
#pragma once
#include <string>
#include <vector>

#include "inspect/ruleset.hpp"
#include "status/history.hpp"
#include "status/http/route.hpp"

namespace sluice::status {

inline constexpr std::size_t messages_per_page = 25;

struct message_list {
  std::vector<history_entry> entries;  // newest first
  history_filter wanted;
  std::uint64_t before = 0;   // what was asked for
  std::uint64_t older = 0;    // where the next page begins; 0: this is the last
  std::size_t kept = 0;       // how many the history holds at most
};

// Reads ?q= outcome= sender= rule= profile= before= of a request.
message_list list_for(const web_request& q, const history& past, std::size_t limit = messages_per_page);

std::string messages_page(const message_list& list, const principal& who);
// `sender` is the message's profile, or null when it has none (any more).
std::string message_page(const history_entry& m, const inspect::profile* sender, const principal& who);
std::string message_detail_json(const history_entry& m, const inspect::profile* sender);  // message_json() and the slots

}  // namespace sluice::status
