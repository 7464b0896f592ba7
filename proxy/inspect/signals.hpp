// What the detectors saw in one piece of text (a slot, a subject, a line of the body). Positions are in the folded
// text. A plain value on the caller's stack: nothing of it is kept between pieces.
#pragma once
#include <array>
#include <cstdint>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "inspect/fold.hpp"
#include "inspect/lexicon.hpp"

namespace sluice::inspect {

struct extent {
  std::uint16_t begin = 0, end = 0;
  bool empty() const { return end <= begin; }
};

struct class_hit {
  std::uint16_t count = 0;
  std::uint16_t disguised = 0;  // of these, readable only after folding or undoing letter swaps and spacing
  std::uint8_t words = 0;       // of the longest phrase
  extent first;                 // longest phrase, first of equals; a disguised one wins
};

struct phone_hit {
  extent where;
  std::array<char, 16> digits{};  // as dialled, NUL-terminated
  std::uint8_t count = 0;
  bool by_context = false;  // the shape alone would not have done
  bool disguised = false;   // letters for digits, words, keycaps, single digits, invisible characters
  bool conference = false;  // a PIN or a conference's number stands behind it: one dials in there, nobody answers
  std::uint16_t sentence_end = 0;
};

struct money_hit {
  extent where;
  std::uint64_t cents = 0;
};

struct host_hit {
  extent where;        // the whole address
  extent host;
  bool scheme = false;     // "https://", "hxxp://", "www."
  bool path = false;
  bool mail = false;       // an e-mail address
  bool disguised = false;  // [.] (dot) hxxp
};

struct wallet_hit {
  extent where;
  const char* kind = "";
};

struct brand_hit {
  std::uint16_t brand = 0;
  extent where;
  std::uint8_t words = 0;  // of the name
  bool disguised = false;
};

// Where something stands that is a reason to telephone: a denial, a dispute.
struct reason_hit {
  word_class what = word_class::count_;
  std::uint8_t words = 0;
  std::uint16_t begin = 0;
};

struct text_signals {
  std::array<class_hit, word_classes> classes;
  fixed_vector<phone_hit, 4> phones;
  fixed_vector<money_hit, 4> money;
  fixed_vector<host_hit, 8> hosts;
  fixed_vector<wallet_hit, 2> wallets;
  fixed_vector<brand_hit, 6> brands;
  fixed_vector<reason_hit, 24> reasons;
  fixed_vector<extent, 2> handles;  // names at a messenger: "Telegram @somebody"
  extent chat_link;  // "t.me/somebody", a door to a conversation elsewhere; empty when there is none
  fold_counts counts;
  std::uint16_t words = 0;
  std::uint16_t code_points = 0;
  std::uint16_t pointed = 0;     // addresses with an arrow or pointing hand before them
  std::uint16_t spaces_run = 0;  // longest run of spaces
  bool warned = false;           // "never enter your phrase"
  bool calls_other = false;      // "call her back": not the sender
  extent secret;                 // "enter your mailbox password"; empty when nothing of the kind is asked
  extent employer;               // "log in with your work mailbox"; empty when that is not asked
  extent demanded;               // "pay the customs": what is to be paid first; empty when nothing is
  std::uint16_t disguised_words = 0;  // lexicon words that had to be undisguised
  extent disguised_first;

  const class_hit& operator[](word_class c) const { return classes[static_cast<std::size_t>(c)]; }
  bool has(word_class c) const { return (*this)[c].count != 0; }
};

// Runs every detector over `view` (the folded text). No heap.
void scan_text(const folded& view, const lexicon& words, text_signals& out);

// Only the phone detector; `contexts` are positions in the folded text of words that announce a number, `spelled` those
// of words that are digits, both ascending.
void find_phones(const folded& view, std::span<const extent> contexts, std::span<const extent> spelled, fixed_vector<phone_hit, 4>& out);
void find_money(const folded& view, fixed_vector<money_hit, 4>& out);
// Where addresses may be, from a scan of the same text: octets that join their parts, ascending.
struct host_hints {
  fixed_vector<std::uint16_t, 64> joints;
  bool everywhere = false;  // every word may begin one: " dot " is spelled out, or there were more joints
};
bool joins_host(byte_view text, std::size_t at);  // the octet there could be a joint
void find_hosts(const folded& view, const host_hints& hints, fixed_vector<host_hit, 8>& out);
void find_hosts(const folded& view, fixed_vector<host_hit, 8>& out);  // without a scan before
void find_wallets(const folded& view, fixed_vector<wallet_hit, 2>& out);

}  // namespace sluice::inspect
