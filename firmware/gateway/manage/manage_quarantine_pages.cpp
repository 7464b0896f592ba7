// The quarantine's pages: forms that work without script. An action is asked for, confirmed on a page of its own, done, and
// told; the one of a single message ends on that message's page.
#include <algorithm>
#include <charconv>
#include <ctime>

#include "core/concat.hpp"
#include "firmware/gateway/manage/manage_quarantine.hpp"
#include "firmware/gateway/manage/quarantine_page.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;
namespace q = quarantine;

constexpr std::size_t requests_shown = 5;       // above the list; the others on a page of their own
constexpr std::size_t form_octets = 16 * 1024;  // a hundred recipients, or the ids of a page

std::optional<desk_action> action_named(std::string_view name) {
  if (name == "release") return desk_action::release;
  if (name == "delete") return desk_action::remove;
  return std::nullopt;
}

// People get a page, not JSON.
web_reply page_for(web_reply r, const principal& who) {
  const std::size_t at = r.body.find("\"detail\":\"");
  const std::size_t end = r.body.rfind("\"}");
  std::string detail = at == std::string::npos || end < at + 10 ? std::string(reason_of(r.status)) : r.body.substr(at + 10, end - at - 10);
  for (std::size_t i = 0; i + 1 < detail.size(); ++i)
    if (detail[i] == '\\') detail.erase(i, 1);  // quotes and backslashes of JSON
  r.content_type = "text/html; charset=utf-8";
  r.body = framed("Quarantine", view::quarantine, who, concat(notice_of("bad", detail), "<p><a class=\"button\" href=\"/quarantine\">Back to the quarantine</a></p>"));
  return r;
}

reply list(desk& d, const web_request& r) {
  std::string wrong;
  const q::list_filter filter = filter_of(r, "q", wrong);
  if (!wrong.empty()) co_return page_for(problem(422, "Bad query", wrong), r.who);
  const auto turn = co_await d.enter();
  if (!turn) co_return page_for(desk_is_busy(), r.who);
  const auto page = co_await d.list(filter, number_of(r, "before"), desk_rows);
  if (!page) co_return page_for(refusal_of(page.error()), r.who);
  const bool front = filter.text.empty() && r.query_value("state").empty() && number_of(r, "before") == 0;
  std::vector<q::release_request> asked;
  if (front) {
    auto rows = co_await d.requests(0, 0, requests_shown + 1);
    if (rows) asked = std::move(*rows);
  }
  list_query query;
  query.asked = quarantine_requests_part(r.who, std::move(asked), requests_shown);
  query.text = filter.text;
  query.state = r.query_value("state");
  if (page->next != 0)
    query.older = concat("/quarantine?q=", percent_encoded(query.text), "&state=", percent_encoded(query.state), "&before=", std::to_string(page->next));
  co_return html_reply(quarantine_list_page(r.who, query, *page));
}

std::string told_of(const web_request& r, std::string& kind) {
  const std::string done = r.query_value("done");
  const std::int64_t n = number_of(r, "n");
  kind = n > 0 ? "good" : "warn";
  const std::string many = concat(std::to_string(n), (n == 1 ? " recipient" : " recipients"));
  if (done == "release") return n > 0 ? concat("Released to ", many, "; the mail server's reply will stand below.") : "Nothing was left to release.";
  if (done == "delete") return n > 0 ? concat("Deleted for ", many, ".") : "Nothing was left to delete.";
  if (done == "allow") return concat("Released. ", std::to_string(n), (n == 1 ? " exception is" : " exceptions are"), " in force; they stand under Lists.");
  if (done == "report") return kind = "good", "The report is on its way to the abuse desk.";
  return {};
}

reply show(desk& d, const web_request& r) {
  const auto turn = co_await d.enter();
  if (!turn) co_return page_for(desk_is_busy(), r.who);
  auto m = co_await d.show(r.parameters[0]);
  if (!m) co_return page_for(refusal_of(m.error()), r.who);
  message_page page;
  page.message = std::move(*m);
  page.told = told_of(r, page.told_kind);
  if (r.who.what < role::operate) {
    page.text_missing = "Operators and administrators see the text.";
  } else {
    auto text = co_await d.preview(r.parameters[0]);
    if (text) page.text = std::move(*text);
    else page.text_missing = text.error().message();
  }
  co_return html_reply(quarantine_message_page(r.who, page));
}

std::string line_of(const q::message_detail& m) {
  return concat((m.summary.subject.empty() ? "(no subject)" : m.summary.subject), " - ",
         (m.summary.header_from.empty() ? m.summary.reverse_path : m.summary.header_from));
}

