// Names for texts, so that an exception can mean one text and no other: of a slot, a hash of all of it as readers see it
// (folded, lower case, spaces as one); of a message, the few smallest shingles of its first text, which mails of one
// template have in common and other texts have not.
#pragma once
#include <cstdint>
#include <span>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "inspect/fold.hpp"

namespace sluice::inspect {

// 0: no name, because the text is longer than what is looked at. BLAKE2b, 64 bit: nobody finds another text with the
// name of one that he knows.
std::uint64_t text_id(byte_view raw, const folded& seen);
std::uint64_t text_id(byte_view raw);

inline constexpr std::size_t skeleton_shingles = 8;
inline constexpr std::size_t skeleton_common = 6;  // of these, in another message of the same template
using skeleton_id = fixed_vector<std::uint32_t, skeleton_shingles>;

// Of text_sampler::chosen(); empty for a text that is too short to be told from others.
skeleton_id skeleton_of(std::span<const std::uint32_t> chosen);
bool same_skeleton(std::span<const std::uint32_t> chosen, const skeleton_id& named);

// As text: 16 and 64 hexadecimal digits; empty for no name. Reading is false for anything else.
fixed_string<16> text_of_id(std::uint64_t id);
bool parse_id(byte_view text, std::uint64_t& out);
fixed_string<64> text_of_skeleton(const skeleton_id& s);
bool parse_skeleton(byte_view text, skeleton_id& out);

}  // namespace sluice::inspect
