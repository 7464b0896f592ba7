// What recipients are told about their held mail, and what they ask for with signed links: plain values of
// store::next_untold() and its neighbours. Texts of the message are a stranger's, as in message.hpp.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "quarantine/message.hpp"

namespace sluice::quarantine {

inline constexpr std::size_t told_rules_max = 8;         // of one message, heaviest first
inline constexpr std::size_t used_links_max = 20'000;    // remembered until they expire; then links wait (busy)
inline constexpr std::size_t used_links_per_use = 200;   // expired ones that one use forgets

// One message held for one recipient.
struct held_item {
  std::int64_t sequence = 0;
  std::uint32_t position = 0;  // of the recipient
  std::string id, address;
  unix_time received = 0;
  std::string reverse_path, header_from, subject;
  std::vector<std::string> rules;
  bool rules_dropped = false;  // there were more findings than are stored
};

// A recipient and what was not told yet: the newest first, at most as many as were asked for.
struct untold_mail {
  std::string address;
  std::uint64_t messages = 0;  // all of them
  std::vector<held_item> items;
  bool refused = false;        // the mail server refused the last mail that we wrote to this address
};

// What becomes true in the same transaction that queues a digest or notice: either both or neither.
struct told_mark {
  std::string address;          // empty: nothing is marked
  unix_time received_before = 0;  // a digest tells of all that was held before
  std::int64_t sequence = 0;    // a notice tells of one message; 0: a digest
};

enum class link_deed : std::uint8_t { release, remove, ask };

struct link_use {
  std::array<char, 16> mark{};  // of the link; used once
  unix_time expires = 0;        // how long that is remembered
  std::string id;
  std::uint32_t position = 0;
  link_deed deed = link_deed::ask;
};

// What a link's page shows.
struct link_subject {
  held_item item;
  recipient_state state = recipient_state::held;
  content_state content = content_state::stored;
  unix_time told = 0;   // 0: by no digest or notice yet
  unix_time asked = 0;  // 0: no operator was asked
  bool used = false;    // this link
};

enum class link_outcome : std::uint8_t { done, used_before, not_possible };

struct link_result {
  link_outcome what = link_outcome::done;
  std::string note;  // why it was not possible
};

// A recipient asks that an operator looks at it.
struct release_request {
  std::int64_t sequence = 0;  // of the message
  std::uint32_t position = 0;
  std::string id, address, header_from, subject;
  unix_time received = 0, asked = 0;
};

// How far telling has come for one recipient domain.
struct told_progress {
  bool known = false;            // false: this domain was never told anything
  unix_time run = 0;             // the scheduled moment of the last digest that is complete
  std::int64_t noticed = 0;      // messages up to this one had their notice, or get none
};

}  // namespace sluice::quarantine
