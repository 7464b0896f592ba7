// The elements that matter for what is seen, with what the tree construction of browsers does with them.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::mime {

enum class html_tag : std::uint8_t {
  other, a, area, base, body, br, button, caption, dd, dt, embed, font, form, frame, hr, html, iframe, img, input, li, link, meta,
  noframes, noembed, object, option, p, plaintext, pre, script, select, source, style, table, tbody, td, template_, textarea,
  tfoot, th, thead, title, tr, track, video, audio, xmp, svg, head, b, big, code, em, i, nobr, s, small, strike, strong, tt, u,
  address, article, aside, blockquote, center, col, colgroup, details, dialog, dir, div, dl, fieldset, figcaption, figure, footer,
  h1, h2, h3, h4, h5, h6, header, hgroup, listing, main, marquee, menu, nav, ol, param, search, section, summary, ul, wbr,
  applet, span, bdo, math, optgroup, xml
};

// An unknown name gives a value above the named ones, by its hash, so that its end tag finds it.
html_tag find_tag(byte_view lower_name);

namespace tag_trait {
inline constexpr std::uint16_t is_void = 1;      // has no content
inline constexpr std::uint16_t block = 2;        // its text stands on lines of its own
inline constexpr std::uint16_t special = 4;      // stops the search of an ordinary end tag
inline constexpr std::uint16_t scope = 8;        // stops the search of a block's end tag
inline constexpr std::uint16_t formatting = 16;  // may be closed out of order
inline constexpr std::uint16_t closes_p = 32;    // its start ends an open <p>
inline constexpr std::uint16_t cell = 64;
inline constexpr std::uint16_t raw = 128;        // text up to its end tag is not markup
inline constexpr std::uint16_t unseen = 256;     // its content is not rendered
inline constexpr std::uint16_t table_part = 512;  // belongs into a table outside of its cells, or is not shown
}  // namespace tag_trait

std::uint16_t traits_of(html_tag);

}  // namespace sluice::mime
