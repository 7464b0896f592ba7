#include "status/pages/elements.hpp"

#include "core/concat.hpp"
#include "status/pages/frame.hpp"
#include "status/text.hpp"

namespace sluice::status {

std::string duration_of(std::int64_t s) {
  const std::int64_t days = s / 86400, hours = s / 3600 % 24, minutes = s / 60 % 60;
  if (days > 0) return concat(std::to_string(days), " d ", std::to_string(hours), " h");
  if (hours > 0) return concat(std::to_string(hours), " h ", std::to_string(minutes), " min");
  return minutes > 0 ? concat(std::to_string(minutes), " min") : concat(std::to_string(s), " s");
}

std::string meter_of(std::string_view label_text, std::uint64_t value, std::uint64_t most) {
  const std::string limit = std::to_string(most == 0 ? 1 : most);
  return concat("<meter aria-label=\"", html(label_text), "\" min=\"0\" max=\"", limit, "\" high=\"", std::to_string(most * 9 / 10), "\" value=\"",
         std::to_string(value), "\"></meter>");
}

std::string message_row(const history_entry& m) {
  std::string why;
  for (const history_finding& f : m.findings) append_to(why, (why.empty() ? "" : ", "), html(f.rule));
  const std::string subject = m.subject.empty() ? "<span class=\"dim\">no subject</span>" : html(sluice::view(m.subject));
  const std::string to = concat(html(sluice::view(m.recipient)), (m.recipients > 1 ? concat(" and ", std::to_string(m.recipients - 1), " more") : ""));
  return concat("<tr><td>", time_of(m.unix_seconds), "</td><td>", badge_of(m.outcome, m.outcome), "</td><td><a href=\"/messages/", html(sluice::view(m.id)), "\">", subject,
         "</a>", (why.empty() ? "" : concat("<span class=\"sub\">", why, "</span>")), "</td><td>", html(sluice::view(m.from)), "<span class=\"sub\">to ", to,
         "</span></td><td class=\"number\" data-name=\"score\">", std::to_string(m.score), "</td></tr>\n");
}

std::string message_table(const std::string& rows, std::string_view empty_text) {
  if (rows.empty()) return concat("<p class=\"empty\">", html(empty_text), "</p>");
  return concat("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Messages\"><table class=\"cards mails\"><thead><tr><th scope=\"col\">Time</th><th scope=\"col\">Outcome</th>"
         "<th scope=\"col\">Subject and reasons</th><th scope=\"col\">From and to</th><th scope=\"col\" class=\"number\">Score</th></tr></thead><tbody>", rows,
         "</tbody></table></div>\n");
}

}  // namespace sluice::status
