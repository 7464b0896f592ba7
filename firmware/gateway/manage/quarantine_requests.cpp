// Recipients who ask an operator for a held message (firmware/docs/digest.md): the list, on a page of its own and above the
// quarantine's, and the two answers. Yes is a release of that recipient's copy, confirmed like every other; no leaves the copy
// held and takes the request off the list.
#include <boost/json.hpp>
#include <charconv>

#include "firmware/gateway/manage/manage_quarantine.hpp"
#include "firmware/gateway/manage/quarantine_page.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;
namespace q = quarantine;

// "17-2": sequence and position of the last row of the page before.
struct request_cursor {
  std::int64_t sequence = 0;
  std::uint32_t position = 0;
};

request_cursor request_cursor_of(const std::string& text) {
  request_cursor out;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, out.sequence);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-' || out.sequence < 1) return {};
  const auto second = std::from_chars(first.ptr + 1, end, out.position);
  return second.ec == std::errc() && second.ptr == end ? out : request_cursor();
}

std::string requests_table(const principal& who, const std::vector<q::release_request>& rows) {
  std::string out;
  for (const q::release_request& r : rows) {
    const std::string path = "/quarantine/" + percent_encoded(r.id);
    const std::string subject = r.subject.empty() ? "(no subject)" : r.subject;
    std::string answers = post_button(who, role::operate, path + "/act", "Release", {{"action", "release"}, {"recipient", r.address}}, "primary") +
                          post_button(who, role::operate, path + "/refuse", "Refuse", {{"recipient", r.address}});
    if (answers.empty()) answers = "for operators";
    out += row_of({html(r.address), "<a href=\"" + path + "\">" + html(subject) + "</a><br><small>from " + html(r.header_from) + "</small>", time_of(r.asked),
                   answers});
  }
  return table_of("Recipients who ask for their mail", {"Who asks", "For", "Since", "Answer"}, out, "Nobody asks for anything.");
}

std::string told_of_refusal(const web_request& r) {
  return r.query_value("done") == "refuse" ? "Refused; the mail stays held, and the recipient's link is used up." : std::string();
}

web_reply page_of_trouble(const web_reply& why, const principal& who) {
  web_reply out = html_reply(framed("Requests", view::quarantine, who,
                                    notice_of("bad", why.status == 404 ? "Nobody asks for that any more." : "The quarantine is busy or broken; try again in a moment.") +
                                        "<p><a class=\"button\" href=\"/quarantine/requests\">Back to the requests</a></p>"));
  out.status = why.status;
  return out;
}

reply show_requests(desk& d, const web_request& r) {
  const request_cursor at = request_cursor_of(r.query_value("before"));
  const auto rows = co_await d.requests(at.sequence, at.position, desk_rows);
  if (!rows) co_return page_of_trouble(refusal_of(rows.error()), r.who);
  std::string body = notice_of("good", told_of_refusal(r)) +
                     "<p>They could not release it by themselves: what was found in it looks most like mail that one waits for. Look at the message before you "
                     "answer.</p>" +
                     requests_table(r.who, *rows);
  if (rows->size() == desk_rows)
    body += next_page("/quarantine/requests?before=" + std::to_string(rows->back().sequence) + "-" + std::to_string(rows->back().position));
  co_return html_reply(framed("Recipients' requests", view::quarantine, r.who, body + "<p><a class=\"button\" href=\"/quarantine\">All held mail</a></p>"));
}

reply refuse_by_page(desk& d, const web_request& r) {
  const std::string address = r.form_value("recipient"), by = name_for_audit(r.who);
  const auto done = co_await d.refuse_request(r.parameters[0], address, by);
  web_reply out = done ? see_other("/quarantine/requests?done=refuse") : page_of_trouble(refusal_of(done.error()), r.who);
  out.audit = "refuse the request for " + r.parameters[0] + (done ? "" : " (failed)");
  co_return out;
}

// {"recipient": "ann@example.net"}
reply refuse_by_api(desk& d, const web_request& r) {
  boost::system::error_code ec;
  boost::json::parse_options shallow;
  shallow.max_depth = 2;
  const boost::json::value v = boost::json::parse(r.body, ec, {}, shallow);
  const boost::json::value* named = !ec && v.is_object() ? v.as_object().if_contains("recipient") : nullptr;
  if (named == nullptr || !named->is_string()) co_return problem(422, "Whose request?", "Name the recipient in \"recipient\".");
  const std::string address(named->as_string().data(), named->as_string().size()), by = name_for_audit(r.who);
  const auto done = co_await d.refuse_request(r.parameters[0], address, by);
  web_reply out = done ? json_reply("{\"refused\":true}\n") : refusal_of(done.error());
  out.audit = "refuse the request for " + r.parameters[0] + (done ? "" : " (failed)");
  co_return out;
}

}  // namespace

std::string quarantine_requests_part(const principal& who, std::vector<q::release_request> rows, std::size_t most) {
  if (rows.empty()) return {};
  const bool more = rows.size() > most;
  if (more) rows.resize(most);
  return section_of("Recipients ask for", requests_table(who, rows) + (more ? "<p><a class=\"button\" href=\"/quarantine/requests\">All requests</a></p>" : ""), "requests");
}

void add_request_routes(web_routes& routes, desk& d) {
  const auto add = [&routes, &d](verb method, const char* pattern, role least, std::size_t body, route_facts about, reply (*run)(desk&, const web_request&)) {
    routes.add({method, pattern, least, body, about, [&d, run](const web_request& r) -> reply { return run(d, r); }});
  };
  add(verb::get, "/quarantine/requests", role::viewer, no_body,
      {"Show the recipients who ask for a held message", "before;done"}, show_requests);
  add(verb::post, "/quarantine/{id}/refuse", role::operate, small_body,
      {"Refuse a recipient's request for a held message", "", "recipient!"}, refuse_by_page);
  add(verb::post, "/api/v1/quarantine/{id}/refuse-request", role::operate, small_body,
      {"Refuse a recipient's request for a held message", "", "recipient!:text:Whose request"}, refuse_by_api);
}

}  // namespace sluice::gateway
