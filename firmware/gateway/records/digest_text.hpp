// What a digest or notice says: subject, plain text and HTML, without I/O. Our reason and the claimed sender come first;
// everything that a stranger wrote has its telephone numbers, links and wallets taken out (status/links/mask.hpp) and is
// escaped. Header fields hold no word of a stranger.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/lexicon.hpp"
#include "quarantine/told.hpp"
#include "status/links/token.hpp"

namespace sluice::gateway {

inline constexpr std::size_t digest_reasons = 2;  // of one message

struct digest_link {
  status::link_action action = status::link_action::ask;
  std::string url;
};

// One message, ready to be shown: nothing in it needs masking any more, all of it needs escaping.
struct digest_row {
  std::string id, from, subject;
  std::vector<std::string> reasons;
  std::int64_t received = 0;
  std::vector<digest_link> links;  // none when there is no listener for them
};

struct digest_facts {
  std::string recipient, hostname, from;
  bool notice = false;         // one message, told at once
  std::uint64_t messages = 0;  // all of them; more than rows: "and N more"
  std::vector<digest_row> rows;
  std::int64_t links_until = 0;  // 0: there are no links
};

struct digest_mail {
  std::string subject, plain, html;  // UTF-8, lines end with LF
};

digest_row row_of(const quarantine::held_item& item, const inspect::lexicon& words);
std::vector<std::string> reasons_of(const quarantine::held_item& item);

// May the recipient release it, or must an operator look at it? What was not inspected as a whole is an operator's.
bool may_release(const quarantine::held_item& item, const std::vector<std::string>& operator_rules);

digest_mail digest_of(const digest_facts& f);

// The complete message (RFC 5322, multipart/alternative), 7 bit but for addresses.
std::string digest_message(const digest_mail& mail, const digest_facts& facts, std::int64_t now);

}  // namespace sluice::gateway
