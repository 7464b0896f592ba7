// The page behind a link in a digest or notice: what was held, why, and one button. Complete in itself: nothing else is
// served where it lives, so its style is in the document and allowed by its hash. Pure text.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "status/http/route.hpp"
#include "status/links/token.hpp"

namespace sluice::status {

// Texts are escaped here. `from` and `subject` have gone through mask.hpp.
struct link_page_facts {
  link_action action = link_action::ask;
  std::string from, subject;
  std::vector<std::string> reasons;  // ours, heaviest first
  std::int64_t received = 0, expires = 0;
  std::string page_token;
};

// The page with the button; it changes nothing.
web_reply link_page(const link_page_facts& f);
// A page that only tells something: done, not possible, used, expired. `kind`: "good", "warn" or "bad".
web_reply link_note(unsigned status, std::string_view kind, std::string_view title_text, std::string_view text);
// For everything that is no link of ours: says nothing about why.
web_reply no_such_link();

}  // namespace sluice::status
