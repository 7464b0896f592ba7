// Every fixed amount of the MIME walker, with its unit. What a deployment may change is in walker.hpp, struct options.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sluice::mime::limits {

inline constexpr std::size_t field_value_bytes = 2048;    // octets of one unfolded field value; the rest is cut off
inline constexpr std::size_t field_name_bytes = 100;      // octets of a field name; a longer one is not a name
inline constexpr std::size_t boundary_bytes = 250;        // octets of a boundary (RFC 2046 allows 70)
inline constexpr std::size_t boundary_candidates = 6;     // readings of one boundary parameter that are all honoured
inline constexpr std::size_t depth = 16;                  // open multiparts and messages
inline constexpr std::size_t encoded_levels = 3;          // raw octets and two transfer-decoded containers inside
inline constexpr std::uint16_t parts = 1000;              // default of options::max_parts
inline constexpr std::uint64_t sniff_bytes = 4096;        // default of options::sniff_bytes, decoded octets
inline constexpr std::size_t encoding_probe_bytes = 128;  // octets looked at when the transfer encoding is in doubt
inline constexpr std::size_t two_readings_bytes = 1024;   // raw octets of a text that is read in two ways, from one reading's turn to its next
inline constexpr std::size_t converters = 8;              // default of charset_pool: open iconv descriptors
inline constexpr std::size_t rtf_dictionary_bytes = 4096; // what compressed RTF refers back to (MS-OXRTFCP), while it is read
inline constexpr std::size_t rtf_dictionaries = 1;        // of charset_pool: compressed RTF bodies read at the same time
inline constexpr std::size_t rtf_depth = 32;              // open groups of RTF; deeper ones keep what the last had

inline constexpr std::size_t html_depth = 128;            // open elements
inline constexpr std::size_t html_styles = 32;            // different styles among the open elements
inline constexpr std::size_t html_url_bytes = 768;        // octets of a link target
inline constexpr std::size_t html_base_bytes = 160;       // octets of <base href>
inline constexpr std::size_t html_shown_bytes = 160;      // octets of an anchor's shown text
inline constexpr std::size_t html_alt_bytes = 160;        // octets of an image's alternative text
inline constexpr std::size_t html_selectors = 64;          // classes, ids and elements that style sheets speak of; of more, all are taken to be meant

inline constexpr std::size_t walker_state_bytes = 6848;  // octets of one walker, checked by the compiler

}  // namespace sluice::mime::limits
