#include "firmware/gateway/records/digest_text.hpp"

#include <algorithm>

#include "core/concat.hpp"
#include "inspect/rules.hpp"
#include "status/links/mask.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using status::html;

std::string_view label_of(status::link_action a) {
  switch (a) {
    case status::link_action::release: return "Release it to me";
    case status::link_action::remove: return "Delete it";
    case status::link_action::ask: break;
  }
  return "Ask an operator to look at it";
}

std::string count_of(std::uint64_t n) { return concat(std::to_string(n), (n == 1 ? " message" : " messages")); }

std::string first_words(const digest_facts& f) {
  if (f.notice) return concat("A message to ", f.recipient, " was held back and not delivered.");
  return concat(count_of(f.messages), " to ", f.recipient, (f.messages == 1 ? " was" : " were"), " held back and not delivered.");
}

std::string more_words(const digest_facts& f) {
  if (f.messages <= f.rows.size()) return {};
  return concat("And ", std::to_string(f.messages - f.rows.size()), " more, not listed here.");
}

std::string last_words(const digest_facts& f) {
  std::string out = "Telephone numbers, links and wallets in these lines are hidden: mail that was held is often made to have them used. ";
  out += f.links_until != 0 ? concat("Each link works once, until ", status::utc(f.links_until), ". Following it shows the message first; nothing happens "
                              "before you press the button there. ")
                            : "To have one of them delivered, give its id to your administrator. ";
  return concat(out, "Held mail is deleted in the end. This mail comes from the mail gateway ", f.hostname, "; nobody reads answers to it.");
}

std::string subject_text(const std::string& subject) { return subject.empty() ? "(none)" : subject; }

std::string plain_of(const digest_facts& f) {
  std::string out = concat(first_words(f), "\n");
  std::size_t n = 0;
  for (const digest_row& r : f.rows) {
    out += "\n";
    const std::string number = f.notice ? "" : concat(std::to_string(++n), ". "), indent(number.size(), ' ');
    std::string lead = number;
    for (const std::string& reason : r.reasons) {
      append_to(out, lead, "Why: ", reason, "\n");
      lead = indent;
    }
    append_to(out, lead, "Says it is from: ", r.from, "\n", indent, "Subject: ", subject_text(r.subject), "\n", indent,
           "Received: ", status::utc(r.received), ", id ", r.id, "\n");
    for (const digest_link& l : r.links) append_to(out, indent, label_of(l.action), ":\n", indent, l.url, "\n");
  }
  if (const std::string more = more_words(f); !more.empty()) append_to(out, "\n", more, "\n");
  return concat(out, "\n", last_words(f), "\n");
}

// Mail clients take no style sheets; few attributes, and the same order as in the plain text.
std::string html_row(const digest_row& r) {
  std::string out = "<div style=\"margin:0 0 16px;padding:12px 16px;border:1px solid #d5d9df;border-radius:6px\">";
  for (const std::string& reason : r.reasons) append_to(out, "<p style=\"margin:0 0 6px;font-weight:bold\">", html(reason), "</p>");
  append_to(out, "<p style=\"margin:0 0 6px\">Says it is from: ", html(r.from), "</p><p style=\"margin:0 0 6px\">Subject: ", html(subject_text(r.subject)),
         "</p><p style=\"margin:0;color:#57606a;font-size:13px\">Received ", html(status::utc(r.received)), ", id ", html(r.id), "</p>");
  std::string links;
  for (const digest_link& l : r.links)
    append_to(links, std::string(links.empty() ? "" : " &nbsp; "), "<a style=\"color:#0b57d0\" href=\"", html(l.url), "\">", html(label_of(l.action)), "</a>");
  return concat(out, (links.empty() ? "" : concat("<p style=\"margin:10px 0 0\">", links, "</p>")), "</div>\n");
}

std::string html_of(const digest_facts& f) {
  std::string rows;
  for (const digest_row& r : f.rows) rows += html_row(r);
  const std::string more = more_words(f);
  return concat("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>", html(f.notice ? "A held message" : "Held messages"),
         "</title></head>\n<body style=\"font-family:sans-serif;font-size:15px;line-height:1.45;color:#1b1f24;max-width:640px\">\n<p>",
         html(first_words(f)), "</p>\n", rows, (more.empty() ? "" : concat("<p>", html(more), "</p>\n")),
         "<p style=\"color:#57606a;font-size:13px\">", html(last_words(f)), "</p>\n</body></html>\n");
}

}  // namespace

std::vector<std::string> reasons_of(const quarantine::held_item& item) {
  std::vector<std::string> out;
  for (const std::string& id : item.rules) {
    const inspect::rule r = inspect::rule_named(id);
    if (r == inspect::rule::count_ || out.size() == digest_reasons) continue;
    out.emplace_back(inspect::info_of(r).meaning);
  }
  if (out.empty()) out.emplace_back(item.rules.empty() ? "it could not be inspected as a whole" : "it looked like abuse");
  return out;
}

digest_row row_of(const quarantine::held_item& item, const inspect::lexicon& words) {
  digest_row out;
  out.id = item.id;
  out.received = item.received;
  out.reasons = reasons_of(item);
  out.from = status::masked_sender(item.header_from.empty() ? item.reverse_path : item.header_from, words);
  if (out.from.empty()) out.from = "(nobody)";
  out.subject = status::masked(item.subject, words);
  return out;
}

bool may_release(const quarantine::held_item& item, const std::vector<std::string>& operator_rules) {
  if (item.rules.empty() || item.rules_dropped) return false;
  const auto for_operator = [&](const std::string& rule) { return std::ranges::find(operator_rules, rule) != operator_rules.end(); };
  return std::ranges::none_of(item.rules, for_operator);
}

digest_mail digest_of(const digest_facts& f) {
  return {f.notice ? "A message for you was held back" : concat(count_of(f.messages), " held back for you"), plain_of(f), html_of(f)};
}

}  // namespace sluice::gateway
