// A text with its slots and the words of findings marked: what a sender's template leaves open, and what stood there.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "inspect/ruleset.hpp"
#include "inspect/template_match.hpp"
#include "status/history.hpp"

namespace sluice::status {

struct slot_place {
  std::size_t begin = 0, end = 0;  // in the text
  std::string name, type;
};

// The sender's template that a text fits, and its slots there; null when none fits.
struct template_fit {
  const inspect::text_template* form = nullptr;
  std::vector<slot_place> slots;
};
template_fit fit_of(std::string_view text, const std::vector<inspect::text_template>& forms);

// HTML: the template as written, its slots as <span class="slot">; and a text with slots, and with the words of the
// message's findings as <mark> (short ones only of that place).
std::string form_html(const inspect::text_template& form);
std::string marked_html(std::string_view text, inspect::place where, const history_entry& m, const std::vector<slot_place>& slots);

}  // namespace sluice::status