reply allow(desk& d, const web_request& r, const q::message_detail& m, const std::vector<std::string>& recipients) {
  const std::string given = r.form_value("days"), by = name_for_audit(r.who);
  std::int64_t days = 0;
  std::from_chars(given.data(), given.data() + given.size(), days);
  const desk_allowed done = co_await d.release_and_allow(m, recipients, days, by);
  if (!done.why.empty()) co_return page_for(problem(409, "Refused", done.why), r.who);
  web_reply out = see_other(concat("/quarantine/", percent_encoded(m.summary.id), "?done=allow&n=", std::to_string(done.entries)));
  out.audit = concat("release and allow ", m.summary.id, " (", std::to_string(done.entries), " exceptions)");
  co_return out;
}

reply act(desk& d, const web_request& r) {
  const std::string what = r.form_value("action");
  const auto action = action_named(what);
  q::selection who;
  who.addresses = r.form_values("recipient");
  const bool allows = what == "release-and-allow";
  if (!action && !allows) co_return page_for(problem(422, "Unknown action", "This action is not known."), r.who);
  if (who.addresses.empty()) co_return page_for(problem(422, "Nobody chosen", "Choose at least one recipient."), r.who);
  const auto turn = co_await d.enter();
  if (!turn) co_return page_for(desk_is_busy(), r.who);
  const std::string by = name_for_audit(r.who);
  if (r.form_value("sure") != "yes" || allows) {
    const auto m = co_await d.show(r.parameters[0]);
    if (!m) co_return page_for(refusal_of(m.error()), r.who);
    if (allows && r.form_value("sure") == "yes") co_return co_await allow(d, r, *m, who.addresses);
    question ask;
    ask.verb = what;
    ask.ids = {r.parameters[0]};
    ask.recipients = who.addresses;
    ask.about = who.addresses;
    ask.about.insert(ask.about.begin(), line_of(*m));
    if (allows) {
      const allow_plan plan = plan_allow(*m, who.addresses, allow_days_default, by, std::time(nullptr));
      if (!plan.refused.empty()) co_return page_for(problem(409, "Refused", plan.refused), r.who);
      ask.allowed = plan.lines;
    }
    web_reply out = html_reply(quarantine_question_page(r.who, ask));
    out.audit = concat("ask to ", what, " ", r.parameters[0]);
    co_return out;
  }
  const desk_outcome done = co_await d.act(*action, r.parameters[0], who, by);
  if (!done.ok()) co_return page_for(refusal_of(done.why, done.words), r.who);
  const auto changed = std::ranges::count_if(done.results, [](const q::action_result& one) { return one.changed; });
  web_reply out = see_other(concat("/quarantine/", percent_encoded(r.parameters[0]), "?done=", what, "&n=", std::to_string(changed)));
  out.audit = audit_words(what, {done});
  co_return out;
}

reply bulk(desk& d, const web_request& r) {
  const std::string what = r.form_value("action");
  const auto action = action_named(what);
  const std::vector<std::string> ids = r.form_values("id");
  if (!action) co_return page_for(problem(422, "Unknown action", "This action is not known."), r.who);
  if (ids.empty()) co_return page_for(problem(422, "Nothing chosen", "Choose at least one message."), r.who);
  if (ids.size() > desk_bulk_max) co_return page_for(problem(422, "Too many", "At most 50 messages at once."), r.who);
  const auto turn = co_await d.enter();
  if (!turn) co_return page_for(desk_is_busy(), r.who);
  if (r.form_value("sure") != "yes") {
    question ask;
    ask.verb = what;
    ask.ids = ids;
    ask.bulk = true;
    for (const std::string& id : ids) {
      const auto m = co_await d.show(id);
      ask.about.push_back(m ? line_of(*m) : concat(id, ": ", m.error().message()));
    }
    web_reply out = html_reply(quarantine_question_page(r.who, ask));
    out.audit = concat("ask to ", what, " ", std::to_string(ids.size()), " messages");
    co_return out;
  }
  q::selection everybody;
  everybody.all = true;
  const std::string by = name_for_audit(r.who);
  std::vector<desk_outcome> all;
  for (const std::string& id : ids) {
    desk_outcome one = co_await d.act(*action, id, everybody, by);
    all.push_back(std::move(one));
  }
  web_reply out = html_reply(quarantine_outcome_page(r.who, what, all));
  out.audit = audit_words(what, all);
  co_return out;
}

reply see_report(desk& d, const web_request& r) {
  const std::string to = r.query_value("to");
  const auto turn = co_await d.enter();
  if (!turn) co_return page_for(desk_is_busy(), r.who);
  const bool chosen = !to.empty();
  const bool good = !chosen || (r.who.what >= role::admin && is_report_address(to));
  const std::string address = good ? to : std::string();
  const auto report = co_await d.report_for(r.parameters[0], address);
  if (!report) co_return page_for(refusal_of(report.error()), r.who);
  co_return html_reply(quarantine_report_page(r.who, *report, good ? "" : "That is no address that you may report to."));
}

