// What is kept of a message between two pieces of text: counts, the strongest story seen so far, and a short quote for
// each kind of evidence. Fixed size; part of message_inspector.
#pragma once
#include <array>
#include <cstdint>

#include "core/text.hpp"
#include "inspect/drawn_code.hpp"
#include "inspect/lexicon.hpp"
#include "inspect/limits.hpp"
#include "mime/handler.hpp"

namespace sluice::inspect {

using quote = fixed_string<limits::quote_bytes>;

// Text that waits to be judged.
template <std::size_t N>
struct text_window {
  std::array<char, N> text;
  std::uint16_t size = 0;
  std::uint16_t part = 0;
};

// A story: kinds of evidence that stand close together (in one window). Points as in rules.
enum class story : std::uint8_t { callback, threat, crypto, prize, extortion, fee, adult, count_ };
inline constexpr std::size_t stories = static_cast<std::size_t>(story::count_);

inline constexpr std::int16_t story_floor = 30;  // points; weaker stories are everywhere

struct story_state {
  std::int16_t best = 0;
  std::uint16_t part = 0;
  quote words;
};

// How mail describes itself as automatic; bits.
namespace automatic {
inline constexpr std::uint16_t list_unsubscribe = 1;
inline constexpr std::uint16_t auto_submitted = 2;
inline constexpr std::uint16_t bulk = 4;
inline constexpr std::uint16_t no_reply = 8;
inline constexpr std::uint16_t feedback_id = 16;
inline constexpr std::uint16_t provider = 32;  // fields of a sending platform
inline constexpr std::uint16_t mailing_list = 64;
}  // namespace automatic

// Without regard to ASCII case; for sets of addresses and host names, where a collision costs nothing.
std::uint32_t hash_lower(byte_view text);

struct brand_count {
  std::uint16_t brand = 0;
  std::uint16_t windows = 0;  // pieces of text that name it
};

// The host of the link before: mail often repeats one for all of its links.
struct host_memory {
  fixed_string<56> name;  // empty when it was longer
  bool own = false, open = false;
};

struct body_state {
  text_window<limits::text_window_bytes> main;
  text_window<limits::side_window_bytes> side;
  std::array<story_state, stories> told;
  story_state invited;  // the callback of a calendar entry, told apart: it weighs more than the same in the text beside it
  fixed_vector<brand_count, limits::body_brands> brands;         // foreign ones
  fixed_vector<std::uint32_t, limits::link_hosts> hosts;         // hashes of registrable domains of links
  fixed_vector<std::uint32_t, limits::known_recipients> recipient_hashes;
  host_memory last_host;
  drawn_code drawn;
  quote foreign_host, free_host, mismatch, wallet, disguised, mixed, open_page, form_page, anonymous_page, pointed, throwaway, secret;
  std::uint32_t visible = 0, hidden = 0;  // octets
  std::uint16_t links = 0, foreign_links = 0, free_links = 0, mismatches = 0;
  std::uint16_t disguised_words = 0, mixed_words = 0, phones = 0, handles = 0;
  std::uint16_t automatic = 0;
  std::uint16_t subject_lead = 0;  // octets at the beginning of the main window that are the subject
  std::uint16_t recipients = 0;
  std::uint16_t calendar_part = 0xFFFF;  // the part whose text is fields of a calendar entry
  std::uint16_t attached_part = 0xFFFF;  // the latest part that is an attachment: its text is not the mail's
  std::uint16_t ambiguous_part = 0;
  mime::anomaly ambiguity{};      // the first that mail clients disagree about
  bool ambiguous = false;         // there is one
  bool to_matches = false;        // an envelope recipient stands in To or Cc
  bool subject_matched = false;   // a template of the profile fits
  bool subject_brand = false;     // a foreign brand stands in the subject
  bool name_brand = false;        // or is the display name
  bool expected_link = false;     // the link that all genuine mail of the profile has
  bool many_from = false;
  bool own_name = false;          // the display name goes with the domain of From
  bool brand_sender = false;      // From is in a domain of a brand that the lexicon knows
  bool employer = false;          // asks for the mailbox or the account at work, which are the reader's secret
  bool warned = false;            // says what not to do with a phrase or a password
  bool coin_sender = false;       // ... of one that trades coins
  bool drawn_cells = false;       // a code drawn with the cells of a table
  bool form_own = false;          // the form that is linked is on the sender's own hosts
  bool brand_mismatch = false;    // a link shows the host of a brand and goes elsewhere

  void reset() {
    main.size = side.size = 0;
    told = {};
    invited = {};
    brands.clear();
    hosts.clear();
    last_host.name.clear();
    drawn.clear();
    drawn_cells = false;
    recipient_hashes.clear();
    for (quote* q : {&foreign_host, &free_host, &mismatch, &wallet, &disguised, &mixed, &open_page, &form_page, &anonymous_page, &pointed, &throwaway, &secret}) q->clear();
    visible = hidden = 0;
    links = foreign_links = free_links = mismatches = 0;
    disguised_words = mixed_words = phones = handles = 0;
    automatic = recipients = subject_lead = 0;
    calendar_part = attached_part = 0xFFFF;
    ambiguous = to_matches = subject_matched = subject_brand = name_brand = expected_link = many_from = own_name = brand_sender = coin_sender = employer = warned = form_own = brand_mismatch = false;
  }
};

}  // namespace sluice::inspect
