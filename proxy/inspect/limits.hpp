// Every limit of the inspector, with its unit. Together they bound sizeof(message_inspector); see README.md.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sluice::inspect::limits {

inline constexpr std::size_t subject_bytes = 384;       // decoded subject kept for log and history, and beside the body
inline constexpr std::size_t judged_subject_bytes = 1024;  // decoded subject judged; of a longer one its ends
inline constexpr std::size_t address_bytes = 160;       // one address; longer ones are cut (the protocol allows 320)
inline constexpr std::size_t display_name_bytes = 160;  // decoded display name of From kept for log and history
inline constexpr std::size_t judged_name_bytes = 256;   // the same as it is judged; of a longer one its ends
inline constexpr std::size_t message_id_bytes = 120;
inline constexpr std::size_t date_bytes = 48;
inline constexpr std::size_t removed_ranges = 32;       // header fields to leave out when forwarding
inline constexpr std::size_t text_window_bytes = 1024;  // longest piece of body text judged at once
inline constexpr std::size_t side_window_bytes = 256;   // the same for hidden text, titles and alt texts
inline constexpr std::size_t window_overlap_bytes = 96; // kept from a full window so that no number or phrase is cut
inline constexpr std::size_t link_hosts = 32;           // distinct link hosts remembered per message (hashes)
inline constexpr std::size_t quote_bytes = 40;          // words remembered per kind of evidence in the body
inline constexpr std::size_t known_recipients = 8;      // envelope recipients compared with To and Cc
inline constexpr std::size_t body_brands = 8;           // distinct brands remembered per message
inline constexpr std::size_t file_head_bytes = 64;       // first octets of an attachment, decoded
inline constexpr std::size_t file_name_bytes = 40;      // end of its name, for the explanation
inline constexpr std::size_t inspector_bytes = 13 * 1024 + 528;  // one message_inspector with its walker; checked by the compiler

}  // namespace sluice::inspect::limits