reply send_report(desk& d, const web_request& r) {
  const std::string to = r.form_value("to");
  const auto turn = co_await d.enter();
  if (!turn) co_return page_for(desk_is_busy(), r.who);
  const std::string known_desk;
  const auto known = co_await d.report_for(r.parameters[0], known_desk);
  if (!known) co_return page_for(refusal_of(known.error()), r.who);
  if (to != known->desk.to && (r.who.what < role::admin || !is_report_address(to)))
    co_return page_for(problem(403, "Not allowed", "Only an administrator chooses where a report goes."), r.who);
  const auto report = co_await d.report_for(r.parameters[0], to);
  if (!report || report->to.empty()) co_return page_for(problem(409, "No abuse desk", "No abuse desk is known for this sender."), r.who);
  if (!report->refused.empty()) co_return page_for(problem(409, "Too many recipients", report->refused), r.who);
  const std::string by = name_for_audit(r.who);
  const own_queued sent = co_await d.send(*report, by);
  if (!sent.ok()) co_return html_reply(quarantine_report_page(r.who, *report, concat("The report could not be queued: ", sent.why, ".")));
  web_reply out = see_other(concat("/quarantine/", percent_encoded(r.parameters[0]), "?done=report&n=1"));
  out.audit = concat("report ", r.parameters[0], " to ", report->to);
  co_return out;
}

reply own_mail(desk& d, const web_request& r) {
  const auto turn = co_await d.enter();
  if (!turn) co_return page_for(desk_is_busy(), r.who);
  const auto all = co_await d.own_list(number_of(r, "before"));
  if (!all) co_return page_for(refusal_of(all.error()), r.who);
  std::string rows;
  for (const q::own_summary& m : *all) {
    for (const q::own_recipient& one : m.recipients) {
      const bool waits = one.state == q::recipient_state::releasing;
      const std::string state = one.state == q::recipient_state::released ? "sent" : waits ? "waiting" : q::name_of(one.state);
      const std::string about = m.about.empty() ? "" : concat("<a href=\"/quarantine/", percent_encoded(m.about), "\">", html(m.about), "</a>");
      rows += row_of({time_of(m.queued), html(m.kind), html(one.address), about, concat("<span class=\"badge ", std::string(state == "sent" ? "good" : waits ? "warn" : "bad"), "\">", html(state), "</span>"), html(one.reply),
                      waits ? post_button(r.who, role::operate, concat("/quarantine/own-mail/", percent_encoded(m.id), "/drop"), "Do not send") : ""});
    }
  }
  std::string body = concat("<p class=\"lead\">Reports, digests and notices. What waits is tried again for as long as releases are.</p><section>",
                     table_of("Own mail", {"Queued", "Kind", "To", "About", "State", "Last reply of the mail server", "Action"}, rows, "None was sent yet."));
  if (all->size() == desk_rows) body += next_page(concat("/quarantine/own-mail?before=", std::to_string(all->back().sequence)));
  co_return html_reply(framed("Mail that Sluice sent", view::quarantine, r.who, concat(body, "</section>")));
}

reply drop_own_mail(desk& d, const web_request& r) {
  const std::string by = name_for_audit(r.who);
  const auto done = co_await d.drop_own(r.parameters[0], by);
  if (!done) co_return page_for(refusal_of(done.error()), r.who);
  web_reply out = see_other("/quarantine/own-mail");
  out.audit = concat("drop ", r.parameters[0]);
  co_return out;
}

}  // namespace

void add_quarantine_pages(web_routes& routes, desk& d) {
  const auto add = [&routes, &d](verb method, const char* pattern, role least, std::size_t body, route_facts about, reply (*run)(desk&, const web_request&)) {
    routes.add({method, pattern, least, body, about, [&d, run](const web_request& r) -> reply { return run(d, r); }});
  };
  add(verb::get, "/quarantine", role::viewer, no_body, {"Show the quarantine", "q;sender;recipient;rule;state;before:number"}, list);
  add(verb::post, "/quarantine/bulk", role::operate, form_octets,
      {"Release or delete several held messages", "", "action!:release|delete;id:texts;sure:yes|"}, bulk);
  add(verb::get, "/quarantine/own-mail", role::operate, no_body, {"Show the mail that Sluice sent", "before:number"}, own_mail);
  add(verb::post, "/quarantine/own-mail/{id}/drop", role::operate, small_body, "Do not send an own mail any more", drop_own_mail);
  add(verb::get, "/quarantine/{id}", role::viewer, no_body, {"Show a held message", "done;n:number"}, show);
  add(verb::post, "/quarantine/{id}/act", role::operate, form_octets,
      {"Release or delete a held message", "", "action!;recipient:texts;days:1-90;sure:yes|"}, act);
  add(verb::get, "/quarantine/{id}/report", role::operate, no_body, {"Show an abuse report before it is sent", "to"}, see_report);
  add(verb::post, "/quarantine/{id}/report", role::operate, small_body, {"Send an abuse report", "", "to"}, send_report);
}

}  // namespace sluice::gateway
