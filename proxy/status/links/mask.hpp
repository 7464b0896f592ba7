// Texts of held mail as their recipient may see them in a digest, a notice or on a link's page: telephone numbers, links,
// addresses and wallets are taken out, however they are disguised, because the subject alone can be the whole lure. The
// detectors are those that held the mail (inspect/signals.hpp), and long runs of digits and long codes go as well: hiding
// too much costs nothing here.
#pragma once
#include <string>
#include <string_view>

#include "inspect/lexicon.hpp"

namespace sluice::status {

inline constexpr std::size_t masked_octets_max = 200;  // of the text that is looked at; the rest is cut
inline constexpr std::size_t mask_work_octets = 800;   // while pieces are replaced; far below fold_limit
inline constexpr std::size_t mask_rounds = 12;         // the detectors report only so many hits at a time

// One line: control and bidirectional characters go, white space becomes one space.
std::string masked(std::string_view text, const inspect::lexicon& words);

// "Name <address>" of a From field: the name masked; the address with its dots in the domain and digits made harmless, so
// that no mail client turns it into a link: "Microsoft (account at example[.]com)".
std::string masked_sender(std::string_view from, const inspect::lexicon& words);

}  // namespace sluice::status
