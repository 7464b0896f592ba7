// A message's MIME tree for people and as JSON. Called by cmd_mime.cpp.
#pragma once
#include <string>

#include "firmware/scan/mime_tree.hpp"

namespace sluice::gateway {

// The tree, a line for each part, what clients disagree about below it. `with_text`: also its text and links.
std::string mime_people(const std::string& file, const scan::mime_tree& tree, bool with_text, bool colour_on);
// One object on one line.
std::string mime_json(const std::string& file, const scan::mime_tree& tree, bool with_text);

}  // namespace sluice::gateway
