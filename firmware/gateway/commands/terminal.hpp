// Output for people: colour only on a terminal, never with NO_COLOR set (no-color.org) or TERM=dumb, and texts from
// files and mail without the control and bidirectional characters that a terminal would obey.
#pragma once
#include <string>
#include <string_view>

namespace sluice::gateway {

enum class colour { none, bold, dim, red, green, yellow, blue };

// True when `descriptor` is a terminal that takes colours.
bool wants_colour(int descriptor);

// `text` in a colour if `on`, else as it is.
std::string paint(std::string_view text, colour c, bool on);

// Printable on a terminal: controls (C0, C1, DEL) and bidi controls as \x or \u escapes; what is not UTF-8 as \x.
std::string printable(std::string_view text);

}  // namespace sluice::gateway
