// What the labels of an internationalized name must be like, once they are mapped (UTS #46 section 4.1 with CheckBidi and
// CheckJoiners, without CheckHyphens; RFC 5892 appendix A.1 and A.2; RFC 5893 section 2).
#pragma once
#include <span>

namespace sluice::auth {

// No combining mark first, nothing unassigned, private, invisible or a space, joiners only where scripts need them.
// ASCII is not looked at. The zero-width non-joiner is known between Arabic letters; in other joining scripts only behind
// a virama.
bool valid_label(std::span<const char32_t> label);

// All labels of a name, between full stops: when one reads from right to left, each must keep to one direction.
bool valid_direction(std::span<const char32_t> name);

}  // namespace sluice::auth
