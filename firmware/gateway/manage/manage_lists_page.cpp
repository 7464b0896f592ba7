// The page /lists: entries with their hits and ends, forms to add and remove. Plain HTML that works without script.
#include <charconv>
#include <ctime>

#include "core/concat.hpp"
#include "firmware/gateway/manage/manage_lists.hpp"
#include "status/pages/frame.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;
constexpr std::size_t page_entries = 50;
constexpr std::int64_t day_s = 86400, default_days = 30, longest_days = 3660;

// `id` because two forms of the page have a field of that name.
std::string select_of(std::string_view label, std::string_view id, std::string_view name, std::initializer_list<std::pair<const char*, const char*>> options,
                      std::string_view chosen) {
  std::string out = concat("<p class=\"field\"><label for=\"", id, "\">", html(label), "</label><select id=\"", id,
                    "\" name=\"", name, "\">");
  for (const auto& [value, text] : options)
    out += std::string("<option value=\"") + value + "\"" + (chosen == value ? " selected" : "") + ">" + html(text) + "</option>";
  return concat(out, "</select></p>");
}

std::string meaning_of(const policy::list_entry& e) {
  std::string out = html(e.what);
  if (e.what.starts_with('.')) out += " <small>and below</small>";
  if (e.kind != policy::list_kind::exception) return out;
  append_to(out, "<br><small>rule ", html(e.rule), (e.profile.empty() ? std::string() : concat(", sender ", html(e.profile))), "</small>");
  if (!e.text.empty()) append_to(out, "<br><q>", html(e.text), "</q>");
  else out += e.skeleton.empty() ? "" : "<br><small>one template</small>";
  return out;
}

std::string row_for(const principal& who, const policy::list_entry& e) {
  std::string kind = concat("<span class=\"pill ", (e.kind == policy::list_kind::block ? "bad" : e.kind == policy::list_kind::allow ? "good" : "warn"),
                     "\">", name_of(e.kind), "</span>");
  return row_of({kind, name_of(e.subject), meaning_of(e), std::to_string(e.hits), e.expires == 0 ? "never" : html(utc(e.expires)), html(e.note),
                 concat(html(e.who), "<br><small>", html(utc(e.created)), "</small>"), concat("<code>", html(e.id), "</code>"),
                 post_button(who, role::operate, "/lists/remove", "Remove", {{"id", e.id}}, "danger")});
}

// An address may come filled in: /lists?what=x@example.net&note=why#add is a link to block it.
std::string add_form(const principal& who, const web_request& q) {
  if (who.what < role::operate) return {};
  const auto given = [&q](std::string_view key) { return q.method == verb::post ? q.form_value(key) : key == "kind" ? std::string() : q.query_value(key); };
  const std::string days = given("days");
  return section_of("Add an entry",
                    concat("<form method=\"post\" action=\"/lists\" class=\"fields\">", csrf_field(who),
                        select_of("What it does", "kind", "kind", {{"block", "block"}, {"allow", "allow"}}, given("kind")),
                        select_of("Of whom", "subject", "subject",
                                  {{"address", "sender's address"}, {"domain", "sender's domain"}, {"network", "client's network"}, {"recipient", "recipient or its domain"}},
                                  given("subject")),
                        input_of("Address, domain (.example.net: and below) or network", "what", "text", given("what"), "required maxlength=\"254\" autocomplete=\"off\""),
                        input_of("Days until it ends; 0: never", "days", "number", days.empty() ? std::to_string(default_days) : days, "min=\"0\" max=\"3660\" required"),
                        input_of("Note", "note", "text", given("note"), "maxlength=\"200\" autocomplete=\"off\""),
                        "<p><button type=\"submit\" class=\"primary\">Add</button></p></form>"
                        "<p><small>Allowing silences findings, but never words in slots or a foreign body in the mail of a known sender, and a "
                        "sender only counts when authentication vouches for it. Mail to postmaster and abuse is never blocked. An exception for "
                        "one text is made from a held message in the quarantine.</small></p>"),
                    "add");
}

std::string search_form(const list_search& wanted) {
  return concat("<form method=\"get\" action=\"/lists\" class=\"filters\" role=\"search\">",
                input_of("Search", "q", "search", wanted.text, "maxlength=\"254\" placeholder=\"address, note, rule, id\""),
                select_of("Show", "only", "kind", {{"", "all"}, {"block", "block"}, {"allow", "allow"}, {"exception", "exception"}}, wanted.kind ? name_of(*wanted.kind) : ""),
                "<button type=\"submit\" class=\"primary\">Search</button></form>\n");
}

