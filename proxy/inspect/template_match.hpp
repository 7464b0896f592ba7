// Matches a decoded subject or display name against a profile's template and cuts out the slots. Fixed text is compared
// without regard to case and to how much white space stands between words; the last fixed piece is searched from the
// end, so that a slot may hold the template's own words without moving the cut.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "inspect/profile.hpp"

namespace sluice::inspect {

struct slot_text {
  byte_view text;
  byte_view name;
  slot_type type = slot_type::name;
};

using slot_list = fixed_vector<slot_text, 4>;

// True when the whole of `text` fits; `out` then holds the slots in order.
bool match_template(byte_view text, const text_template& form, slot_list& out);

}  // namespace sluice::inspect
