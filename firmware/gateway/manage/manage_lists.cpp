// The API of the lists, as JSON: list, add, import, change, remove.
#include "firmware/gateway/manage/manage_lists.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <ctime>

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "firmware/gateway/rfc3339.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;
constexpr std::size_t page_entries = 100;
constexpr std::size_t import_lines = 500;
constexpr const char* entry_fields =
    "kind!:block|allow|exception:What it does;subject:address|domain|network|recipient:Of whom, which exceptions may leave out;"
    "what!:text:user@example.net, example.net, .example.net (and below) or 192.0.2.0/24;"
    "days:0-3660:Days until it ends, 0 for never;expires:time:Its end, instead of days;note:text:Why;"
    "rule:text:Exceptions, the rule;profile:text:Exceptions, the sender's profile;"
    "text:text:Exceptions, all of the slot's text;text_id:text:Exceptions, 16 hexadecimal digits instead of the text;skeleton:text:Exceptions, the message's template";
constexpr std::int64_t day_s = 86400, longest_days = 3660;

std::string who_of(const web_request& q) {
  const std::string name = q.who.via == "local" ? "shell" : q.who.name;
  return name.substr(0, policy::list_who_octets);
}

web_reply refused(const list_store::result& r) {
  using enum policy::list_fault;
  if (r.disk != 0) return problem(503, "Not written", r.detail);
  if (r.fault == missing) return problem(404, "Not found", r.detail);
  if (r.fault == known) return problem(409, "Known", r.detail);
  if (r.fault == full) return problem(409, "Full", r.detail);
  return problem(422, r.fault == blanket ? "Blanket exception" : "Bad entry", r.detail);
}

reply show(list_store& lists, const web_request& q) {
  std::uint64_t limit = page_entries;
  const std::string l = q.query_value("limit");
  std::from_chars(l.data(), l.data() + l.size(), limit);
  limit = std::clamp<std::uint64_t>(limit, 1, page_entries);
  list_search wanted = list_search_of(q);
  if (!q.query_value("kind").empty() && !wanted.kind) co_return problem(422, "Bad kind", "\"kind\" is block, allow or exception.");
  std::string out;
  const bool more = wanted.each(lists, limit, [&](const policy::list_entry& e) { append_to(out, (out.empty() ? "" : ",\n"), list_json(e)); });
  co_return json_reply(concat("{\"entries\":[", out, "],\"before\":", (more ? std::to_string(wanted.before) : "null"),
                       ",\"total\":", std::to_string(lists.table().size()), ",\"most\":", std::to_string(lists.table().capacity()), "}\n"));
}

std::string audit_of(const char* did, const policy::list_entry& e) {
  return concat(did, " ", name_of(e.kind), " entry for ", name_of(e.subject), " ", e.what, (e.rule.empty() ? "" : concat(", rule ", e.rule)));
}

reply add(list_store& lists, net::asio::io_context& loop, const web_request& q) {
  policy::list_entry e;
  std::string why;
  if (!list_from_json(q.body, std::time(nullptr), e, why)) co_return problem(422, "Bad entry", why);
  e.id.clear();
  e.hits = 0;
  e.created = 0;
  e.who = who_of(q);
  const std::string audit = audit_of("add", e);
  const list_store::result r = co_await lists.add(loop, std::move(e));
  web_reply out = refused(r);
  if (r.ok()) {
    const auto made = lists.table().with([&](policy::list_table& t) { return t.find(r.id); });
    out = json_reply(made ? concat(list_json(*made), "\n") : "{}\n");
    out.status = 201;
  }
  out.audit = audit;
  co_return out;
}

reply import(list_store& lists, net::asio::io_context& loop, const web_request& q) {
  std::vector<policy::list_entry> all;
  std::string_view rest = q.body;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (all.size() == import_lines) co_return problem(413, "Too many", "At most 500 entries at a time.");
    policy::list_entry e;
    std::string why;
    if (!list_from_json(line, std::time(nullptr), e, why)) co_return problem(422, "Bad entry", concat("line ", std::to_string(number), ": ", why));
    e.id.clear();
    if (e.who.empty()) e.who = who_of(q);
    all.push_back(std::move(e));
  }
  const std::size_t n = all.size();
  const list_store::result r = co_await lists.add_all(loop, std::move(all));
  web_reply out = r.ok() ? json_reply(concat("{\"entries\":", std::to_string(n), "}\n")) : refused(r);
  out.audit = concat("import ", std::to_string(n), " list entries");
  co_return out;
}

