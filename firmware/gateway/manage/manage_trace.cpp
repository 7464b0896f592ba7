// "Where is my mail?": /api/v1/trace for programs and the command line, /trace for people.
#include "firmware/gateway/manage/manage_trace.hpp"

#include <boost/json.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "core/concat.hpp"
#include "firmware/gateway/rfc3339.hpp"
#include "status/pages/frame.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;
namespace json_lib = boost::json;
constexpr std::size_t page_rows = 50, page_rows_max = 100, text_octets_max = 254;

// "2026-11-28T12:00:00Z", or what a date field of a form sends: "2026-11-28", "2026-11-28T12:00".
bool read_time(std::string text, std::int64_t& out) {
  if (text.empty()) return true;
  if (text.size() == 10) text += "T00:00:00Z";
  if (text.size() == 16) text += ":00Z";
  return parse_rfc3339(text, out);
}

bool read_query(const web_request& q, trace_query& out, std::string& why) {
  out.text = q.query_value("q");
  out.client = q.query_value("client");
  out.before = q.query_value("before");
  out.limit = page_rows;
  const std::string limit = q.query_value("limit");
  std::from_chars(limit.data(), limit.data() + limit.size(), out.limit);
  out.limit = std::clamp<std::size_t>(out.limit, 1, page_rows_max);
  if (out.text.size() > text_octets_max || out.client.size() > text_octets_max) return why = "That is longer than any address.", false;
  if (!read_time(q.query_value("from"), out.from) || !read_time(q.query_value("to"), out.to)) return why = "A time looks like 2026-12-31T00:00:00Z.", false;
  return true;
}

web_reply failed(int error) {
  if (error != EBUSY && error != EAGAIN) return problem(503, "Cannot read", std::strerror(error));
  web_reply r = problem(503, "Busy", "Another search is under way. Try again in a moment.");
  r.headers.emplace_back("Retry-After", "2");
  return r;
}

std::string link_to(const web_request& q, const std::string& next) {
  std::string out = concat("/trace?before=", percent_encoded(next));
  for (const char* key : {"q", "client", "from", "to"})
    if (const std::string v = q.query_value(key); !v.empty()) append_to(out, "&", key, "=", percent_encoded(v));
  return out;
}

std::string member(const json_lib::object& o, const char* key) {
  const auto* v = o.if_contains(key);
  return v != nullptr && v->is_string() ? html(std::string_view(v->as_string().data(), v->as_string().size())) : std::string();
}

// Addresses and host names, in HTML, break behind a dot or '@' where they do not fit.
std::string breakable(const std::string& name) {
  std::string out;
  for (const char c : name) append_to(out, c, (c == '.' || c == '@' ? "<wbr>" : ""));
  return out;
}

// What happened in one cell, who in the next, what was said in the last.
std::string html_row(const std::string& row_json) {
  const json_lib::object o = json_lib::parse(row_json).as_object();
  const std::string what = member(o, "what"), outcome = member(o, "outcome"), subject = member(o, "subject"), cause = member(o, "cause"), list = member(o, "list");
  const bool good = outcome == "forwarded", held = outcome == "quarantined";
  std::string event = concat("<span class=\"pill ", (good ? "good" : held ? "warn" : "bad"), "\">", (outcome.empty() ? concat(what, " refused") : outcome), "</span>");
  if (what == "session") event = "<span class=\"pill bad\">session ended</span>";
  if (what == "tls") event = "<span class=\"pill bad\">TLS failed</span>";
  if (!cause.empty()) append_to(event, "<br><small>", cause, "</small>");
  if (!list.empty()) append_to(event, "<br><small>", list, "</small>");
  std::string who = breakable(member(o, "mail_from"));
  if (const std::string author = member(o, "from"); !author.empty() && author != member(o, "mail_from"))
    append_to(who, (who.empty() ? "" : "<br>"), "<small>From ", breakable(author), "</small>");
  std::string said;
  if (const std::string ours = member(o, "reply"); !ours.empty()) said = concat("we: ", ours);
  if (const std::string theirs = member(o, "downstream_reply"); !theirs.empty()) append_to(said, "<br>", breakable(member(o, "host")), ": ", theirs);
  const std::string id = member(o, "id");
  return row_of({concat("<time>", member(o, "time"), "</time>", (id.empty() ? "" : concat("<br><code>", id, "</code>"))), event, who,
                 concat(breakable(member(o, "recipients")), (subject.empty() ? "" : concat("<br><small>", subject, "</small>"))),
                 concat("<code>", member(o, "client"), "</code><br><small>", breakable(member(o, "helo")), "</small>"), said});
}

