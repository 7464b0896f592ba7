// Every limit of the inspector, with its unit. Together they bound sizeof(message_inspector); see README.md.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sluice::inspect::limits {

inline constexpr std::size_t subject_bytes = 512;       // decoded subject kept for judging, log and history
inline constexpr std::size_t address_bytes = 256;       // one address (RFC 5321 4.5.3.1: 64 + 1 + 255, rarely needed whole)
inline constexpr std::size_t display_name_bytes = 160;  // decoded display name of From
inline constexpr std::size_t message_id_bytes = 160;
inline constexpr std::size_t date_bytes = 48;
inline constexpr std::size_t removed_ranges = 64;       // header fields to leave out when forwarding
inline constexpr std::size_t text_window_bytes = 1024;  // longest piece of body text judged at once
inline constexpr std::size_t side_window_bytes = 256;   // the same for hidden text, titles and alt texts
inline constexpr std::size_t window_overlap_bytes = 96; // kept from a full window so that no number or phrase is cut
inline constexpr std::size_t link_hosts = 32;           // distinct link hosts remembered per message (hashes)
inline constexpr std::size_t slot_text_bytes = 512;     // a slot is judged up to here; its length is counted beyond

}  // namespace sluice::inspect::limits
