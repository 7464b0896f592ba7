// The quarantine's pages as text: list, one message, what is asked before an action, what became of it, a report before it
// is sent. Values in, HTML out (status/pages/frame.hpp); every text of a mail is escaped here.
#pragma once
#include <string>
#include <vector>

#include "firmware/gateway/manage/desk.hpp"
#include "status/pages/frame.hpp"

namespace sluice::gateway {

struct list_query {
  std::string text, state, older;  // state: "" live, "all", or a state's name; older: query for the next page, or empty
  std::string asked{};             // section above the list: who asks for a message; finished HTML, or empty
};
// The section "Recipients ask for" with `most` rows, nothing without rows (quarantine_requests.cpp).
std::string quarantine_requests_part(const status::principal& who, std::vector<quarantine::release_request> rows, std::size_t most);
std::string quarantine_list_page(const status::principal& who, const list_query& q, const quarantine::list_page& page);

struct message_page {
  quarantine::message_detail message;
  std::unique_ptr<text_preview> text;  // null: not for this role, or not readable
  std::string text_missing;            // why
  std::string told_kind, told;         // notice above it
};
std::string quarantine_message_page(const status::principal& who, const message_page& m);

// Before an action: what it does, to what, with a form that says yes. `verb`: release, delete, release-and-allow.
struct question {
  std::string verb;
  std::vector<std::string> ids, recipients;  // no recipients: all
  std::vector<std::string> about;            // lines: subjects, recipients
  std::vector<std::string> allowed;          // lines: the exceptions
  bool bulk = false;
};
std::string quarantine_question_page(const status::principal& who, const question& q);
std::string quarantine_outcome_page(const status::principal& who, const std::string& verb, const std::vector<desk_outcome>& all);
std::string quarantine_report_page(const status::principal& who, const desk_report& r, const std::string& problem);

// A text of several lines, escaped, the words of findings in <mark>.
std::string marked_html(std::string_view text, std::span<const quarantine::stored_finding> findings);

}  // namespace sluice::gateway
