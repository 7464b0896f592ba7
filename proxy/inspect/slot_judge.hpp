// Judges one slot: text that somebody outside wrote into a notification. What may stand in a slot depends on its type;
// the same words are normal business in a memo and near-certain abuse in a name. Usable alone (`sluice slot`).
#pragma once
#include <cstdint>

#include "core/bytes.hpp"
#include "inspect/profile.hpp"
#include "inspect/ruleset.hpp"
#include "inspect/signals.hpp"
#include "inspect/verdict.hpp"

namespace sluice::inspect {

enum class slot_verdict : std::uint8_t { clean, suspicious, abuse };
const char* name_of(slot_verdict);

inline constexpr std::int32_t slot_suspicious = 50;  // points
inline constexpr std::int32_t slot_abuse = 100;

struct slot_result {
  slot_verdict verdict = slot_verdict::clean;
  std::int32_t score = 0;
};

// Whose mail the slot is in. All may be empty; what is the sender's own (numbers, brands, hosts) is no evidence.
struct slot_sender {
  const profile* known = nullptr;
  byte_view domain;  // of From
};

// The sender may speak for the brand: its profile says so, a listed domain, or the brand's name under a country code.
bool speaks_for(const slot_sender& sender, const brand& b);

// Adds findings for `text` (raw UTF-8, any length: a long one is judged in pieces, and the worst counts) to `out`. `slot` names the slot
// in the findings. `percent` scales all points (where it is not certain that the text is a slot).
slot_result judge_slot(byte_view text, slot_type type, byte_view slot, const ruleset& rules, const slot_sender& sender, place where,
                       findings& out, int percent = 100);

}  // namespace sluice::inspect