std::string search_form(const web_request& q) {
  return concat("<form method=\"get\" action=\"/trace\" class=\"fields\">",
         input_of("Sender or recipient, a part of it, or a verdict id", "q", "search", q.query_value("q"), "maxlength=\"254\" autocomplete=\"off\""),
         input_of("Client's address, or its beginning", "client", "search", q.query_value("client"), "maxlength=\"45\" autocomplete=\"off\""),
         input_of("From (UTC)", "from", "datetime-local", q.query_value("from")), input_of("Until (UTC)", "to", "datetime-local", q.query_value("to")),
         "<p><button type=\"submit\" class=\"primary\">Search</button></p></form>");
}

reply show_page(trace_log& trace, net::asio::io_context& loop, const web_request& q) {
  trace_query query;
  std::string why;
  trace_page found;
  const bool readable = read_query(q, query, why);
  if (readable) found = co_await trace.look(loop, query);
  if (found.error == EBUSY || found.error == EAGAIN) why = "Another search is under way. Try again in a moment.";
  else if (found.error != 0) why = concat("The trace cannot be read: ", std::strerror(found.error));
  std::string rows;
  for (const std::string& r : found.rows) rows += html_row(r);
  std::string table = table_of("Messages and refusals", {"Time", "What", "Sender", "Recipients", "Client", "Replies"}, rows,
                               trace.limit() == 0 ? "No trace is kept (trace.size is 0)." : "Nothing fits.");
  if (const std::size_t at = table.find("class=\"cards\""); at != std::string::npos) table.insert(at + 12, " mails trace");
  const std::string body = concat(notice_of("bad", why), section_of("Search", search_form(q), "search"),
                           section_of("What became of it", concat(table, next_page(found.next.empty() ? "" : link_to(q, found.next))), "found"));
  web_reply r = html_reply(framed("Where is my mail?", status::view::messages, q.who, body));
  if (!why.empty()) r.status = readable ? 503 : 422;
  co_return r;
}

reply show_json(trace_log& trace, net::asio::io_context& loop, const web_request& q) {
  trace_query query;
  std::string why;
  if (!read_query(q, query, why)) co_return problem(422, "Bad query", why);
  const trace_page found = co_await trace.look(loop, query);
  if (found.error != 0) co_return failed(found.error);
  std::string out;
  for (const std::string& r : found.rows) append_to(out, (out.empty() ? "" : ",\n"), r);
  co_return json_reply(concat("{\"entries\":[", out, "],\"before\":", (found.next.empty() ? "null" : json(found.next)), "}\n"));
}

}  // namespace

void add_trace_routes(web_routes& routes, trace_log& trace, net::asio::io_context& loop) {
  routes.add({verb::get, "/api/v1/trace", role::viewer, no_body,
              {"Find what became of mail, newest first", "q;client:text:The client's address, or its beginning;"
               "from:text:Not before, 2026-12-31T00:00:00Z or 2026-12-31;to:text:Not after;before:text;limit:1-100=50"},
              [&trace, &loop](const web_request& q) -> reply { return show_json(trace, loop, q); }});
  routes.add({verb::get, "/trace", role::viewer, no_body, {"Show what became of mail", "q;client;from;to;before;limit:1-100"},
              [&trace, &loop](const web_request& q) -> reply { return show_page(trace, loop, q); }});
}

}  // namespace sluice::gateway
