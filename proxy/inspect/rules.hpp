// The table of rules: one id and one sentence for each thing that can be found. Ids are stable: policies, logs and
// headers name them. To add one: a row in rules.cpp, its enumerator here, and the place that reports it.
#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "core/bytes.hpp"
#include "inspect/verdict.hpp"

namespace sluice::inspect {

enum class rule : std::uint8_t {
  slot_phone,
  slot_address,
  slot_wallet,
  slot_money,
  slot_words,
  slot_brand,
  slot_disguise,
  slot_length,
  slot_decoration,
  template_missing,
  body_foreign,
  body_stuffed,
  callback,
  foreign_brand,
  brand_in_name,
  brand_disguised,
  greeting,
  lure_threat,
  lure_crypto,
  lure_prize,
  lure_extortion,
  lure_fee,
  lure_adult,
  lure_secret,
  wallet,
  link_foreign,
  link_mismatch,
  link_free_host,
  link_open_page,
  link_pointed,
  link_throwaway,
  link_disguised,
  link_lookalike,
  code_drawn,
  text_disguised,
  text_hidden,
  relayed,
  replayed,
  new_to_sender,
  spoofed_profile,
  unverified_profile,
  from_ambiguous,
  dmarc_fail,
  dkim_unsigned_tail,
  dkim_many,
  listed,
  mime_ambiguous,
  file_executable,
  file_disguised,
  reply_foreign,
  count_
};

struct rule_info {
  byte_view id;
  byte_view meaning;  // for people, one sentence
};

const rule_info& info_of(rule);

// What a finding says about mail in the name of a known sender. All but `none` are the abuse this program is for: no allow
// entry silences them in mail of a sender with a profile (policy/lists), and no recipient releases them by himself unless
// the configuration says so (digest.operator_rules names the same ones; a test keeps both equal).
enum class sender_abuse : std::uint8_t {
  none,
  slot,      // class A: text of an outsider in a field of a genuine template
  takeover,  // class B: the body is not the sender's, or speaks for somebody else, or asks for a call or for coins
  resent,    // class C: a genuine message, given to others than it was written to
  spoofed,   // class D: claims a known sender
};
inline constexpr std::size_t abuse_classes = 5;
sender_abuse abuse_of(rule);
// As a configuration names them: "other" is none.
inline constexpr std::array<byte_view, abuse_classes> abuse_names{"other", "slot", "takeover", "resent", "spoofed"};
// What a message is above all: the class whose findings have the most points; `none` without points, and for mail of senders
// without a profile, which abuses nobody's name.
sender_abuse abuse_of(const findings& found);
std::span<const rule_info> all_rules();
rule rule_named(byte_view id);  // of a finding that add_finding made

struct finding_text {
  place where = place::structure;
  std::uint16_t part = 0;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  byte_view slot;
  byte_view words;
  std::uint64_t text_id = 0;
};

// Adds a finding, once per rule and slot: a second one of the same cause only raises the weight to the larger of both.
void add_finding(findings& out, rule what, std::int32_t weight, const finding_text& text);

}  // namespace sluice::inspect
