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

// Adds findings for `text` (raw UTF-8) to `out`. `sender` may be null; its own numbers, brands and link domains are no
// evidence. `slot` names the slot in the findings.
slot_result judge_slot(byte_view text, slot_type type, byte_view slot, const ruleset& rules, const profile* sender, place where,
                       findings& out);

}  // namespace sluice::inspect
