// What a display name says about its sender.
#pragma once
#include "core/bytes.hpp"

namespace sluice::inspect {

class lexicon;

// What stands before " via " in a display name; all of it when there is none.
byte_view customer_part(byte_view name);

// A registrable domain under an ending whose registry asks who one is: "ssa.gov", "hmrc.gov.uk".
bool is_public_body(byte_view site);

// The words of the name begin with the letters of `label`, in lower case and at least three: "Internal Revenue Service" and "irs".
bool has_initials(byte_view name, byte_view label);

// There is no name, or it is in a script that domains are not written in, so that it cannot be compared with one; and no
// brand of the lexicon is in it, in whatever script.
bool cannot_compare(byte_view name, const lexicon& words);

}  // namespace sluice::inspect