reply change(list_store& lists, net::asio::io_context& loop, const web_request& q) {
  const std::string id = q.parameters[0];
  const auto before = lists.table().with([&](policy::list_table& t) { return t.find(id); });
  if (!before) co_return problem(404, "Not found", policy::text_of(policy::list_fault::missing));
  boost::system::error_code ec;
  const boost::json::value v = boost::json::parse(q.body, ec);
  if (ec || !v.is_object()) co_return problem(400, "Bad body", "A JSON object with expires, days or note is expected.");
  const boost::json::object& o = v.as_object();
  std::int64_t expires = before->expires;
  std::string note = before->note;
  if (const auto* d = o.if_contains("days")) {
    if (!d->is_int64() || d->as_int64() < 0 || d->as_int64() > longest_days) co_return problem(422, "Bad end", "\"days\" is 0 (for ever) to 3660.");
    expires = d->as_int64() == 0 ? 0 : std::time(nullptr) + d->as_int64() * day_s;
  } else if (const auto* x = o.if_contains("expires")) {
    if (x->is_null()) expires = 0;
    else if (!x->is_string() || !parse_rfc3339(std::string_view(x->as_string().data(), x->as_string().size()), expires))
      co_return problem(422, "Bad end", "\"expires\" is a time such as 2026-12-31T00:00:00Z, or null.");
  }
  if (const auto* n = o.if_contains("note"); n != nullptr && n->is_string()) note = std::string(n->as_string().data(), n->as_string().size());
  const list_store::result r = co_await lists.change(loop, id, expires, note);
  web_reply out = refused(r);
  if (r.ok()) {
    const auto made = lists.table().with([&](policy::list_table& t) { return t.find(id); });
    out = json_reply(made ? concat(list_json(*made), "\n") : "{}\n");
  }
  out.audit = audit_of("change", *before);
  co_return out;
}

reply remove(list_store& lists, net::asio::io_context& loop, const web_request& q) {
  const std::string id = q.parameters[0];
  const auto before = lists.table().with([&](policy::list_table& t) { return t.find(id); });
  const list_store::result r = co_await lists.remove(loop, id);
  web_reply out = refused(r);
  if (r.ok()) {
    out = web_reply{};
    out.status = 204;
  }
  if (before) out.audit = audit_of("remove", *before);
  co_return out;
}

}  // namespace

list_search list_search_of(const web_request& q) {
  list_search out;
  out.text = q.query_value("q");
  out.kind = policy::list_kind_named(q.query_value("kind"));
  const std::string b = q.query_value("before");
  std::from_chars(b.data(), b.data() + b.size(), out.before);
  return out;
}

bool list_search::fits(const policy::list_entry& e) const {
  if (kind && e.kind != *kind) return false;
  const auto same = [](char a, char b) { return ascii::lower(a) == ascii::lower(b); };
  const auto has = [&](std::string_view in) { return std::search(in.begin(), in.end(), text.begin(), text.end(), same) != in.end(); };
  return text.empty() || has(e.what) || has(e.note) || has(e.rule) || has(e.text) || has(e.profile) || has(e.who) || e.id == text;
}

bool list_search::each(list_store& lists, std::size_t most, const std::function<void(const policy::list_entry&)>& take) {
  for (std::size_t n = 0; n < most;) {
    const auto e = lists.table().with([this](policy::list_table& t) { return t.before(before); });
    if (!e) return false;
    if (!fits(*e)) continue;
    take(*e);
    ++n;
  }
  return true;
}

void add_list_api(web_routes& routes, list_store& lists, net::asio::io_context& loop) {
  routes.add({verb::get, "/api/v1/lists", role::viewer, no_body,
              {"List block and allow lists and exceptions, newest first",
               "q;kind:block|allow|exception:Only these;before:number;limit:1-100=100"},
              [&lists](const web_request& q) -> reply { return show(lists, q); }});
  routes.add({verb::post, "/api/v1/lists", role::operate, small_body, {"Add an entry", "", entry_fields, "201"},
              [&lists, &loop](const web_request& q) -> reply { return add(lists, loop, q); }});
  routes.add({verb::post, "/api/v1/lists/import", role::operate, max_body_octets,
              {"Add entries, one JSON object per line as of POST /api/v1/lists; all or none", "", "application/x-ndjson"},
              [&lists, &loop](const web_request& q) -> reply { return import(lists, loop, q); }});
  routes.add({verb::patch, "/api/v1/lists/{id}", role::operate, small_body,
              {"Change an entry's end or note", "",
               "days:0-3660:Days from now until it ends, 0 for never;expires:time:Its end, instead of days;note:text:Why"},
              [&lists, &loop](const web_request& q) -> reply { return change(lists, loop, q); }});
  routes.add({verb::delete_, "/api/v1/lists/{id}", role::operate, no_body, "Remove an entry",
              [&lists, &loop](const web_request& q) -> reply { return remove(lists, loop, q); }});
}

}  // namespace sluice::gateway