std::string link_to(const list_search& wanted, std::uint64_t before) {
  return concat("/lists?q=", percent_encoded(wanted.text), "&kind=", wanted.kind ? name_of(*wanted.kind) : "", "&before=", std::to_string(before));
}

web_reply page(list_store& lists, const web_request& q, unsigned status, std::string_view kind, std::string_view note) {
  list_search wanted;
  if (q.method == verb::get) wanted = list_search_of(q);
  std::string rows;
  const bool more = wanted.each(lists, page_entries, [&](const policy::list_entry& e) { rows += row_for(q.who, e); });
  const std::string body =
      concat(notice_of(kind, note),
      section_of("Entries",
                 concat(search_form(wanted), table_of("Block and allow lists and exceptions",
                          {"Kind", "Of", "What", "Hits", "Ends", "Note", "By", "Id", "Remove"}, rows, wanted.is_open() ? "There is no entry." : "No entry fits."),
                     next_page(more ? link_to(wanted, wanted.before) : ""), "<p><small>", std::to_string(lists.table().size()), " of ",
                     std::to_string(lists.table().capacity()), " entries are used. <a href=\"/trace\">Where is my mail?</a></small></p>"),
                 "entries"),
      add_form(q.who, q));
  web_reply r = html_reply(framed("Lists", status::view::lists, q.who, body));
  r.status = status;
  return r;
}

reply post_add(list_store& lists, net::asio::io_context& loop, const web_request& q) {
  policy::list_entry e;
  const auto kind = policy::list_kind_named(q.form_value("kind"));
  const auto subject = policy::list_subject_named(q.form_value("subject"));
  if (!kind || *kind == policy::list_kind::exception || !subject) co_return page(lists, q, 422, "bad", "Choose what it does and of whom.");
  const std::string days = q.form_value("days");
  std::int64_t n = -1;
  const auto [end, ec] = std::from_chars(days.data(), days.data() + days.size(), n);
  if (ec != std::errc() || end != days.data() + days.size() || n < 0 || n > longest_days) co_return page(lists, q, 422, "bad", "Days are 0 to 3660.");
  e.kind = *kind;
  e.subject = *subject;
  e.what = q.form_value("what");
  e.note = q.form_value("note");
  e.who = q.who.name.substr(0, policy::list_who_octets);
  e.expires = n == 0 ? 0 : std::time(nullptr) + n * day_s;
  const std::string audit = concat("add ", name_of(e.kind), " entry for ", name_of(e.subject), " ", e.what);
  const list_store::result r = co_await lists.add(loop, std::move(e));
  web_reply out = r.ok() ? see_other("/lists?done=added") : page(lists, q, r.disk != 0 ? 503 : 422, "bad", concat("Not added: ", r.detail));
  out.audit = audit;
  co_return out;
}

reply post_remove(list_store& lists, net::asio::io_context& loop, const web_request& q) {
  const std::string id = q.form_value("id");
  const auto before = lists.table().with([&](policy::list_table& t) { return t.find(id); });
  const list_store::result r = co_await lists.remove(loop, id);
  web_reply out = r.ok() ? see_other("/lists?done=removed") : page(lists, q, r.disk != 0 ? 503 : 404, "bad", concat("Not removed: ", r.detail));
  if (before) out.audit = concat("remove ", name_of(before->kind), " entry for ", name_of(before->subject), " ", before->what);
  co_return out;
}

}  // namespace

void add_list_page(web_routes& routes, list_store& lists, net::asio::io_context& loop) {
  routes.add({verb::get, "/lists", role::viewer, no_body,
              {"Show the lists", "q;before:number;done;what;subject;days:number;note;kind"},
              [&lists](const web_request& q) -> reply {
                const std::string done = q.query_value("done");
                co_return page(lists, q, 200, "good", done == "added" ? "Added; it is in force." : done == "removed" ? "Removed." : "");
              }});
  routes.add({verb::post, "/lists", role::operate, small_body,
              {"Add a list entry by form", "", "kind!:block|allow;subject!;what!;days!:0-3660;note"},
              [&lists, &loop](const web_request& q) -> reply { return post_add(lists, loop, q); }});
  routes.add({verb::post, "/lists/remove", role::operate, small_body, {"Remove a list entry by form", "", "id!"},
              [&lists, &loop](const web_request& q) -> reply { return post_remove(lists, loop, q); }});
}

}  // namespace sluice::gateway
