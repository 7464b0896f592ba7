// What every page of people shares: the document around it, the way between the views, and the few elements that forms
// and lists are made of. Pure text; all of it is usable without script, and /app.js makes live what carries data-*.
//
// Every argument named `text` is escaped here; arguments named `body` or `cells` are finished HTML (status/text.hpp).
// Style is in classes only: the Content-Security-Policy allows neither inline style nor inline script.
#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "status/http/route.hpp"

namespace sluice::status {

// The views of the navigation; `none` for pages outside of it (login, set-up, account).
enum class view : std::uint8_t { overview, messages, quarantine, profiles, lists, config, system, none };

// What every page shows beside its own content. Set at start and on a new configuration, read when a page is made: all on
// the loop of the management server.
struct page_context {
  std::string hostname;
  // Finished HTML above the title of every page of `who`, for what waits for somebody: a generation to be confirmed.
  // Shown in a box of class "banner"; empty: nothing waits.
  std::function<std::string(const principal& who)> banner = nullptr;
};
page_context& context_of_pages();

// The whole document. With who.what == role::nobody there is no navigation.
std::string framed(std::string_view title_text, view at, const principal& who, const std::string& body);

// <section> with a heading; `id` names it for links and script, empty: none.
std::string section_of(std::string_view title_text, const std::string& body, std::string_view id = {});

// A table, on a phone from four columns on a card for each row; `rows` are made by row_of(). Without rows it says `empty_text`.
std::string table_of(std::string_view caption_text, std::initializer_list<std::string_view> heads_text, const std::string& rows,
                     std::string_view empty_text);
std::string row_of(const std::vector<std::string>& cells);

// A definition list of label and value; values are finished HTML.
std::string facts_of(const std::vector<std::pair<std::string, std::string>>& label_text_and_body);

// A moment, "2026-11-23 20:44:33Z"; with script "3 min ago". Nothing for 0.
std::string time_of(std::int64_t unix_seconds);

// A state as a word in colour: `kind` is "good", "warn", "bad" or "" (assets/README.md has more).
std::string badge_of(std::string_view kind, std::string_view text);

// A message to the reader: `kind` is "good", "warn" or "bad". Empty text: nothing.
std::string notice_of(std::string_view kind, std::string_view text);

// The hidden field that proves a form to be ours; for every <form method="post"> of a session.
std::string csrf_field(const principal& who);

// A form of one button that posts to `action_text` with hidden fields. Empty when `who` lacks `least`.
// `kind` is a class: "" plain, "primary", "danger". With a `question_text` app.js asks it before the form is sent.
std::string post_button(const principal& who, role least, std::string_view action_text, std::string_view label_text,
                        const std::vector<std::pair<std::string, std::string>>& hidden_text = {}, std::string_view kind = {},
                        std::string_view question_text = {});

// A labelled input line of a form. `type` as in HTML; `more` is finished HTML of further attributes.
std::string input_of(std::string_view label_text, std::string_view name, std::string_view type, std::string_view value_text,
                     std::string_view more = {});

// A labelled choice; `options` are value and label, both text.
std::string select_of(std::string_view label_text, std::string_view name, std::string_view chosen,
                      const std::vector<std::pair<std::string, std::string>>& options_text);

// The link to the next page of a list: nothing when `next_text` is empty.
std::string next_page(std::string_view href_text);

}  // namespace sluice::status
